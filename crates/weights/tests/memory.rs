//! What hostile files make of memory, as the allocator counts it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use peak_alloc::PeakAlloc;
use weights::Weights;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

/// What opens a file from before zipped ones: a number, the version, and where it was written.
const OLDER: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\
    \x80\x02}U\x0dlittle_endian\x88s.";

/// A zipped file of one entry: what it begins with, and then a byte so many times.
fn bomb(path: &Path, entry: &str, start: &[u8], byte: u8, times: usize) {
    let mut file = ZipWriter::new(File::create(path).expect("creates"));
    let deflated = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    file.start_file(entry, deflated).expect("begins");
    file.write_all(start).expect("writes");
    for _ in 0..times / MIB {
        file.write_all(&vec![byte; MIB]).expect("writes");
    }
    file.finish().expect("writes");
}

/// A file of this pickle, and of so many storages of one number.
fn zipped(path: &Path, pickle: &[u8], storages: usize) {
    let mut file = ZipWriter::new(File::create(path).expect("creates"));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    file.start_file("a/data.pkl", stored).expect("begins");
    file.write_all(pickle).expect("writes");
    for key in 0..storages {
        file.start_file(format!("a/data/{key}"), stored)
            .expect("begins");
        file.write_all(&1.5_f32.to_le_bytes()).expect("writes");
    }
    file.finish().expect("writes");
}

fn text(text: &str) -> Vec<u8> {
    let length = (text.len() as u32).to_le_bytes();
    [b"X", &length[..], text.as_bytes()].concat()
}

/// The instructions for a tensor of one number, with these for its shape and steps. As PyTorch does, it
/// keeps each part.
fn tensor(key: usize, shape: &[u8], steps: &[u8]) -> Vec<u8> {
    let kept = |part: &str| [text(part), b"\x94".to_vec()].concat();
    [
        b"ctorch._utils\n_rebuild_tensor_v2\n((".as_slice(),
        &kept("storage"),
        b"ctorch\nFloatStorage\n\x94",
        &kept(&key.to_string()),
        &kept("cpu"),
        b"K\x01t\x94QK\x00",
        shape,
        steps,
        b"\x89ccollections\nOrderedDict\n)R\x94t\x94R\x94",
    ]
    .concat()
}

/// The most that was allocated at once.
fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let outcome = work();
    (outcome, ALLOCATED.peak_usage().saturating_sub(before))
}

/// One test, since all of a program's threads count as one.
#[test]
fn no_file_takes_more_memory_than_its_size_allows() {
    let scratch = tempfile::tempdir().expect("a folder");
    let at = |name: &str| scratch.path().join(name);
    let write = |name: &str, parts: &[&[u8]]| {
        std::fs::write(at(name), parts.concat()).expect("writes");
    };
    let tensors = |keys: std::ops::Range<usize>| -> Vec<u8> {
        let named = |key: usize| [text(&format!("layer{key}.weight")), tensor(key, b")", b")")];
        keys.flat_map(|key| named(key).concat()).collect()
    };

    bomb(&at("nones.pth"), "a/data.pkl", b"\x80\x02", b'N', 94 * MIB);
    bomb(&at("values.pth"), "a/data/0", b"", 0, 94 * MIB);
    let header = [b"\x93NUMPY\x02\x00", &(128 * MIB as u32).to_le_bytes()[..]].concat();
    bomb(&at("header.npz"), "a.npy", &header, b' ', 128 * MIB);
    bomb(&at("claims.npz"), "a.npy", &header, 0, 0);
    bomb(&at("deep.npz"), "a.npy", &npy(&"(".repeat(9_000)), 0, 0);
    bomb(&at("doubling.npz"), "a.npy", &npy(&"{(".repeat(50)), 0, 0);
    let nones = vec![b'N'; 8 * MIB];
    write("plain.pth", &[b"\x80\x02", &nones]);
    write("older.pth", &[OLDER, b"\x80\x02", &nones]);
    write("order.pth", &[OLDER, b"\x80\x02}.\x80\x02](", &nones]);
    write("marks.pth", &[b"\x80\x02", &vec![b'('; 8 * MIB]]);
    write("kept.pth", &[b"\x80\x02N", &vec![0x94; 8 * MIB]]);
    write("deep.pth", &[b"\x80\x02]", &vec![0x85; 4 * MIB], b"."]);
    // Twice, and twice again: the pickle in the pickle.
    let doubling = b"h\x00h\x00\x86q\x00".repeat(60);
    write("doubling.pth", &[b"\x80\x02Nq\x00", &doubling, b"."]);
    write(
        "doubling-older.pth",
        &[OLDER, b"\x80\x02Nq\x00", &doubling, b"."],
    );
    // Long names of classes and storages, and long shapes, in copies.
    let copies = b"h\x00".repeat(100_000);
    let long = "a".repeat(MIB);
    let class = format!("c{long}\n\nq\x00");
    write(
        "classes.pth",
        &[b"\x80\x02", class.as_bytes(), &copies, b"."],
    );
    let storage = [
        b"\x80\x02(".as_slice(),
        &text("storage"),
        b"ctorch\nFloatStorage\n",
        &text(&long),
        b"NK\x01tQq\x00",
    ];
    let storage = [storage.concat(), copies.clone(), b".".to_vec()].concat();
    zipped(&at("storages.pth"), &storage, 1);
    let ones = [b"(".as_slice(), &b"K\x01".repeat(50_000), b"t"].concat();
    let tensor_of_many = tensor(0, &ones, &ones);
    let many = [
        b"\x80\x02".as_slice(),
        &tensor_of_many,
        b"q\x00",
        &copies,
        b".",
    ];
    zipped(&at("dimensions.pth"), &many.concat(), 1);
    // A name for each tensor, of all that it stands in.
    let inwards = [b"}".as_slice(), &text(&"k".repeat(1_000))].concat();
    let inwards = inwards.repeat(900);
    let shared = [tensor(0, b")", b")"), b"q\x000".to_vec()].concat();
    let each = |key: usize| [text(&key.to_string()), b"h\x00".to_vec()].concat();
    let each: Vec<u8> = (0..10_000).flat_map(each).collect();
    let outwards = b"s".repeat(900);
    let paths = [
        b"\x80\x02".as_slice(),
        &shared,
        &inwards,
        b"}(",
        &each,
        b"u",
        &outwards,
        b".",
    ];
    zipped(&at("paths.pth"), &paths.concat(), 1);

    for name in [
        "nones.pth",
        "values.pth",
        "header.npz",
        "claims.npz",
        "deep.npz",
        "doubling.npz",
        "plain.pth",
        "older.pth",
        "order.pth",
        "marks.pth",
        "kept.pth",
        "deep.pth",
        "doubling.pth",
        "doubling-older.pth",
        "classes.pth",
        "storages.pth",
        "dimensions.pth",
        "paths.pth",
    ] {
        let path = at(name);
        let size = std::fs::metadata(&path).expect("there").len() as usize;
        let (read, peak) = peak_of(|| Weights::read(&path));
        let error = read.expect_err(name).to_string();
        println!("{name}: {size} bytes, {peak} allocated: {error:.160}");
        assert!(error.contains(name), "{error}");
        assert!(peak <= 64 * MIB + 8 * size, "{name}: {size} bytes, {peak}");
        assert!(error.len() < 2_000, "{name}: {error:.400}");
    }

    // The longest list that is read, and which has no weights in it.
    let values = vec![b'N'; MIB];
    write("list.pth", &[b"\x80\x02](", &values, b"e."]);
    let (read, peak) = peak_of(|| Weights::read(&at("list.pth")));
    let error = read.expect_err("a list").to_string();
    println!("list.pth: {peak} allocated: {error}");
    assert!(error.contains("found list"), "{error}");
    assert!(peak <= 3 * (128 * MIB + 8 * MIB), "{peak}");

    // What is no attack: thousands of small tensors, and text beside them.
    let config = [text("config"), text(&long)].concat();
    let pickle = [b"\x80\x02}(".as_slice(), &config, &tensors(0..6_000), b"u."].concat();
    zipped(&at("small.pth"), &pickle, 6_000);
    let (read, peak) = peak_of(|| Weights::read(&at("small.pth")));
    let weights = read.unwrap_or_else(|error| panic!("{error}"));
    println!("small.pth: {peak} allocated");
    assert_eq!(weights.len(), 6_000);
    assert_eq!(
        weights.get("layer5999.weight").expect("there").values,
        [1.5]
    );
}

/// An array with this header, and nothing else.
fn npy(header: &str) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes()].concat()
}
