//! Gradients of all parameters together.

use anyhow::Result;
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use models::Model;

/// The gradients of several batches, and how many there are.
pub(crate) struct Sum {
    sum: GradientsAccumulator<Model>,
    batches: usize,
}

impl Sum {
    pub fn new() -> Self {
        Self {
            sum: GradientsAccumulator::new(),
            batches: 0,
        }
    }

    pub fn add(&mut self, model: &Model, gradients: GradientsParams) {
        self.sum.accumulate(model, gradients);
        self.batches += 1;
    }

    /// Their mean; none before the first batch.
    pub fn mean(mut self, model: &Model) -> Option<GradientsParams> {
        let sum = self.sum.grads();
        match self.batches {
            0 => None,
            1 => Some(sum),
            batches => Some(scaled(sum, model, 1.0 / batches as f64)),
        }
    }
}

/// Shortened to `longest` where the norm over all parameters is above it, `g min(1, c / |g|)`, as in
/// "On the difficulty of training recurrent neural networks" (Pascanu et al. 2012,
/// <https://arxiv.org/abs/1211.5063>) and PyTorch's `clip_grad_norm_`.
pub(crate) fn clipped(gradients: GradientsParams, model: &Model, longest: f64) -> GradientsParams {
    let Some(sum) = total(&gradients, model, Of::Squares) else {
        return gradients;
    };
    let norm = sum.try_into_scalar::<f64>().map_or(f64::NAN, f64::sqrt);
    // A norm that is not a number is the loss's affair.
    match norm > longest {
        true => scaled(gradients, model, longest / (norm + 1e-6)),
        false => gradients,
    }
}

/// Whether every value of them is a number, and finite.
///
/// # Errors
/// If the device fails.
pub(crate) fn are_numbers(gradients: &GradientsParams, model: &Model) -> Result<bool> {
    Ok(match total(gradients, model, Of::Zeros) {
        None => true,
        Some(sum) => sum.try_into_scalar::<f32>()? == 0.0,
    })
}

/// What is added up of every value.
#[derive(Clone, Copy)]
enum Of {
    /// Its square.
    Squares,
    /// It times 0, which is 0 for numbers alone.
    Zeros,
}

/// The sum over the gradients of all parameters; none where there are none.
fn total(gradients: &GradientsParams, model: &Model, of: Of) -> Option<Tensor<1>> {
    let mut total = Total {
        gradients,
        of,
        sum: None,
    };
    model.visit(&mut total);
    total.sum
}

struct Total<'a> {
    gradients: &'a GradientsParams,
    of: Of,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Total<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let own = match self.of {
                Of::Squares => gradient.square(),
                Of::Zeros => gradient * 0.0,
            };
            let own = own.sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + own,
                None => own,
            });
        }
    }
}

fn scaled(gradients: GradientsParams, model: &Model, factor: f64) -> GradientsParams {
    let mut scaling = Scaling { gradients, factor };
    model.visit(&mut scaling);
    scaling.gradients
}

struct Scaling {
    gradients: GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scaling {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use models::create;

    fn model() -> Model {
        let config = create("resnet8").expect("a model");
        config.init(&Device::flex().autodiff())
    }

    fn gradients(model: &Model, factor: f32) -> GradientsParams {
        let device = Device::flex().autodiff();
        let x = Tensor::<4>::ones([1, 3, 32, 32], &device);
        let loss = model.forward(x).swap_remove(0).sum() * factor;
        GradientsParams::from_grads(loss.backward(), model)
    }

    fn norm(model: &Model, gradients: &GradientsParams) -> f64 {
        let sum = total(gradients, model, Of::Squares).expect("gradients");
        sum.try_into_scalar::<f64>().expect("a number").sqrt()
    }

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_stays() {
        let model = model();
        let own = norm(&model, &gradients(&model, 1.0));
        let shortened = clipped(gradients(&model, 1.0), &model, own / 4.0);
        assert!((norm(&model, &shortened) / own - 0.25).abs() < 1e-4);
        let stays = clipped(gradients(&model, 1.0), &model, 2.0 * own);
        assert!((norm(&model, &stays) / own - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_gradient_that_is_no_number_is_found() {
        let model = model();
        let numbers = |factor| are_numbers(&gradients(&model, factor), &model).expect("reads");
        assert!(numbers(1.0) && numbers(1e30));
        assert!(!numbers(f32::NAN) && !numbers(f32::INFINITY));
    }

    #[test]
    fn several_batches_are_averaged() {
        let model = model();
        let own = norm(&model, &gradients(&model, 1.0));
        let mut sum = Sum::new();
        sum.add(&model, gradients(&model, 1.0));
        sum.add(&model, gradients(&model, 3.0));
        let mean = sum.mean(&model).expect("two batches");
        assert!((norm(&model, &mean) / own - 2.0).abs() < 1e-4);
        assert!(Sum::new().mean(&model).is_none());
    }
}
