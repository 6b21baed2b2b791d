//! A model of the registry as a thing that learns: both tasks in one form.
//!
//! An image's class is a map of one pixel: logits are `[batch, classes, height, width]` and answers
//! `[batch, height, width]`, with height and width 1 in classification. So loss, metrics and
//! training are written once.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, ExecutionError, Int, Tensor, s};
use burn::train::metric::{AccuracyInput, Adaptor, LossInput};
use burn::train::{InferenceStep, ItemLazy, TrainOutput, TrainStep};
use models::{Architecture, Classifier, ModelEntry, Segmenter};
use skip_blocks::layers::{by_pixel, cross_entropy};

use crate::data::{Batch, Problem, Targets, Window};
use crate::iou::IouInput;
use crate::loss::dice_loss;

/// A model of the registry.
#[derive(Module, Debug)]
pub enum Network {
    /// One class an image.
    Classifier(Classifier),
    /// One class a pixel.
    Segmenter(Segmenter),
}

impl Network {
    /// Makes the model for a problem, its blocks computed again on the way back if `recompute`. Its
    /// parameters are drawn at once, so that a seed set before gives the same ones.
    ///
    /// # Panics
    /// Panics where the model's `init` does.
    pub fn new(entry: &ModelEntry, problem: &Problem, recompute: bool, device: &Device) -> Self {
        let classes = problem.classes.len();
        let network = match entry.architecture {
            Architecture::Classifier(config) => {
                let config = config(problem.image, classes).with_recompute(recompute);
                Self::Classifier(config.init(device))
            }
            Architecture::Segmenter(config) => {
                let config = config(problem.image, classes).with_recompute(recompute);
                Self::Segmenter(config.init(device))
            }
        };
        network.visit(&mut Draw);
        network
    }

    /// Logits, `[batch, classes, height, width]`.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Classifier(model) => {
                let logits = model.forward(images);
                let [batch, classes] = logits.dims();
                logits.reshape([batch, classes, 1, 1])
            }
            Self::Segmenter(model) => model.forward(images),
        }
    }

    /// Logits and their loss: the cross-entropy, in segmentation plus the Dice loss.
    ///
    /// # Panics
    /// If the batch's targets are not classes.
    pub fn forward_loss(&self, batch: Batch) -> NetworkOutput {
        let logits = self.forward(batch.images);
        let [_, _, height, width] = logits.dims();
        let Targets::Classes(targets) = batch.targets else {
            panic!("targets: must be classes");
        };
        let targets = middle(targets, [height, width]);
        let cross_entropy = cross_entropy(logits.clone(), targets.clone());
        let loss = match self {
            Self::Classifier(_) => cross_entropy,
            Self::Segmenter(_) => cross_entropy + dice_loss(logits.clone(), targets.clone()),
        };
        NetworkOutput {
            loss,
            logits,
            targets,
        }
    }
}

/// Draws every parameter: Burn's are lazy, and would be drawn in the order of their first use.
struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }
}

/// The middle of a map of classes, which is what a network with valid convolutions gives.
fn middle(targets: Tensor<3, Int>, [height, width]: [usize; 2]) -> Tensor<3, Int> {
    let [_, full_height, full_width] = targets.dims();
    let window = Window::middle([full_height, full_width], [height, width]);
    let [rows, columns] = window.ranges();
    targets.slice(s![.., rows, columns])
}

impl TrainStep for Network {
    type Input = Batch;
    type Output = NetworkOutput;

    fn step(&self, batch: Batch) -> TrainOutput<NetworkOutput> {
        let output = self.forward_loss(batch);
        let gradients = output.loss.backward();
        TrainOutput::new(self, gradients, output)
    }
}

impl InferenceStep for Network {
    type Input = Batch;
    type Output = NetworkOutput;

    fn step(&self, batch: Batch) -> NetworkOutput {
        self.forward_loss(batch)
    }
}

/// What a network says of a batch. With valid convolutions, height and width are those of the
/// middle part that it speaks of.
pub struct NetworkOutput {
    /// See [`Network::forward_loss`]; `[1]`.
    pub loss: Tensor<1>,
    /// `[batch, classes, height, width]`
    pub logits: Tensor<4>,
    /// `[batch, height, width]`
    pub targets: Tensor<3, Int>,
}

impl NetworkOutput {
    /// The class with the largest logit, `[batch, height, width]`.
    pub fn predictions(&self) -> Tensor<3, Int> {
        self.logits.clone().argmax(1).squeeze_dim(1)
    }
}

impl ItemLazy for NetworkOutput {
    fn sync(self) -> Result<Self, ExecutionError> {
        self.loss.device().flush()?;
        Ok(Self {
            loss: self.loss.without_autodiff(),
            logits: self.logits.without_autodiff(),
            targets: self.targets.without_autodiff(),
        })
    }
}

impl Adaptor<LossInput> for NetworkOutput {
    /// The loss once for each image, so that a short last batch weighs as little as it should.
    fn adapt(&self) -> LossInput {
        let [batch, ..] = self.logits.dims();
        LossInput::new(self.loss.clone().expand([batch]))
    }
}

impl Adaptor<AccuracyInput> for NetworkOutput {
    fn adapt(&self) -> AccuracyInput {
        AccuracyInput::new(
            by_pixel(self.logits.clone()),
            self.targets.clone().flatten(0, 2),
        )
    }
}

impl Adaptor<IouInput> for NetworkOutput {
    fn adapt(&self) -> IouInput {
        IouInput {
            predictions: self.predictions(),
            targets: self.targets.clone(),
        }
    }
}
