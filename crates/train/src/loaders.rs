//! The batches of a run.

use std::sync::Arc;

use burn::tensor::Device;

use crate::data::{DataSet, Loader, Problem, Source};
use crate::recipe::Recipe;

/// Batches to learn from: an order of its own each epoch, augmented.
pub(crate) fn training(recipe: &Recipe, data: &DataSet, device: &Device) -> Loader {
    let transforms = recipe.augmentation.as_ref().unwrap_or(&data.transforms);
    in_order(recipe, &data.problem, &data.train, device)
        .for_training(transforms.clone(), recipe.run.seed)
        .with_classes(data.problem.classes.len())
        .with_weights(data.weights.clone())
        .with_mirrored(data.mirrored.clone())
}

/// Batches of images as they are, in their order.
pub(crate) fn in_order(
    recipe: &Recipe,
    problem: &Problem,
    source: &Arc<dyn Source>,
    device: &Device,
) -> Loader {
    batches(recipe, problem, source, recipe.run.batch_size, device)
}

/// Batches of images that are tested as they are, in their order: one by one where they keep their
/// own sizes, or a network sees tiles of them.
pub(crate) fn to_test(
    recipe: &Recipe,
    problem: &Problem,
    source: &Arc<dyn Source>,
    device: &Device,
) -> Loader {
    let preprocessing = &problem.preprocessing;
    let batch_size = match preprocessing.size.is_none() || preprocessing.tiles().is_some() {
        true => 1,
        false => recipe.run.batch_size,
    };
    batches(recipe, problem, source, batch_size, device)
}

fn batches(
    recipe: &Recipe,
    problem: &Problem,
    source: &Arc<dyn Source>,
    batch_size: usize,
    device: &Device,
) -> Loader {
    let preprocessing = problem.preprocessing.clone();
    let loader = Loader::new(source.clone(), preprocessing, batch_size);
    let loader = loader
        .with_device(device.clone())
        .on_bad_image(recipe.data.on_bad_image);
    match recipe.data.threads {
        Some(threads) => loader.with_threads(threads),
        None => loader,
    }
}
