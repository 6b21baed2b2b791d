//! A shallow network made deeper, compared with what it was made of, and left as a file.

use std::path::PathBuf;

use anyhow::{Context, Result};
use burn::data::dataloader::DataLoader;
use burn::tensor::{Device, Tensor};
use models::Model;
use serde::{Deserialize, Serialize};
use serde_json::json;
use train::data::load_for;
use train::{Learned, evaluate};
use weights::to_safetensors;

use super::identity::{deepened, moments};
use crate::{Lab, Run, first_batch, kept};

/// How many training images say what the identity layers have to give back.
const IMAGES: usize = 512;

/// A network that was built.
pub(super) struct Built {
    /// The seed of the network that it was built of.
    pub seed: u64,
    pub start: Start,
    /// Its weights, as a file.
    pub weights: PathBuf,
}

/// A network that was built, before it learns, compared with the shallow one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    /// The largest difference between logits on the test images.
    pub difference: f64,
    /// The largest logit of the shallow network.
    pub largest: f64,
    /// The part of the test images that are taken for another class.
    pub test_error: f64,
}

impl Start {
    /// To how many decimal digits the logits agree, of those that there are.
    pub fn digits(&self) -> f64 {
        let part = self.difference / self.largest.max(f64::MIN_POSITIVE);
        -part.max(f64::from(f32::EPSILON)).log10()
    }
}

/// Makes the network of a run deeper, up to so many blocks in each stage.
pub(super) fn build(lab: &mut Lab<'_>, shallow: &Run, blocks: usize) -> Result<Built> {
    lab.say(&format!(
        "building a network with {blocks} blocks a stage of '{}', seed {}",
        shallow.name, shallow.seed
    ));
    let file = format!("constructed-{}-{blocks}.safetensors", shallow.id());
    let weights = lab.folder().join(file);
    let decisive = ("constructed", shallow.id(), blocks, IMAGES);
    let start = lab.kept(decisive, |device| {
        let learned = shallow.learned(device)?;
        let Learned {
            recipe,
            problem,
            config: own,
            model,
        } = &learned;
        let data = load_for(&recipe.data, problem, recipe.run.seed)?;
        let images = first_batch(&data, IMAGES, device)?.images;
        let config = own
            .clone()
            .set("encoder.blocks", json!([blocks, blocks, blocks]))?;
        let moments = moments(model, own, images)?;
        let deep = deepened(model, own, &config, &moments, device)?;
        kept::write(&weights, &to_safetensors(&deep, &config)?)?;
        compare(&learned, &deep, device)
    })?;
    Ok(Built {
        seed: shallow.seed,
        start,
        weights,
    })
}

fn compare(shallow: &Learned, deep: &Model, device: &Device) -> Result<Start> {
    let (mut difference, mut largest) = (0.0_f64, 0.0_f64);
    for batch in shallow.to_test(device)?.iter() {
        let images = batch?.images;
        let expected = shallow.model.forward(images.clone()).swap_remove(0);
        let found = deep.forward(images).swap_remove(0);
        difference = difference.max(greatest(found - expected.clone()));
        largest = largest.max(greatest(expected));
    }
    let loader = shallow.to_test(device)?;
    let tested = evaluate(deep, &shallow.recipe, &shallow.problem, &loader)?;
    let accuracy = tested.values.get("accuracy");
    Ok(Start {
        difference,
        largest,
        test_error: 1.0 - accuracy.context("a test without an accuracy")?,
    })
}

/// The greatest magnitude.
fn greatest(values: Tensor<4>) -> f64 {
    f64::from(values.abs().max().into_scalar::<f32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_of_the_largest_logit_and_end_with_those_of_a_float() {
        let digits = |difference, largest| {
            let start = Start {
                difference,
                largest,
                test_error: 0.0,
            };
            start.digits()
        };
        assert!((digits(1e-3, 10.0) - 4.0).abs() < 1e-12);
        assert!((digits(0.0, 10.0) - 6.92).abs() < 0.01);
    }
}
