//! Peers that are missing, and peers that a script stands in for.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::{errors, json, smallest};
use tempfile::tempdir;

const HOW: &str = "README.md says how to install peers";

/// Writes a program that can be given as a Python.
fn script(folder: &Path, text: &str) {
    let path = folder.join("python");
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("made a program");
}

/// A peer that takes four seconds for a run of a model with so many parameters.
fn stand_in(folder: &Path, parameters: usize) {
    script(
        folder,
        &format!(
            r#"#!/bin/sh
if [ $# = 2 ]; then
    echo '{{"engines": {{"torch": ["inference"]}}, "models": ["resnet8"],
        "versions": {{"torch": "0.0"}}, "missing": {{}}}}'
    exit
fi
read -r job
echo '{{"ready": {{"parameters": {parameters}}}}}'
while read -r request; do
    case $request in
        '"run"') echo '{{"ran": {{"seconds": 4.0}}}}' ;;
        '"end"') echo '{{"ended": {{"peak_rss_mib": null}}}}' ;;
    esac
done
"#
        ),
    );
}

#[test]
fn a_python_that_is_not_there_is_done_without() {
    let folder = tempdir().expect("a folder");
    let output = smallest(
        folder.path(),
        &["flex,torch", "--mode", "inference", "--peers", "./python"],
    );
    assert!(output.status.success());
    let errors = errors(&output);
    let expected = "no peers: './python' cannot be started: No such file or directory";
    assert!(errors.starts_with(expected), "{errors}");
    assert!(errors.contains(HOW), "{errors}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("| flex "));
}

#[test]
fn a_python_without_packages_is_done_without() {
    let folder = tempdir().expect("a folder");
    // -S: Python sees none of the packages that are installed.
    script(folder.path(), "#!/bin/sh\nexec python3 -S \"$@\"\n");
    let output = smallest(
        folder.path(),
        &[
            "flex,onnxruntime,openvino",
            "--mode",
            "inference",
            "--peers",
            "./python",
        ],
    );
    let errors = errors(&output);
    assert!(output.status.success(), "{errors}");
    for expected in [
        "no peer 'torch': torch, torchvision not installed; ",
        "no peer 'onnxruntime': torch, torchvision, onnx, onnxscript, ml_dtypes, numpy, \
         onnxruntime not installed; ",
        "no peer 'openvino': torch, torchvision, onnx, onnxscript, ml_dtypes, numpy, openvino not \
         installed; ",
    ] {
        assert!(errors.contains(&format!("{expected}{HOW}")), "{errors}");
    }
    assert!(String::from_utf8_lossy(&output.stdout).contains("| flex "));
}

/// What a package leaves where it is installed.
fn installed(folder: &Path, package: &str) {
    let notes = folder.join(format!("packages/{package}-0.0.dist-info"));
    fs::create_dir_all(&notes).expect("made");
    let metadata = format!("Metadata-Version: 2.1\nName: {package}\nVersion: 0.0\n");
    fs::write(notes.join("METADATA"), metadata).expect("written");
}

#[test]
fn only_what_a_peer_lacks_is_named() {
    let folder = tempdir().expect("a folder");
    script(
        folder.path(),
        "#!/bin/sh\nPYTHONPATH=packages exec python3 -S \"$@\"\n",
    );
    for package in ["torch", "torchvision", "onnx", "numpy", "openvino"] {
        installed(folder.path(), package);
    }
    let run = || {
        let flags = ["--mode", "inference", "--peers", "./python"];
        let output = smallest(folder.path(), &[&["flex,openvino"], &flags[..]].concat());
        errors(&output)
    };
    let without = run();
    for expected in [
        "no peer 'onnxruntime': onnxscript, ml_dtypes, onnxruntime not installed; ",
        "no peer 'openvino': onnxscript, ml_dtypes not installed; ",
    ] {
        assert!(without.contains(&format!("{expected}{HOW}")), "{without}");
    }
    assert!(!without.contains("'torch'"), "{without}");

    for package in ["onnxscript", "ml_dtypes"] {
        installed(folder.path(), package);
    }
    let with = run();
    assert!(!with.contains("no peer 'openvino'"), "{with}");
    // The package is there in name alone.
    assert!(
        with.contains("resnet8 inference on openvino: ModuleNotFoundError"),
        "{with}"
    );
}

#[test]
fn ours_is_compared_with_a_peer() {
    let folder = tempdir().expect("a folder");
    stand_in(folder.path(), 75_290);
    let output = smallest(
        folder.path(),
        &[
            "flex,torch",
            "--peers",
            "./python",
            "--json",
            "figures.json",
        ],
    );
    assert!(output.status.success(), "{}", errors(&output));
    let report = json(&folder.path().join("figures.json"));
    assert_eq!(report["machine"]["versions"]["torch"], "0.0");
    let cells = report["cells"].as_array().expect("an array");
    let engines: Vec<_> = cells.iter().map(|cell| cell["engine"].as_str()).collect();
    assert_eq!(
        engines,
        [Some("flex"), Some("torch"), Some("flex")],
        "the peer has no training"
    );
    let [inference, peer, training] = &cells[..] else {
        unreachable!("three cells")
    };
    assert_eq!(peer["median_s"], 4.0);
    assert_eq!(peer["peer"], true);
    assert!(peer["ratio"].is_null());
    assert!(training["ratio"].is_null());
    let expected = 4.0 / inference["median_s"].as_f64().expect("a number");
    let ratio = inference["ratio"].as_f64().expect("a number");
    assert!((ratio - expected).abs() <= 1e-9 * expected);
}

#[test]
fn a_peer_with_another_model_is_no_comparison() {
    let folder = tempdir().expect("a folder");
    stand_in(folder.path(), 75_289);
    let output = smallest(folder.path(), &["torch", "--peers", "./python"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    let expected = "resnet8 inference on torch: its model has 75289 parameters and not 75290\n";
    assert!(errors.ends_with(expected), "{errors}");
}

#[test]
fn a_peer_that_breaks_off_is_named() {
    let folder = tempdir().expect("a folder");
    stand_in(folder.path(), 75_290);
    let text = fs::read_to_string(folder.path().join("python")).expect("there");
    let broken = text.replace("echo '{\"ran\": {\"seconds\": 4.0}}'", "exit 3");
    assert_ne!(text, broken);
    script(folder.path(), &broken);
    let output = smallest(folder.path(), &["torch", "--peers", "./python"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    let expected = "resnet8 inference on torch: its worker stopped without an answer \
                    (exit status: 3)\n";
    assert!(errors.ends_with(expected), "{errors}");
}
