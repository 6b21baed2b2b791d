//! A step of training: written once, for the trainer and the bench.

use burn::optim::GradientsParams;

use crate::data::Batch;
use crate::loss::{Loss, Truth};
use crate::network::Network;
use crate::outcome::Outcome;

/// A network with the loss that it is to make small.
#[derive(Clone, Copy, Debug)]
pub struct TrainStep<'a> {
    /// What learns.
    pub network: &'a Network,
    /// What is made small.
    pub loss: &'a Loss,
}

impl TrainStep<'_> {
    /// Forward, loss, and backward: the gradient of each parameter, and what the network said.
    pub fn run(&self, batch: Batch) -> (GradientsParams, Outcome) {
        let outcome = self.forward(batch);
        let gradients = GradientsParams::from_grads(outcome.loss.backward(), self.network);
        (gradients, outcome.without_autodiff())
    }

    /// Forward and loss alone, for images that nothing is learned from.
    pub fn forward(&self, batch: Batch) -> Outcome {
        let [_, _, rows, columns] = batch.images.dims();
        let image = [rows, columns];
        let mut outputs = self.network.forward(batch.images);
        let [_, _, height, width] = outputs[0].dims();
        let truth = Truth::new(batch.targets, [height, width], image);
        Outcome {
            loss: self.loss.forward(&outputs, &truth),
            answers: outputs.swap_remove(0),
            targets: truth.into_targets(),
        }
    }
}
