//! A comparison from end to end, through workers.

use crate::{bench, errors, json, smallest};
use burn::tensor::Device;
use models::create;
use serde_json::Value;
use tempfile::tempdir;
use weights::to_safetensors;

/// In the order of the alphabet.
fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    let mut keys: Vec<_> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_smallest_case_is_timed_in_both_modes() {
    let folder = tempdir().expect("a folder");
    let files = ["--json", "figures.json", "--html", "page.html"];
    let output = smallest(folder.path(), &[&["flex,flex-stock"], &files[..]].concat());
    assert!(output.status.success(), "{}", errors(&output));

    let report = json(&folder.path().join("figures.json"));
    assert_eq!(keys(&report), ["cells", "machine"]);
    let machine = &report["machine"];
    assert!(machine["cores"].as_u64() > Some(0));
    assert!(machine["memory_mib"].as_u64() > Some(0));
    assert_eq!(machine["versions"]["burn"], "0.22.1");
    for key in ["cpu", "architecture", "system"] {
        assert_ne!(machine[key].as_str().expect("a text"), "", "{key}");
    }
    let rustc = machine["rustc"].as_str().expect("a text");
    assert!(rustc.starts_with("rustc 1."), "{rustc}");

    let cells = report["cells"].as_array().expect("an array");
    let order: Vec<_> = cells
        .iter()
        .map(|cell| (cell["mode"].as_str(), cell["engine"].as_str()))
        .collect();
    let expected = [
        ("inference", "flex"),
        ("inference", "flex-stock"),
        ("training", "flex"),
        ("training", "flex-stock"),
    ];
    assert_eq!(
        order,
        expected.map(|(mode, engine)| (Some(mode), Some(engine)))
    );
    for cell in cells {
        check(cell);
    }

    let page = std::fs::read_to_string(folder.path().join("page.html")).expect("written");
    assert_eq!(page.matches("<svg").count(), 2, "a chart for each mode");
    assert!(page.contains(">flex-stock</text>"));
    for outside in ["<script", "<link", "<img", "://", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

fn check(cell: &Value) {
    assert_eq!(
        keys(cell),
        [
            "batch",
            "case",
            "dtype",
            "engine",
            "gflops",
            "images_per_second",
            "input",
            "macs",
            "max_s",
            "median_s",
            "min_s",
            "mode",
            "parameters",
            "peak_rss_mib",
            "peer",
            "ratio",
            "runs",
            "threads"
        ]
    );
    assert_eq!(cell["case"], "resnet8");
    assert_eq!(cell["batch"], 2);
    assert_eq!(cell["input"], serde_json::json!([3, 8, 8]));
    assert_eq!(cell["parameters"], 75_290);
    assert_eq!(cell["peer"], false);
    assert_eq!(cell["ratio"], Value::Null, "there is no peer");
    let number = |key: &str| cell[key].as_f64().expect("a number");
    assert!(0.0 < number("min_s"));
    assert!(number("min_s") <= number("median_s"));
    assert!(number("median_s") <= number("max_s"));
    assert!(number("runs") >= 1.0);
    let same = |key: &str, expected: f64| {
        assert!((number(key) - expected).abs() <= 1e-9 * expected, "{key}");
    };
    same("images_per_second", 2.0 / number("median_s"));
    let forwards = if cell["mode"] == "training" { 3.0 } else { 1.0 };
    let flop = 2.0 * forwards * number("macs");
    same("gflops", flop * number("images_per_second") / 1e9);
    if cfg!(target_os = "linux") {
        assert!(number("peak_rss_mib") > 1.0);
    }
}

#[test]
fn a_taken_file_is_not_written_to() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine"), "precious").expect("written");
    for flag in ["--json", "--html"] {
        let output = smallest(folder.path(), &["flex", flag, "mine"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            errors(&output),
            format!("error: 'mine' is taken; give another file with {flag}, or remove it\n")
        );
    }
    let mine = std::fs::read_to_string(folder.path().join("mine")).expect("there");
    assert_eq!(mine, "precious");
}

#[test]
fn a_file_without_a_folder_is_refused_at_once() {
    let folder = tempdir().expect("a folder");
    let output = smallest(folder.path(), &["flex", "--json", "results/figures.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        errors(&output),
        "error: 'results/figures.json' cannot be written: its folder is not there; make it, or \
         give another file with --json\n"
    );
}

#[test]
fn what_does_not_exist_is_named() {
    let folder = tempdir().expect("a folder");
    for (arguments, expected) in [
        (
            ["--models", "resnet21"],
            "error: there is no model 'resnet21'; names like it are resnet20, ",
        ),
        (
            ["--cases", "resnet32"],
            "error: there is no standing case 'resnet32'; there are: resnet20, resnet18, \
             resnet50, densenet121, unet32. Any model can be timed with --models\n",
        ),
        (
            ["--engines", "tpu"],
            "there is no engine 'tpu'; there are: flex, ndarray, wgpu, cuda, flex-stock, ",
        ),
        (
            ["--engines", "onnxruntime"],
            "engine 'onnxruntime' is a peer; say with --peers which Python has it",
        ),
        (
            ["--engines", "openvino"],
            "engine 'openvino' is a peer; say with --peers which Python has it",
        ),
    ] {
        let output = bench(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(1));
        let errors = errors(&output);
        assert!(errors.contains(expected), "{errors}");
    }
}

#[test]
fn what_cannot_be_timed_does_not_keep_the_rest() {
    let folder = tempdir().expect("a folder");
    let output = smallest(
        folder.path(),
        &[
            "flex",
            "--mode",
            "inference",
            "--device",
            "gpu:0",
            "--json",
            "figures.json",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(
        errors.ends_with(
            "error: these could not be timed:\nresnet8 inference on flex: backend 'flex' has no \
             device 'gpu:0'; use default or cpu\n"
        ),
        "{errors}"
    );
    let report = json(&folder.path().join("figures.json"));
    assert_eq!(report["cells"], serde_json::json!([]));
}

#[test]
fn studies_go_through_their_cases() {
    let folder = tempdir().expect("a folder");
    let quickly = "--mode inference --input 8x8 --runs 1 --engines flex --json";
    for (study, expected) in [
        (
            "depth --batch-size 1",
            vec!["resnet20", "resnet32", "resnet44", "resnet56", "resnet110"],
        ),
        ("batch --batch-sizes 1,2", vec!["resnet20", "resnet20"]),
        (
            "blocks --batch-size 1",
            vec![
                "basic",
                "bottleneck",
                "dense",
                "highway",
                "encoder",
                "decoder",
            ],
        ),
    ] {
        let name = study.split(' ').next().expect("a name");
        let command = format!("{study} {quickly} {name}.json --html {name}.html");
        let arguments: Vec<_> = command.split(' ').collect();
        let output = bench(folder.path(), &arguments);
        assert!(output.status.success(), "{}", errors(&output));
        let report = json(&folder.path().join(format!("{name}.json")));
        let cells = report["cells"].as_array().expect("an array");
        let cases: Vec<_> = cells.iter().map(|cell| cell["case"].as_str()).collect();
        assert_eq!(cases, expected.into_iter().map(Some).collect::<Vec<_>>());
        let page = folder.path().join(format!("{name}.html"));
        let page = std::fs::read_to_string(page).expect("written");
        assert_eq!(page.matches("<svg").count(), 2, "time and memory");
    }
}

#[test]
fn a_model_has_the_weights_that_are_given() {
    let folder = tempdir().expect("a folder");
    let flex = |file: &str| {
        let own = ["flex", "--mode", "inference", "--weights", file];
        smallest(folder.path(), &own)
    };
    for model in ["resnet8", "resnet14"] {
        let config = create(model).expect("a model");
        let bytes = to_safetensors(&config.init(&Device::flex()), &config).expect("values");
        let file = folder.path().join(format!("{model}.safetensors"));
        std::fs::write(file, bytes).expect("written");
    }
    let output = flex("resnet8.safetensors");
    assert!(output.status.success(), "{}", errors(&output));
    // The engine says what is wrong with others, so it has looked into them.
    let refused = errors(&flex("resnet14.safetensors"));
    assert!(
        refused.contains("the weights do not fit the model: "),
        "{refused}"
    );
    let missing = errors(&flex("none.safetensors"));
    assert!(
        missing.contains("there is no file 'none.safetensors'"),
        "{missing}"
    );
    let several = [
        "--models",
        "resnet8,resnet14",
        "--weights",
        "resnet8.safetensors",
    ];
    let several = errors(&bench(folder.path(), &several));
    assert!(several.contains("they are of one model"), "{several}");
}
