//! The work that is timed: one forward pass, or one training step.

use std::path::Path;

use anyhow::{Context, Result};
use burn::module::Module;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::{Device, Distribution, Int, Shape, Tensor};
use models::{ImageSpec, Model, Task, Variant};
use serde_json::Map;
use skip_blocks::parameter_count;
use skip_blocks::seam::{Seam, count_macs};
use train::backend::{BackendTask, ComputeBackend, DeviceChoice, compiled_backends, run_on};
use train::data::{Batch, Targets};
use train::network::{configure, init};
use train::recipe::Recompute;
use train::{TrainStep, task};
use weights::{Options, Weights, apply};

use crate::blocks::{BlockInput, BlockKind};
use crate::case::{Case, Mode, Subject, find};

/// A thing to do over and over.
pub(crate) struct Work {
    /// Values that the module learns.
    pub parameters: usize,
    once: Box<dyn FnMut() -> Result<()>>,
}

impl Work {
    /// A case's work, on a device without autodiff; models' blocks computed again on the way back
    /// if `recompute`, and their weights from a file if there is one.
    ///
    /// # Errors
    /// If the model cannot be made, or the file is not of its weights.
    pub fn new(
        subject: Subject,
        image: ImageSpec,
        batch: usize,
        mode: Mode,
        recompute: bool,
        weights: Option<&Path>,
        on: &Device,
    ) -> Result<Self> {
        Ok(match (subject, mode) {
            (Subject::Model(entry), Mode::Inference) => {
                let images = images(image, batch, on);
                let (model, _) = model(entry, image, recompute, weights, on)?;
                Self::inference(model, move |model| {
                    model.forward(images.clone());
                })
            }
            (Subject::Model(entry), Mode::Training) => {
                let device = on.clone().autodiff();
                let batch = labelled(entry, image, batch, &device);
                let loss = task::of(entry.task()).loss();
                let (model, seam) = model(entry, image, recompute, weights, &device)?;
                Self::training(model, move |model| {
                    let step = TrainStep {
                        model,
                        loss: &loss,
                        seam: seam.as_ref(),
                    };
                    let (gradients, outcome) = step.run(batch.clone());
                    (outcome.loss, gradients)
                })
            }
            (Subject::Block(kind), Mode::Inference) => {
                let input = block_input(image, batch, on);
                Self::inference(kind.init(on), move |block| {
                    block.forward(input.clone());
                })
            }
            (Subject::Block(kind), Mode::Training) => {
                let device = on.clone().autodiff();
                let input = block_input(image, batch, &device);
                Self::training(kind.init(&device), move |block| {
                    let loss = block.loss(input.clone());
                    let gradients = GradientsParams::from_grads(loss.backward(), block);
                    (loss, gradients)
                })
            }
        })
    }

    /// A forward pass.
    pub fn inference<M: Module + 'static>(module: M, forward: impl Fn(&M) + 'static) -> Self {
        Self {
            parameters: parameter_count(&module),
            once: Box::new(move || {
                forward(&module);
                Ok(())
            }),
        }
    }

    /// A step of SGD with momentum on the loss and the gradients that `step` gives.
    pub fn training<M: Module + 'static>(
        module: M,
        step: impl Fn(&M) -> (Tensor<1>, GradientsParams) + 'static,
    ) -> Self {
        let momentum = MomentumConfig::new().with_dampening(0.0);
        let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
        let parameters = parameter_count(&module);
        let mut module = Some(module);
        Self {
            parameters,
            once: Box::new(move || {
                let learning = module.take().context("a step before has failed")?;
                let (loss, gradients) = step(&learning);
                module = Some(optimizer.step(0.01, learning, gradients));
                loss.into_scalar::<f32>();
                Ok(())
            }),
        }
    }

    /// Does it once. On a graphics card it may still be under way afterwards.
    pub fn once(&mut self) -> Result<()> {
        (self.once)()
    }
}

/// A model for images of this size, and what is computed again in it.
fn model(
    entry: &Variant,
    image: ImageSpec,
    recompute: bool,
    weights: Option<&Path>,
    device: &Device,
) -> Result<(Model, Option<Seam>)> {
    let config = configure(entry.name(), &Map::new(), image, entry.outputs())?;
    let mut model = init(&config, device);
    if let Some(file) = weights {
        let weights = Weights::read(file)?;
        let filled = apply(model, &config, &weights, &Options::default());
        (model, _) = filled.with_context(|| format!("--weights {}", file.display()))?;
    }
    let seam = Recompute::All(recompute).seam(&model, &config)?;
    Ok((model, seam))
}

fn labelled(entry: &Variant, image: ImageSpec, batch: usize, device: &Device) -> Batch {
    let targets = match entry.task() {
        Task::Classification => [batch, 1, 1],
        _ => [batch, image.height, image.width],
    };
    Batch::new(
        images(image, batch, device),
        Targets::Classes(Tensor::<3, Int>::zeros(targets, device)),
    )
}

fn images(image: ImageSpec, batch: usize, device: &Device) -> Tensor<4> {
    let [channels, height, width] = image.dims();
    noise([batch, channels, height, width], device)
}

fn block_input(image: ImageSpec, batch: usize, device: &Device) -> BlockInput {
    let [channels, height, width] = image.dims();
    let below = [batch, 2 * channels, height.div_ceil(2), width.div_ceil(2)];
    BlockInput {
        x: images(image, batch, device),
        below: noise(below, device),
    }
}

fn noise(shape: impl Into<Shape>, device: &Device) -> Tensor<4> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), device)
}

/// How large a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// Values that it learns.
    pub parameters: usize,
    /// Multiply-adds of a forward pass of one image.
    pub macs: u64,
}

impl Size {
    /// The registry's, or for what the registry does not have, counted in a forward pass.
    ///
    /// # Errors
    /// If the device fails.
    pub fn of(case: &Case) -> Result<Self> {
        let known = match case.subject {
            Subject::Model(entry) if entry.input() == case.image => entry.size(),
            _ => None,
        };
        if let Some(models::Size { parameters, macs }) = known {
            return Ok(Self { parameters, macs });
        }
        let backend = compiled_backends()
            .into_iter()
            .next()
            .context("no backend is compiled in; add --features flex")?;
        run_on(backend, Count(case))
    }
}

/// Counts what a forward pass of one image applies.
struct Count<'a>(&'a Case);

impl BackendTask for Count<'_> {
    type Output = Size;

    fn run<B: ComputeBackend>(self) -> Result<Size> {
        let device = B::device(DeviceChoice::Default)?;
        let Case { subject, image, .. } = *self.0;
        let mut work = Work::new(subject, image, 1, Mode::Inference, false, None, &device)?;
        let mut outcome = Ok(());
        let macs = count_macs(|| outcome = work.once());
        outcome?;
        Ok(Size {
            parameters: work.parameters,
            macs,
        })
    }
}

/// The model or block of this name.
///
/// # Errors
/// If there is none.
pub(crate) fn subject(name: &str) -> Result<Subject> {
    match BlockKind::find(name) {
        Some(kind) => Ok(Subject::Block(kind)),
        None => Ok(Subject::Model(find(name)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_of_another_size_is_counted() {
        let entry = find("resnet8").expect("a model");
        let known = entry.size().expect("in the table");
        let own = Size::of(&Case::model(entry, 1)).expect("a size");
        assert_eq!(own.macs, known.macs);
        let double = Size::of(&Case::model(entry, 1).with_size(64, 32)).expect("a size");
        // The classifier behind the pooling does not grow.
        let classifier = 64 * 10;
        assert_eq!(double.macs, 2 * (known.macs - classifier) + classifier);
        assert_eq!(double.parameters, known.parameters);
    }

    #[test]
    fn every_block_runs_in_both_modes() {
        let device = Device::flex();
        let image = ImageSpec {
            height: 5,
            width: 4,
            ..BlockKind::IMAGE
        };
        for kind in BlockKind::ALL {
            for mode in Mode::ALL {
                let work = Work::new(Subject::Block(kind), image, 1, mode, false, None, &device);
                let mut work = work.expect("a block");
                assert!(work.parameters > 0);
                work.once().expect("it runs");
            }
        }
    }
}
