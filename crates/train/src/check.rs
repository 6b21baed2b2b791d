//! A look at a recipe before it runs.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use burn::data::dataloader::DataLoader;
use burn::module::Module;
use serde::Serialize;

use crate::backend::{BackendTask, ComputeBackend, run_on};
use crate::data::Batch;
use crate::fit::{load, prepare};
use crate::loaders::{in_order, to_test, training};
use crate::network::configured;
use crate::observer::Split;
use crate::recipe::{Moment, Recipe};
use crate::state::State;
use crate::step::TrainStep;

/// A loss that falls to less than this part of the first is learned.
const LEARNED: f64 = 0.7;

/// What one batch of each split, and one batch learned by heart, say of a recipe.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A batch of each split, before anything is learned.
    pub splits: Vec<CheckedSplit>,
    /// How many steps one batch was learned for.
    pub steps: usize,
    /// The loss of the batch before the first of them.
    pub first: f64,
    /// The loss of the batch after the last.
    pub last: f64,
    /// How long a step took, on average.
    pub seconds: f64,
}

/// A batch of a split.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedSplit {
    /// Which.
    pub split: &'static str,
    /// How many images the split has.
    pub images: usize,
    /// `[batch, channels, height, width]`
    pub dims: [usize; 4],
    /// Of a model that has learned nothing.
    pub loss: f64,
}

/// Answers one batch of each split, and learns one batch by heart. Leaves nothing.
///
/// # Errors
/// If an image cannot be read, a loss is not a number, or the batch is not learned: then something
/// about the images, the labels or the recipe is wrong.
pub fn check(recipe: &Recipe, steps: usize) -> Result<Check> {
    ensure!(steps > 0, "steps = {steps}: must be at least 1");
    run_on(&recipe.run.backend, Look { recipe, steps })
}

struct Look<'a> {
    recipe: &'a Recipe,
    steps: usize,
}

impl BackendTask for Look<'_> {
    type Output = Check;

    fn run<B: ComputeBackend>(self) -> Result<Check> {
        let device = B::device(self.recipe.run.device)?;
        let (recipe, data) = prepare(self.recipe, load(self.recipe)?)?;
        let config = configured(&recipe.model, &data.problem)?;
        let (mut state, _) = State::untrained(&recipe, &data, &device, &config)?;
        let autodiff = device.clone().autodiff();

        let mut splits = Vec::new();
        let all = [
            (Split::Train, &data.train),
            (Split::Valid, &data.valid),
            (Split::Test, &data.test),
        ];
        for (split, source) in all {
            let loader = match split {
                Split::Test => to_test(&recipe, &data.problem, source, &device),
                _ => in_order(&recipe, &data.problem, source, &device),
            };
            let batch = first(&loader, split)?;
            let model = state.model.valid();
            let step = TrainStep {
                model: &model,
                loss: &recipe.loss,
                seam: None,
            };
            let dims = batch.images.dims();
            let outcome = step.test(batch, data.problem.preprocessing.tiles())?;
            let loss = outcome.loss.try_into_scalar::<f64>()?;
            ensure!(
                loss.is_finite(),
                "the loss of a batch of the {} images is {loss} before anything is learned",
                split.name()
            );
            splits.push(CheckedSplit {
                split: split.name(),
                images: source.len(),
                dims,
                loss,
            });
        }

        let batch = first(&training(&recipe, &data, &autodiff), Split::Train)?;
        let (mut losses, since) = (Vec::new(), Instant::now());
        for done in 0..self.steps {
            let step = TrainStep {
                model: &state.model,
                loss: &recipe.loss,
                seam: state.seam.as_ref(),
            };
            let (gradients, outcome) = step.run(batch.clone());
            losses.push(outcome.loss.try_into_scalar::<f64>()?);
            let factor = recipe.schedule.factor(Moment {
                done: done as f64,
                all: self.steps as f64,
                epoch: self.steps as f64,
            });
            state.update(&recipe, gradients, factor, done + 1);
        }
        let seconds = since.elapsed().as_secs_f64() / self.steps as f64;
        let (first, last) = (losses[0], losses[self.steps - 1]);
        let learned = last < LEARNED * first;
        if self.steps > 1 && !learned {
            bail!(
                "one batch, again and again for {} steps: its loss goes from {first:.4} to \
                 {last:.4} only; look at the images and their labels, and at --lr",
                self.steps
            );
        }
        Ok(Check {
            splits,
            steps: self.steps,
            first,
            last,
            seconds,
        })
    }
}

fn first(loader: &dyn DataLoader<Batch>, split: Split) -> Result<Batch> {
    let batch = loader.iter().next();
    Ok(batch.with_context(|| format!("there are no {} images", split.name()))??)
}
