use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::*;
use crate::data::batch::Targets;
use crate::data::made::Made;
use crate::data::mask::Mask;
use crate::data::normalization::Normalization;
use crate::data::pages::Pages;
use crate::data::picture::Picture;
use crate::data::resizing::{Interpolation, Resizing};
use crate::data::settings::OnBadImage;
use crate::data::source::{Item, Target};
use crate::data::transform::{Crop, Shift};

fn loader(source: impl Source + 'static) -> Loader {
    let preprocessing = Preprocessing {
        channels: 1,
        size: Some([5, 5]),
        resizing: Resizing::Stretch,
        interpolation: Interpolation::Bilinear,
        normalization: Normalization::Image,
        pages: Pages::First,
    };
    Loader::new(Arc::new(source), preprocessing, 4).with_device(Device::flex())
}

fn training(source: impl Source + 'static) -> Loader {
    let transforms = vec![
        Transform::Crop(Crop { size: 4 }),
        Transform::Shift(Shift { pixels: 1 }),
        Transform::FlipHorizontal,
        Transform::FlipVertical,
        Transform::Transpose,
    ];
    loader(source).for_training(transforms, 7)
}

/// An epoch's indices, bits and classes, batch by batch.
fn epoch(loader: &Loader) -> Vec<(Vec<usize>, Vec<u32>, Vec<i64>)> {
    let bits = |batch: Result<Batch, DatasetError>| {
        let batch = batch.expect("reads");
        let pixels = batch.images.try_into_vec_as::<f32>().expect("f32");
        let Targets::Classes(classes) = batch.targets else {
            panic!("a class each");
        };
        let classes = classes.try_into_vec_as::<i64>();
        (
            batch.indices,
            pixels.into_iter().map(f32::to_bits).collect(),
            classes.expect("i64"),
        )
    };
    loader.iter().map(bits).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let run = |threads, ahead| {
        let loader = training(Made::new(21))
            .with_threads(threads)
            .with_ahead(ahead);
        [epoch(&loader), epoch(&loader), epoch(&loader)]
    };
    let expected = run(0, 1);
    assert_eq!(expected[0].len(), 6);
    for (threads, ahead) in [(1, 0), (1, 1), (2, 1), (2, 3), (3, 0), (16, 1)] {
        assert_eq!(
            run(threads, ahead),
            expected,
            "{threads} threads, {ahead} ahead"
        );
    }
}

#[test]
fn every_item_comes_once_an_epoch_with_its_own_answer_in_a_new_order() {
    let loader = training(Made::new(21));
    let orders = [epoch(&loader), epoch(&loader)].map(|epoch| {
        let indices: Vec<usize> = epoch.iter().flat_map(|batch| batch.0.clone()).collect();
        let classes = epoch.iter().flat_map(|batch| &batch.2);
        assert!(
            indices
                .iter()
                .zip(classes)
                .all(|(&index, &class)| index as i64 == class)
        );
        let mut sorted = indices.clone();
        sorted.sort();
        assert_eq!(sorted, (0..21).collect::<Vec<_>>());
        indices
    });
    assert_ne!(orders[0], orders[1]);
}

#[test]
fn images_as_they_are_come_in_their_order_every_epoch() {
    let loader = loader(Made::new(6));
    let first = epoch(&loader);
    assert_eq!(first[1].0, [4, 5]);
    assert_eq!(epoch(&loader), first);
}

/// What is seen of each item in an epoch.
fn views(batches: &[(Vec<usize>, Vec<u32>, Vec<i64>)]) -> BTreeMap<usize, Vec<u32>> {
    let views = batches.iter().flat_map(|(indices, bits, _)| {
        let each = bits.len() / indices.len();
        indices
            .iter()
            .copied()
            .zip(bits.chunks(each).map(<[u32]>::to_vec))
    });
    views.collect()
}

#[test]
fn what_is_seen_follows_from_seed_epoch_and_index_alone() {
    let loader = training(Made::new(21));
    let mut in_sevens = loader.clone().starting_at(Position::default());
    in_sevens.work.batch_size = 7;
    in_sevens.work.shuffle = false;
    let [first, second] = [epoch(&loader), epoch(&loader)].map(|epoch| views(&epoch));
    assert_eq!(views(&epoch(&in_sevens)), first);
    assert_eq!(views(&epoch(&in_sevens)), second);
    let same = first
        .iter()
        .filter(|(index, view)| second[*index] == **view);
    assert!(same.count() < 5, "an epoch shows its items anew");
    let mut other = loader.starting_at(Position::default());
    other.work.seed += 1;
    let other = views(&epoch(&other));
    let same = first.iter().filter(|(index, view)| other[*index] == **view);
    assert!(same.count() < 5, "another seed shows them otherwise");
}

#[test]
fn another_seed_gives_another_run() {
    let run = |seed| epoch(&training(Made::new(21)).for_training(vec![], seed));
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn an_epoch_may_be_started_in_its_middle() {
    let whole = training(Made::new(21));
    let epochs = [epoch(&whole), epoch(&whole), epoch(&whole)];
    for threads in [0, 2] {
        let position = Position { epoch: 1, batch: 4 };
        let later = training(Made::new(21))
            .with_threads(threads)
            .starting_at(position);
        assert_eq!(later.iter().progress().items_processed, 16);
        let later = later.starting_at(position);
        assert_eq!(epoch(&later), epochs[1][4..]);
        assert_eq!(epoch(&later), epochs[2]);
    }
}

#[test]
fn progress_counts_items() {
    let loader = loader(Made::new(6));
    let mut batches = loader.iter();
    let mut seen = vec![batches.progress().items_processed];
    while batches.next().is_some() {
        seen.push(batches.progress().items_processed);
    }
    assert_eq!(seen, [0, 4, 6]);
    assert!(batches.progress().is_completed());
}

#[test]
fn an_item_that_cannot_be_read_ends_the_epoch_with_its_name() {
    for threads in [0, 1, 2, 3] {
        let mut source = Made::new(40);
        source.broken = Some(13);
        let loader = loader(source).with_threads(threads);
        let mut batches = loader.iter();
        for _ in 0..3 {
            assert!(batches.next().expect("a batch").is_ok());
        }
        let error = batches.next().expect("an error").expect_err("broken");
        assert_eq!(error.to_string(), "the image 'item 13' cannot be decoded");
        assert!(batches.next().is_none());
        assert!(batches.next().is_none());
    }
}

#[test]
fn a_decoder_that_panics_is_an_error() {
    for threads in [0, 2] {
        let mut source = Made::new(8);
        source.panics = Some(5);
        let loader = loader(source).with_threads(threads);
        let mut batches = loader.iter();
        assert!(batches.next().expect("a batch").is_ok());
        let error = batches.next().expect("an error").expect_err("broken");
        assert_eq!(
            error.to_string(),
            "'item 5' cannot be read: a decoder's own fault"
        );
        assert!(batches.next().is_none());
    }
}

#[test]
fn threads_end_with_the_iterator() {
    let source = Made::new(4000);
    let reads = source.reads.clone();
    let loader = loader(source).with_threads(3);
    let mut batches = loader.iter();
    assert!(batches.next().expect("a batch").is_ok());
    let held = Arc::strong_count(&loader.source);
    assert!(held > 1);
    drop(batches);
    assert_eq!(Arc::strong_count(&loader.source), 1);
    let after = reads.load(Ordering::Relaxed);
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(reads.load(Ordering::Relaxed), after);
}

#[test]
fn threads_read_no_further_ahead_than_they_may() {
    let source = Made::new(4000);
    let reads = source.reads.clone();
    let loader = loader(source).with_threads(2).with_ahead(3);
    let mut batches = loader.iter();
    assert!(batches.next().expect("a batch").is_ok());
    std::thread::sleep(std::time::Duration::from_millis(50));
    // Each thread: three finished batches and one in hand; and the batch that was taken.
    assert!(reads.load(Ordering::Relaxed) <= 4 * (2 * (3 + 1) + 1));
}

#[test]
fn a_slice_is_a_part_and_counts_its_own_epochs() {
    let whole = training(Made::new(21));
    let part = whole.slice(5, 13);
    assert_eq!(part.num_items(), 8);
    let classes = part
        .iter()
        .map(|batch| match batch.expect("reads").targets {
            Targets::Classes(classes) => classes.try_into_vec_as::<i64>(),
            _ => panic!("a class each"),
        });
    let mut classes: Vec<i64> = classes.flat_map(|c| c.expect("i64")).collect();
    classes.sort();
    assert_eq!(classes, (5..13).collect::<Vec<_>>());
    assert_eq!(whole.next_epoch(), Position::default());
}

#[test]
fn what_was_read_is_counted() {
    let loader = loader(Made::new(9)).with_threads(1);
    epoch(&loader);
    let timing = loader.timing();
    assert_eq!(timing.items, 9);
    assert!(timing.reading > std::time::Duration::ZERO);
}

#[test]
fn an_empty_source_has_no_batches() {
    assert!(loader(Made::new(0)).iter().next().is_none());
}

/// Images with an answer that is made of them.
struct Overlaid(Made, fn(&Picture) -> Target);

impl Source for Overlaid {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        self.0.name(index)
    }

    fn bytes(&self, _: usize) -> Result<u64> {
        Ok(0)
    }

    fn get(&self, index: usize) -> Result<Item> {
        let item = self.0.get(index)?;
        let target = self.1(&item.picture);
        Ok(Item { target, ..item })
    }
}

/// All batches of an epoch of 6x6 images from 0 to 1 with every transform.
fn overlaid(target: fn(&Picture) -> Target) -> Vec<(Vec<f32>, Targets)> {
    let mut loader = training(Overlaid(Made::new(21), target));
    loader.work.preprocessing.size = None;
    loader.work.preprocessing.normalization = Normalization::DataSet {
        mean: vec![0.0],
        deviation: vec![1.0],
    };
    let pixels = |batch: Result<Batch, DatasetError>| {
        let batch = batch.expect("reads");
        assert_eq!(batch.images.dims()[1..], [1, 4, 4]);
        let pixels = batch.images.try_into_vec_as::<f32>().expect("f32");
        (pixels, batch.targets)
    };
    loader.iter().map(pixels).collect()
}

fn bytes(picture: &Picture) -> Vec<i32> {
    let plane = picture.plane(0).into_iter();
    plane.map(|value| (255.0 * value).round() as i32).collect()
}

#[test]
fn a_mask_moves_along_with_its_image() {
    let batches = overlaid(|picture| Target::Mask(Mask::new(picture.size(), bytes(picture))));
    for (pixels, targets) in batches {
        let Targets::Classes(classes) = targets else {
            panic!("a mask is classes");
        };
        let classes = classes.try_into_vec_as::<i64>().expect("i64");
        let pixels: Vec<_> = pixels.iter().map(|x| (255.0 * x).round() as i64).collect();
        assert_eq!(classes, pixels);
    }
}

#[test]
fn a_picture_moves_along_with_its_image() {
    for (pixels, targets) in overlaid(|picture| Target::Picture(picture.clone())) {
        let Targets::Values(values) = targets else {
            panic!("a picture is values");
        };
        assert_eq!(values.try_into_vec_as::<f32>().expect("f32"), pixels);
    }
}

#[test]
fn points_move_along_with_their_image() {
    let brightest = |picture: &Picture| {
        let values = bytes(picture);
        let (place, _) = values
            .iter()
            .enumerate()
            .max_by_key(|(_, value)| **value)
            .expect("36");
        Target::Points(vec![Some([(place / 6) as f32, (place % 6) as f32])])
    };
    let (mut seen, mut unseen) = (0, 0);
    for (pixels, targets) in overlaid(brightest) {
        let Targets::Points(points) = targets else {
            panic!("points are points");
        };
        let points = points.try_into_vec_as::<f32>().expect("f32");
        for (pixels, point) in pixels.chunks(16).zip(points.chunks(3)) {
            if point[2] == 0.0 {
                unseen += 1;
                continue;
            }
            seen += 1;
            let there = pixels[point[0] as usize * 4 + point[1] as usize];
            assert!(pixels.iter().all(|&pixel| pixel <= there));
        }
    }
    assert!(seen > 0 && unseen > 0);
}

#[test]
fn an_item_that_cannot_be_read_may_be_left_out_and_is_listed() {
    for threads in [0, 2] {
        let mut source = Made::new(10);
        source.broken = Some(5);
        source.panics = Some(9);
        let loader = loader(source)
            .with_threads(threads)
            .on_bad_image(OnBadImage::Skip);
        let seen: Vec<_> = epoch(&loader).into_iter().map(|batch| batch.0).collect();
        assert_eq!(seen, [vec![0, 1, 2, 3], vec![4, 6, 7], vec![8]]);
        let listed = loader.skipped();
        let names: Vec<_> = listed.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["item 5", "item 9"]);
        assert_eq!(listed[0].error, "the image 'item 5' cannot be decoded");
        epoch(&loader);
        assert_eq!(loader.skipped(), listed, "each once");
    }
}

#[test]
fn a_batch_of_which_all_is_left_out_is_passed_over() {
    let mut source = Made::new(3);
    source.broken = Some(1);
    let mut loader = loader(source).on_bad_image(OnBadImage::Skip);
    loader.work.batch_size = 1;
    let seen: Vec<_> = epoch(&loader).into_iter().map(|batch| batch.0).collect();
    assert_eq!(seen, [[0], [2]]);
}

#[test]
fn items_come_as_often_as_they_weigh() {
    let weights: Vec<f64> = (0..40).map(|index| f64::from(index % 4)).collect();
    let run = |threads| {
        let loader = training(Made::new(40)).with_threads(threads);
        let loader = loader.with_weights(Some(weights.clone()));
        [epoch(&loader), epoch(&loader)]
    };
    let epochs = run(0);
    assert_eq!(run(3), epochs);
    let mut counts = [0; 4];
    let mut views = BTreeMap::<usize, Vec<Vec<u32>>>::new();
    for (indices, bits, _) in epochs[0].iter().chain(&epochs[1]) {
        for (index, view) in indices.iter().zip(bits.chunks(16)) {
            counts[index % 4] += 1;
            views.entry(*index).or_default().push(view.to_vec());
        }
    }
    assert_eq!((counts[0], counts.iter().sum::<i32>()), (0, 80));
    assert!(counts[1] < counts[3], "{counts:?}");
    let again = views.values().filter(|views| views.len() > 2);
    let new = again.filter(|views| views.iter().any(|view| *view != views[0]));
    assert!(
        new.count() > 5,
        "an item that comes again is seen otherwise"
    );
}

#[test]
fn time_is_told_by_what_it_was_spent_on() {
    let loader = training(Made::new(21)).with_threads(0);
    epoch(&loader);
    let timing = loader.timing();
    assert_eq!((timing.items, timing.batches), (21, 6));
    assert!(timing.decoding <= timing.reading);
    assert_eq!(timing.since(timing), Timing::default());
}
