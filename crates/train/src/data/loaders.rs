//! Seam to the loader.

use std::sync::Arc;

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::tensor::{Device, Tensor};
use image::DynamicImage;

use super::{Batch, DataSet, ImageBatcher, Problem, Sample, Samples, resize};
use crate::recipe::Recipe;

pub(crate) fn training_loader(
    recipe: &Recipe,
    data: &DataSet,
    device: &Device,
) -> Arc<dyn DataLoader<Batch>> {
    let augmentation = recipe.augmentation.unwrap_or(data.augmentation);
    let batcher = ImageBatcher::augmented(&data.problem, augmentation, recipe.run.seed);
    DataLoaderBuilder::new(batcher)
        .batch_size(recipe.run.batch_size)
        .shuffle(recipe.run.seed)
        .set_device(device.clone())
        .build(data.train.clone())
}

pub(crate) fn plain_loader(
    problem: &Problem,
    samples: &Samples,
    batch_size: usize,
    device: &Device,
) -> Arc<dyn DataLoader<Batch>> {
    DataLoaderBuilder::new(ImageBatcher::plain(problem))
        .batch_size(batch_size)
        .set_device(device.clone())
        .build(samples.clone())
}

pub(crate) fn input(image: &DynamicImage, problem: &Problem, device: &Device) -> Tensor<4> {
    let sample = Sample {
        name: String::new(),
        pixels: resize(image, problem.image),
        target: match problem.task {
            models::Task::Classification => vec![0],
            models::Task::Segmentation => vec![0; problem.image.height * problem.image.width],
        },
    };
    ImageBatcher::plain(problem)
        .batch(vec![sample], device)
        .images
}
