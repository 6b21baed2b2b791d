//! From a collection of images to a data set: shared out, looked at once, and preprocessed.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use models::{ImageSpec, Task};

use super::collection::Collection;
use super::duplicates;
use super::mirrored;
use super::normalization::Normalization;
use super::preprocessing::Preprocessing;
use super::settings::{Data, Duplicates, Scaling, Size};
use super::share::share;
use super::source::{Source, Subset};
use super::survey::survey;
use super::tolerant::Tolerant;
use super::transform::{Shift, Transform};
use super::{DataSet, Problem};

/// The longest side of images that is suggested: larger ones take long to learn.
const LONGEST_SIDE: usize = 256;
/// How many images' sizes are looked at.
const SIZES_LOOKED_AT: usize = 1000;

/// A data set, looked at once for what its training images have in common.
pub(super) fn assemble(collection: Collection, settings: &Data, seed: u64) -> Result<DataSet> {
    let tolerant: Tolerant = settings.on_bad_image.into();
    let learned = learned(&collection);
    let own = channels_of(collection.source.as_ref(), &learned, tolerant)?;
    let channels = settings.channels.unwrap_or(own);
    ensure!(
        own == channels || is_colour(own) && is_colour(channels),
        "data.channels {channels}: the images have {own}; with --set data.channels={own} and \
         --set data.normalization=measured they are seen as they are"
    );
    let size = match settings.size.map(Size::sides) {
        Some(size) => size,
        None => median_size(
            collection.source.as_ref(),
            &learned,
            collection.task,
            tolerant,
        )?,
    };
    let shared = share(&collection, settings, seed)?;
    check_classes(&collection, &shared[0])?;
    let mut preprocessing = Preprocessing {
        channels,
        size: Some(size),
        resizing: settings.fit.unwrap_or_default(),
        interpolation: settings.interpolation.unwrap_or_default(),
        normalization: Normalization::Image,
        pages: settings.pages,
    };
    let [train, ..] = &shared;
    let told = settings.normalization.as_ref().and_then(Scaling::told);
    preprocessing.normalization = match told {
        Some(told) => told,
        None => Normalization::measure(train.len(), channels, |index| {
            let picture = tolerant.pass(collection.source.picture(train[index]))?;
            Ok(picture.map(|picture| preprocessing.fit(picture)))
        })?,
    };
    let problem = Problem {
        task: collection.task,
        image: ImageSpec {
            channels,
            height: size[0],
            width: size[1],
        },
        classes: collection.classes.clone(),
        mask_values: collection.mask_values.clone(),
        preprocessing,
    };
    let data = shared_out(collection, shared, problem, settings)?;
    data.problem.preprocessing.check().context("data")?;
    Ok(data)
}

/// A data set for a problem that was learned before; no image is looked at.
pub(super) fn assemble_for(
    collection: Collection,
    problem: &Problem,
    settings: &Data,
    seed: u64,
) -> Result<DataSet> {
    let shared = share(&collection, settings, seed)?;
    shared_out(collection, shared, problem.clone(), settings)
}

/// A class of which nothing is learned is a mistake in the data.
fn check_classes(collection: &Collection, train: &[usize]) -> Result<()> {
    let Some(labels) = collection.labels(train) else {
        return Ok(());
    };
    for (class, name) in collection.classes.iter().enumerate() {
        ensure!(
            labels.contains(&class),
            "{}: no image to learn from is of class '{name}'; add some, or take the class away",
            collection.origin
        );
    }
    Ok(())
}

/// A data set of images that are shared out.
pub(super) fn shared_out(
    collection: Collection,
    shared: [Vec<usize>; 3],
    problem: Problem,
    settings: &Data,
) -> Result<DataSet> {
    let classes = collection.classes.len();
    for (index, known) in collection.known.iter().enumerate() {
        if let Some(class) = known.class.filter(|&class| class >= classes) {
            bail!(
                "{}: '{}' has the class {class}; must be below {classes}, the number of classes",
                collection.origin,
                collection.source.name(index)
            );
        }
    }
    let labels = collection.labels(&shared[0]);
    let weights = collection.weights(&shared[0], settings.sampling)?;
    let smaller_side = problem.image.height.min(problem.image.width);
    let mut transforms = vec![Transform::Shift(Shift {
        pixels: smaller_side / 16,
    })];
    let mirrored = mirrored::pairs(&collection, settings)?;
    if collection.mirrors || !mirrored.is_empty() {
        transforms.push(Transform::FlipHorizontal);
    }
    let source = collection.source;
    let [train, valid, test] =
        shared.map(|indices| Arc::new(Subset::new(source.clone(), indices)) as Arc<dyn Source>);
    if let Some(tiles) = problem.preprocessing.tiles() {
        ensure!(
            matches!(problem.task, Task::Segmentation | Task::Regression),
            "data.fit: tiles are for masks and pictures, and not for {}",
            problem.task
        );
        tiles.check().context("data.fit")?;
    }
    let data = DataSet {
        problem,
        train,
        valid,
        test,
        transforms,
        labels,
        weights,
        mirrored,
    };
    if settings.duplicates == Duplicates::Refuse {
        duplicates::refuse(&data, settings.on_bad_image.into())?;
    }
    Ok(data)
}

/// Height and width that suit a collection's images: the middle ones of their heights and widths,
/// at most [`LONGEST_SIDE`]; for answers that lie over them, which networks make by halving and
/// doubling, in steps of 16.
pub(super) fn suggested_size(collection: &Collection) -> Result<[usize; 2]> {
    let learned = learned(collection);
    let source = collection.source.as_ref();
    // What cannot be read is told where it is needed.
    median_size(source, &learned, collection.task, Tolerant(true))
}

/// The images that are learned from, as far as that is known.
fn learned(collection: &Collection) -> Vec<usize> {
    (0..collection.known.len())
        .filter(|&index| collection.is_learned(index))
        .collect()
}

fn median_size(
    source: &dyn Source,
    indices: &[usize],
    task: Task,
    tolerant: Tolerant,
) -> Result<[usize; 2]> {
    let count = indices.len().min(SIZES_LOOKED_AT);
    let look = |sizes: &mut Vec<[usize; 2]>, index| {
        let index = indices[index * indices.len() / count];
        sizes.extend(
            tolerant
                .pass(source.header(index))?
                .map(|header| header.size),
        );
        Ok(())
    };
    let sizes = survey(count, look, |all: &mut Vec<_>, mut part| {
        all.append(&mut part)
    })?;
    if sizes.is_empty() {
        // The first of them says what is wrong.
        if let Some(&first) = indices.first() {
            source.header(first)?;
        }
        bail!("there is no image to learn from");
    }
    let median = |dim: usize| {
        let mut sizes: Vec<_> = sizes.iter().map(|size| size[dim]).collect();
        let middle = sizes.len() / 2;
        *sizes.select_nth_unstable(middle).1
    };
    Ok(suggested([median(0), median(1)], task))
}

/// Height and width that suit images of which this is the middle size.
pub(super) fn suggested(size: [usize; 2], task: Task) -> [usize; 2] {
    let shrink = (LONGEST_SIDE as f64 / size[0].max(size[1]) as f64).min(1.0);
    let step = match task {
        Task::Classification => 1.0,
        _ => 16.0,
    };
    let fitted = |side: usize| ((side as f64 * shrink / step).round().max(1.0) * step) as usize;
    size.map(fitted)
}

/// Whether so many channels are gray or colours, which become each other.
fn is_colour(channels: usize) -> bool {
    channels == 1 || channels == 3
}

/// How many channels the images are best seen with: 1 if all are gray, 3 if there are colours; what
/// is neither has as many in all.
fn channels_of(source: &dyn Source, indices: &[usize], tolerant: Tolerant) -> Result<usize> {
    let look = |found: &mut BTreeMap<usize, usize>, index: usize| {
        let index = indices[index];
        if let Some(header) = tolerant.pass(source.header(index))? {
            let first = found.entry(header.channels).or_insert(index);
            *first = (*first).min(index);
        }
        Ok(())
    };
    let merge = |all: &mut BTreeMap<usize, usize>, part: BTreeMap<usize, usize>| {
        for (channels, index) in part {
            let first = all.entry(channels).or_insert(index);
            *first = (*first).min(index);
        }
    };
    let found = survey(indices.len(), look, merge)?;
    match found.len() {
        0 | 1 => Ok(found.into_keys().next().unwrap_or(1)),
        _ if found.keys().copied().all(is_colour) => Ok(3),
        _ => {
            let told = found.into_iter();
            let told = told.map(|(count, index)| format!("'{}' has {count}", source.name(index)));
            bail!(
                "images have different numbers of channels: {}",
                told.collect::<Vec<_>>().join(", ")
            )
        }
    }
}
