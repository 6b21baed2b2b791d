//! Files from strangers: whatever is done to one, there is an error or there are arrays; never a
//! panic, never more values than the file's size allows. `memory.rs` measures what is taken.
//!
//! `MUTANTS=1000000 cargo test -p weights --test hostile` is the long form.

use std::path::Path;

use models::create;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use weights::{Array, Declaration, Options, Weights, apply};

const FILES: [&str; 7] = [
    "zipped.pth",
    "legacy.pth",
    "wrapped.pt",
    "half.bin",
    "bfloat.safetensors",
    "arrays.npz",
    "kinds.npz",
];

fn mutants() -> usize {
    let wanted = std::env::var("MUTANTS").ok();
    wanted
        .and_then(|wanted| wanted.parse().ok())
        .unwrap_or(3_000)
}

/// Cuts, flips, repeats, and overwrites with numbers that are large.
fn mutant(bytes: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..6) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            2 => bytes[at] = random.random(),
            3 => {
                let until = (at + 8).min(bytes.len());
                bytes[at..until].fill(if random.random() { 0xff } else { 0x7f });
            }
            4 => bytes.extend(vec![random.random::<u8>(); random.random_range(1..64)]),
            _ => {
                let until = (at + random.random_range(1..64)).min(bytes.len());
                let part = bytes[at..until].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

#[test]
fn damaged_files_are_errors_or_arrays() {
    // What a parser says when it panics is caught, and need not be printed.
    std::panic::set_hook(Box::new(|_| {}));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let scratch = tempfile::tempdir().expect("a folder");
    let config = create("resnet8").expect("a model");
    let device = burn::tensor::Device::flex();
    let mut random = StdRng::seed_from_u64(5);
    let (mut errors, mut read) = (0, 0);
    for name in FILES {
        let whole = std::fs::read(folder.join(name)).expect("committed");
        let path = scratch.path().join(name);
        for _ in 0..mutants().div_ceil(FILES.len()) {
            let bytes = mutant(&whole, &mut random);
            std::fs::write(&path, &bytes).expect("writes");
            match Weights::read(&path) {
                Ok(weights) => {
                    let values = weights.names().filter_map(|name| weights.get(name));
                    let values: usize = values.map(|array| array.values.len()).sum();
                    assert!(
                        values <= 8 * bytes.len() + (1 << 20),
                        "{name}: {values} values"
                    );
                    read += 1;
                }
                Err(error) => {
                    assert!(error.to_string().contains(name), "{error}");
                    errors += 1;
                }
            }
        }
    }
    let _ = std::panic::take_hook();
    println!(
        "{} damaged inputs: {errors} errors, {read} were read",
        errors + read
    );
    assert!(errors > 0 && read > 0);
    // And what does not fit leaves a model as it was.
    let array = Array {
        shape: vec![2],
        values: vec![0.0; 2],
    };
    let other = Weights::new("a file", [("conv1.weight".to_string(), array)]);
    let model = config.init(&device);
    let before = weights::to_safetensors(&model, &config).expect("writes");
    assert!(apply(model.clone(), &config, &other, &Options::default()).is_err());
    assert_eq!(
        weights::to_safetensors(&model, &config).expect("writes"),
        before
    );
}

#[test]
fn a_header_that_claims_terabytes_takes_no_memory() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path().join("large.safetensors");
    for header in [
        r#"{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
    ] {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend([0; 8]);
        std::fs::write(&path, bytes).expect("writes");
        let error = Weights::read(&path).expect_err("hostile");
        assert!(
            error
                .to_string()
                .contains("large.safetensors' is no file of weights"),
            "{error}"
        );
    }
    std::fs::write(&path, u64::MAX.to_le_bytes()).expect("writes");
    assert!(Weights::read(&path).is_err());
}

#[test]
fn a_pickle_that_asks_for_code_is_not_obeyed() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path().join("code.pth");
    let made = scratch.path().join("made");
    // Protocol 0: os.system("touch made").
    let pickle = format!("cos\nsystem\n(S'touch {}'\ntR.", made.display());
    std::fs::write(&path, pickle).expect("writes");
    let outcome = Weights::read(&path);
    assert!(outcome.map_or(true, |weights| weights.is_empty()));
    assert!(!made.exists());
}

/// What lies beside weights comes from the same strangers. Unlike a file of weights, a text that is
/// something else is no error.
#[test]
fn damaged_declarations_are_errors_or_say_what_can_be() {
    let whole = br#"{"architecture": "resnet50", "num_classes": 2, "label_names": ["a", "b"],
        "pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "bicubic",
        "crop_pct": 0.95, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}"#;
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path().join("config.json");
    let mut random = StdRng::seed_from_u64(6);
    let (mut errors, mut read) = (0, 0);
    for _ in 0..mutants() {
        std::fs::write(&path, mutant(whole, &mut random)).expect("writes");
        match Declaration::read(&path) {
            Ok(Some(said)) => {
                let sides = said.size.into_iter().flatten();
                assert!(sides.into_iter().all(|side| (1..=1 << 16).contains(&side)));
                let deviation = said.deviation.unwrap_or_default();
                assert!(deviation.iter().all(|value| *value > 0.0));
                read += 1;
            }
            Ok(None) => read += 1,
            Err(error) => {
                assert!(error.to_string().contains("config.json"), "{error}");
                errors += 1;
            }
        }
    }
    println!(
        "{} damaged inputs: {errors} errors, {read} were read",
        errors + read
    );
    assert!(errors > 0 && read > 0);
}
