//! Files as PyTorch and NumPy write them: `fixtures/make.py` made them.

use std::path::{Path, PathBuf};

use weights::Weights;

fn fixture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(name)
}

/// What the script wrote: whole numbers from the place in the list on, eighths of them.
const ARRAYS: [(&str, &[usize], usize); 8] = [
    ("conv.weight", &[4, 3, 3, 3], 0),
    ("bn.weight", &[4], 1),
    ("bn.bias", &[4], 2),
    ("bn.running_mean", &[4], 3),
    ("bn.running_var", &[4], 4),
    ("fc.weight", &[2, 4], 6),
    ("fc.bias", &[2], 7),
    ("bn.num_batches_tracked", &[], 0),
];

fn is_as_written(weights: &Weights, prefix: &str, factor: f32) {
    for (name, shape, start) in ARRAYS {
        let array = weights.get(&format!("{prefix}{name}")).expect(name);
        assert_eq!(array.shape, shape, "{name}");
        let count: usize = shape.iter().product();
        let expected: Vec<f32> = match name.ends_with("tracked") {
            true => vec![0.0],
            false => (start..start + count)
                .map(|value| factor * value as f32 / 8.0)
                .collect(),
        };
        assert_eq!(array.values, expected, "{name}");
    }
}

#[test]
fn every_kind_of_file_gives_the_same_values() {
    for name in [
        "zipped.pth",
        "legacy.pth",
        "half.bin",
        "bfloat.safetensors",
        "arrays.npz",
    ] {
        let weights = Weights::read(&fixture(name)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(weights.len(), ARRAYS.len(), "{name}");
        is_as_written(&weights, "", 1.0);
    }
}

#[test]
fn arrays_of_numpy_are_of_any_kind_and_order() {
    let weights = Weights::read(&fixture("kinds.npz")).unwrap_or_else(|error| panic!("{error}"));
    let kinds = "half single double big int8 int16 int32 int64 uint8";
    for name in kinds.split(' ') {
        let array = weights.get(name).expect(name);
        assert_eq!(array.shape, [2, 3], "{name}");
        assert_eq!(array.values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "{name}");
    }
    let values = |name: &str| &weights.get(name).expect(name).values;
    assert_eq!(*values("bool"), [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
    assert_eq!(*values("bn.num_batches_tracked"), [7.0]);
    let columns = weights.get("columns").expect("there");
    assert_eq!(columns.shape, [2, 3, 4]);
    let in_order: Vec<f32> = (0..24).map(|value| value as f32).collect();
    assert_eq!(columns.values, in_order);
}

#[test]
fn a_checkpoint_of_a_training_has_its_weights_under_their_prefix() {
    let weights = Weights::read(&fixture("wrapped.pt")).expect("readable");
    is_as_written(&weights, "state_dict.module.", 1.0);
    let double = weights.get("state_dict_ema.module.bn.bias").expect("there");
    assert_eq!(double.values, [0.5, 0.75, 1.0, 1.25]);
}

#[test]
fn what_is_no_file_of_weights_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.pth");
    let missing = Weights::read(&path).expect_err("not there");
    assert!(
        missing.to_string().contains("notes.pth' cannot be read: "),
        "{missing}"
    );
    for bytes in [
        &b""[..],
        b"hello, world",
        b"PK\x03\x04",
        b"\x80\x02}",
        &[0; 64],
    ] {
        std::fs::write(&path, bytes).expect("writes");
        let error = Weights::read(&path).map(|weights| weights.len());
        let empty = matches!(error, Ok(0));
        let message = error.map_or_else(|error| error.to_string(), |_| String::new());
        assert!(
            empty || message.contains("notes.pth' is no file of weights: "),
            "{bytes:?}: {message}"
        );
    }
}

#[test]
fn files_from_before_older_ones_are_named_so() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = scratch.path().join("archive.pth");
    let mut bytes = vec![0; 1024];
    bytes[257..262].copy_from_slice(b"ustar");
    std::fs::write(&path, bytes).expect("writes");
    let error = Weights::read(&path).expect_err("a tar").to_string();
    assert!(
        error.contains("archive.pth' is no file of weights: it is from before PyTorch 0.1.10"),
        "{error}"
    );
}
