//! Data sets of every form, from files to items.

use std::fs;
use std::io::Write;
use std::path::Path;

use burn::data::dataloader::DataLoader;
use flate2::Compression;
use flate2::write::GzEncoder;
use image::{GrayImage, Luma};
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

use super::zipped::tests::archive;
use super::*;

/// A folder with gray images `0.png` to `19.png` of 8x8 and 12x8, each with a mask.
fn images() -> TempDir {
    let folder = tempdir().expect("a folder");
    for index in 0..20u8 {
        let rows = if index % 2 == 0 { 8 } else { 12 };
        let image = GrayImage::from_fn(8, rows, |x, y| Luma([index * 10 + (x + y) as u8]));
        image
            .save(folder.path().join(format!("{index}.png")))
            .expect("writes");
        let mask = GrayImage::from_fn(8, rows, |x, _| Luma([if x < 4 { 255 } else { 0 }]));
        mask.save(folder.path().join(format!("{index}_m.png")))
            .expect("writes");
    }
    folder
}

fn loaded(path: &Path) -> Result<DataSet> {
    load(&Data::of(&path.to_string_lossy()), 1)
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("writes");
}

impl DataSet {
    fn preprocessed(&self, item: Item) -> Item {
        self.problem.preprocessing.fit_item(item)
    }
}

fn all(data: &DataSet) -> Vec<Item> {
    let sources = [&data.train, &data.valid, &data.test];
    let items = sources.map(|source| {
        let get = |index| source.get(index).expect("reads");
        (0..source.len()).map(get).collect::<Vec<_>>()
    });
    items.concat()
}

#[test]
fn a_table_of_labels() {
    let folder = images();
    let line = |index: usize| format!("{index}.png,{}\n", ["cat", "dog"][index % 2]);
    let lines: String = (0..20).map(line).collect();
    write(
        &folder.path().join("index.csv"),
        &format!("image,label\n{lines}"),
    );
    let data = loaded(folder.path()).expect("an index");
    assert_eq!(data.problem.classes, ["cat", "dog"]);
    assert_eq!(
        task_of(&folder.path().to_string_lossy()).expect("an index"),
        Task::Classification
    );
    let items = all(&data);
    assert_eq!(items.len(), 20);
    for item in items {
        let index: usize = item.name.parse().expect("a number");
        assert_eq!(item.target, Target::Class(index % 2));
    }
}

#[test]
fn a_table_of_masks_and_one_of_pictures() {
    let folder = images();
    let path = folder.path().join("mine.jsonl");
    let line = |index: usize| {
        let part = ["train", "train", "valid", "test"][index % 4];
        format!(
            "{{\"image\": \"{index}.png\", \"mask\": \"{index}_m.png\", \"split\": \"{part}\"}}\n"
        )
    };
    write(&path, &(0..20).map(line).collect::<String>());
    let data = loaded(&path).expect("an index");
    assert_eq!(data.problem.classes, ["background", "foreground"]);
    assert_eq!(
        [data.train.len(), data.valid.len(), data.test.len()],
        [10, 5, 5]
    );
    let Target::Mask(mask) = data.test.get(0).expect("reads").target else {
        panic!("a mask");
    };
    assert_eq!(mask.classes()[2..6], [1, 1, 0, 0]);

    let path = folder.path().join("pictures.csv");
    let line = |index: usize| format!("{index}.png,{index}_m.png\n");
    write(
        &path,
        &format!("image,target\n{}", (0..20).map(line).collect::<String>()),
    );
    let data = loaded(&path).expect("an index");
    assert_eq!(data.problem.task, Task::Regression);
    assert_eq!(data.problem.classes, ["gray"]);
    assert!(matches!(
        data.train.get(0).expect("reads").target,
        Target::Picture(_)
    ));
}

#[test]
fn coco_s_polygons_and_runs() {
    let folder = images();
    let path = folder.path().join("objects.json");
    let image = |index: usize| format!("{{\"id\": {index}, \"file_name\": \"{index}.png\"}}");
    let images: Vec<_> = (0..20).map(image).collect();
    let object = |index: usize| {
        format!(
            "{{\"image_id\": {index}, \"category_id\": 1, \
             \"segmentation\": [[2, 0, 4, 0, 4, 8, 2, 8]]}}"
        )
    };
    let objects: Vec<_> = (0..20).map(object).collect();
    let text = format!(
        "{{\"images\": [{}], \"annotations\": [{}], \
         \"categories\": [{{\"id\": 1, \"name\": \"bar\"}}]}}",
        images.join(","),
        objects.join(",")
    );
    write(&path, &text);
    let data = loaded(&path).expect("COCO");
    assert_eq!(data.problem.classes, ["background", "bar"]);
    for item in all(&data) {
        let Target::Mask(mask) = item.target else {
            panic!("a mask");
        };
        assert_eq!(mask.size(), item.picture.size());
        assert_eq!(mask.classes()[..8], [0, 0, 1, 1, 0, 0, 0, 0]);
    }
    fs::remove_file(folder.path().join("3.png")).expect("removes");
    let error = format!(
        "{:#}",
        loaded(&path).map(|_| ()).expect_err("one is missing")
    );
    assert!(
        error.contains("the image '3.png' is in none of these folders: '"),
        "{error}"
    );
}

fn packed(path: &Path, bytes: &[u8]) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("packs");
    fs::write(path, encoder.finish().expect("packs")).expect("writes");
}

#[test]
fn mnist_s_files_packed_or_not() {
    let folder = tempdir().expect("a folder");
    for (part, count) in [("train", 40u8), ("t10k", 4)] {
        let images = [
            &[0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 5, 0, 0, 0, 4][..],
            &vec![9; 20 * usize::from(count)],
        ];
        let labels = [
            &[0, 0, 8, 1, 0, 0, 0, count][..],
            &(0..count).map(|i| i % 3).collect::<Vec<_>>(),
        ];
        packed(
            &folder.path().join(format!("{part}-images-idx3-ubyte.gz")),
            &images.concat(),
        );
        fs::write(
            folder.path().join(format!("{part}-labels-idx1-ubyte")),
            labels.concat(),
        )
        .expect("writes");
    }
    let data = loaded(folder.path()).expect("IDX");
    assert_eq!(data.problem.classes, ["0", "1", "2"]);
    assert_eq!(data.problem.image.dims(), [1, 5, 4]);
    assert_eq!(
        [data.train.len(), data.valid.len(), data.test.len()],
        [36, 4, 4]
    );
    assert_eq!(data.test.name(3), "test-0003");
    assert_eq!(data.transforms.len(), 1, "digits are not mirrored");
}

#[test]
fn cifar_s_records() {
    let folder = tempdir().expect("a folder");
    let record = |index: usize| {
        let label = (index % 10) as u8;
        std::iter::once(label).chain((0..3072).map(move |place| (index + place / 1024) as u8))
    };
    let records: Vec<u8> = (0..50).flat_map(record).collect();
    fs::write(folder.path().join("data_batch_1.bin"), &records).expect("writes");
    packed(
        &folder.path().join("test_batch.bin.gz"),
        &records[..10 * 3073],
    );
    let data = loaded(folder.path()).expect("CIFAR-10");
    assert_eq!(data.problem.classes[3], "cat");
    assert_eq!(
        [data.train.len(), data.valid.len(), data.test.len()],
        [45, 5, 10]
    );
    let item = data.test.get(7).expect("in memory");
    assert_eq!(
        (item.name.as_str(), item.target),
        ("test_batch-0007", Target::Class(7))
    );
    assert_eq!(item.picture.plane(2)[0], 9.0 / 255.0);
}

#[test]
fn numpy_s_archives() {
    fn npy(kind: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), bytes].concat()
    }
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("blood.npz");
    let images = npy(
        "|u1",
        "(20, 2, 3, 3)",
        &(0..20 * 18).map(|i| i as u8).collect::<Vec<_>>(),
    );
    let labels: Vec<u8> = (0..20u8).flat_map(|i| [i % 2, 0, 0, 0]).collect();
    let labels = npy("<i4", "(20, 1)", &labels);
    let files: [(&str, &[u8]); 4] = [
        ("train_images.npy", &images),
        ("train_labels.npy", &labels),
        ("test_images.npy", &images),
        ("test_labels.npy", &labels),
    ];
    fs::write(&path, archive(&files, true)).expect("writes");
    let data = loaded(&path).expect("NumPy");
    assert_eq!(data.problem.image.dims(), [3, 2, 3]);
    assert_eq!(
        [data.train.len(), data.valid.len(), data.test.len()],
        [18, 2, 20]
    );
    assert_eq!(
        data.test.get(5).expect("in memory").target,
        Target::Class(1)
    );
}

#[test]
fn what_a_data_set_is_is_reported_with_all_that_is_wrong() {
    let folder = images();
    let line = |index: usize| format!("{index}.png,{}\n", ["cat", "dog"][index % 2]);
    let lines: String = (0..20).map(line).collect();
    write(
        &folder.path().join("index.csv"),
        &format!("image,label\n{lines}same.png,cat\ngone.png,dog\n"),
    );
    fs::copy(folder.path().join("4.png"), folder.path().join("same.png")).expect("copies");
    let settings = Data {
        on_bad_image: OnBadImage::Skip,
        fold: Some([1, 4]),
        ..Data::of(&folder.path().to_string_lossy())
    };
    // Until the two that are the same are in two parts.
    let report = (0..50).find_map(|seed| {
        let report = Report::of(&load(&settings, seed).expect("loads")).expect("reads");
        let same = report
            .problems
            .iter()
            .any(|told| told.contains(": the same image as "));
        same.then_some(report)
    });
    let report = report.expect("some seed parts them");
    assert_eq!(
        report.parts.iter().map(|part| part.images).sum::<usize>(),
        22
    );
    let counts = report
        .parts
        .iter()
        .map(|part| part.counts.iter().sum::<u64>());
    assert_eq!(counts.sum::<u64>(), 21);
    let gone = |told: &&String| told.contains("gone: the image '") && told.contains("cannot be ");
    assert_eq!(
        report.problems.iter().filter(gone).count(),
        1,
        "{:?}",
        report.problems
    );
    assert_eq!(report.parts[0].heights, [8, report.parts[0].heights[1], 12]);
}

#[test]
fn what_is_cached_follows_its_files() {
    let folder = images();
    let path = folder.path().join("index.csv");
    let table = |first: &str| {
        let line = |index: usize| format!("{index}.png,{}\n", ["cat", "dog"][index % 2]);
        let lines: String = (1..20).map(line).collect();
        write(&path, &format!("image,label\n0.png,{first}\n{lines}"));
        // A second apart, for systems that count no finer.
        let times = fs::FileTimes::new();
        let later =
            std::time::SystemTime::now() + std::time::Duration::from_secs(first.len() as u64);
        let file = fs::File::options().write(true).open(&path).expect("opens");
        file.set_times(times.set_modified(later)).expect("sets");
    };
    let settings = Data {
        cache: Some(folder.path().join("kept")),
        ..Data::of(&folder.path().to_string_lossy())
    };
    let seen = || {
        let data = load(&settings, 1).expect("an index");
        let data = data.cached(&settings).expect("a folder");
        let get = |index| data.preprocessed(data.train.get(index).expect("reads"));
        (0..data.train.len()).map(get).collect::<Vec<_>>()
    };
    table("cat");
    let first = seen();
    assert_eq!(seen(), first, "decoded or kept");
    let plain = load(&Data::of(&settings.path), 1).expect("an index");
    let get = |index| plain.preprocessed(plain.train.get(index).expect("reads"));
    assert_eq!((0..plain.train.len()).map(get).collect::<Vec<_>>(), first);
    table("doggy");
    let class = |items: Vec<Item>| {
        let zero = items.into_iter().find(|item| item.name == "0");
        zero.expect("learned from").target
    };
    assert_eq!(class(first), Target::Class(0));
    assert_eq!(class(seen()), Target::Class(2), "another label");
}

/// What training sees of the embedded sets, which must not change: figures in the README were
/// measured with it.
#[test]
fn the_embedded_sets_are_the_same_to_the_bit() {
    for (name, expected) in SEEN {
        let data = load(&Data::of(name), 1).expect("embedded");
        let loader = Loader::new(data.train.clone(), data.problem.preprocessing.clone(), 16)
            .for_training(data.transforms.clone(), 1)
            .with_device(burn::tensor::Device::flex());
        let mut hash = Sha256::new();
        for batch in loader.iter().take(3) {
            let batch = batch.expect("embedded");
            let pixels = batch.images.try_into_vec_as::<f32>().expect("f32");
            pixels
                .iter()
                .for_each(|value| hash.update(value.to_bits().to_le_bytes()));
            let Targets::Classes(classes) = batch.targets else {
                panic!("classes");
            };
            let classes = classes.try_into_vec_as::<i32>().expect("i32");
            classes
                .iter()
                .for_each(|class| hash.update(class.to_le_bytes()));
        }
        let digest = hash.finalize();
        let seen: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(seen, expected, "{name}");
    }
}

const SEEN: [(&str, &str); 2] = [
    ("mnist-mini", "db702959b8ff4a4f"),
    ("nuclei-mini", "b6a81a3739689b0c"),
];
