//! A step of training: written once, for the trainer and the bench.

use anyhow::Result;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use models::Model;
use skip_blocks::seam::Seam;

use crate::data::{Batch, Targets, Tiles};
use crate::loss::{Loss, Truth};
use crate::outcome::Outcome;
use crate::tiled::answers;

/// A model with the loss that it is to make small.
#[derive(Clone, Copy)]
pub struct TrainStep<'a> {
    /// What learns.
    pub model: &'a Model,
    /// What is made small.
    pub loss: &'a Loss,
    /// What is computed again on the way back; none: nothing is.
    pub seam: Option<&'a Seam>,
}

impl TrainStep<'_> {
    /// Forward, loss, and backward: the gradient of each parameter, and what the model said.
    pub fn run(&self, batch: Batch) -> (GradientsParams, Outcome) {
        let outcome = self.forward(batch);
        let gradients = GradientsParams::from_grads(outcome.loss.backward(), self.model);
        (gradients, outcome.without_autodiff())
    }

    /// Forward and loss alone, for images that nothing is learned from.
    pub fn forward(&self, batch: Batch) -> Outcome {
        let [_, _, rows, columns] = batch.images.dims();
        let outputs = match self.seam {
            Some(seam) => seam.run(|| self.model.forward(batch.images)).0,
            None => self.model.forward(batch.images),
        };
        self.outcome(outputs, batch.targets, [rows, columns])
    }

    /// The same of images that may be larger than a tile, of which the loss is that of the joined
    /// answer.
    ///
    /// # Errors
    /// As [`answers`].
    pub(crate) fn test(&self, batch: Batch, tiles: Option<Tiles>) -> Result<Outcome> {
        let [_, _, rows, columns] = batch.images.dims();
        match tiles {
            Some(tiles) if tiles.size != [rows, columns] => {
                let answers = answers(self.model, batch.images, Some(tiles))?;
                Ok(self.outcome(vec![answers], batch.targets, [rows, columns]))
            }
            _ => Ok(self.forward(batch)),
        }
    }

    fn outcome(&self, mut outputs: Vec<Tensor<4>>, targets: Targets, image: [usize; 2]) -> Outcome {
        let [_, _, height, width] = outputs[0].dims();
        let truth = Truth::new(targets, [height, width], image);
        Outcome {
            loss: self.loss.forward(&outputs, &truth),
            answers: outputs.swap_remove(0),
            targets: truth.into_targets(),
        }
    }
}
