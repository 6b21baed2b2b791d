//! An average of the weights over the steps of a run.

use std::collections::HashSet;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use models::Model;
use skip_blocks::{Parameter, parameters};

/// The exponential moving average of all parameters and running statistics,
/// `a <- d a + (1 - d) w` after each step, which often answers better than the last weights do.
///
/// From "Acceleration of Stochastic Approximation by Averaging" (Polyak and Juditsky 1992), in the
/// exponential form of "Mean teachers are better role models" (Tarvainen and Valpola 2017,
/// <https://arxiv.org/abs/1703.01780>), with its rise of `d` at the start: at step `n`, from 1, it is
/// at most `n / (n + 9)`. The running statistics are averaged too, as the weights that they belong
/// to are.
#[derive(Clone)]
pub(crate) struct Average {
    /// Without derivatives.
    pub model: Model,
}

impl Average {
    /// Starts as the model is.
    pub fn of(model: &Model) -> Self {
        // Running statistics are copied, not shared.
        Self {
            model: model.valid(),
        }
    }

    /// Moves towards the model after a step, the `step`th.
    pub fn follow(&mut self, model: &Model, decay: f64, step: usize) {
        let decay = decay.min(step as f64 / (step + 9) as f64);
        let mut towards = Towards {
            values: values(&model.valid()),
            decay,
        };
        self.model = self.model.clone().map(&mut towards);
    }
}

/// All float tensors of a model, by the ids of its parameters.
pub(crate) fn values(model: &Model) -> GradientsParams {
    let mut collected = Collected(GradientsParams::new());
    model.visit(&mut collected);
    collected.0
}

/// A model with the running statistics of these values; its parameters stay.
pub(crate) fn restore_statistics(model: Model, values: GradientsParams) -> Model {
    let statistics = parameters(&model).into_iter();
    let ids = statistics.filter(Parameter::is_statistic).map(|own| own.id);
    let mut restored = Restored {
        values,
        ids: ids.collect(),
    };
    model.map(&mut restored)
}

struct Restored {
    values: GradientsParams,
    ids: HashSet<ParamId>,
}

impl ModuleMapper for Restored {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.values.remove::<D>(param.id) {
            Some(value) if self.ids.contains(&param.id) => {
                param.map(|own| match own.is_autodiff() {
                    true => Tensor::from_inner(value),
                    false => value,
                })
            }
            _ => param,
        }
    }
}

struct Collected(GradientsParams);

impl ModuleVisitor for Collected {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.register(param.id, param.val());
    }
}

struct Towards {
    values: GradientsParams,
    decay: f64,
}

impl ModuleMapper for Towards {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.values.remove::<D>(param.id) {
            // In this form what does not change stays to the bit.
            Some(value) => {
                param.map(|average| average.clone() + (value - average) * (1.0 - self.decay))
            }
            None => param,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use models::create;

    fn largest(model: &Model) -> f32 {
        struct Largest(f32);
        impl ModuleVisitor for Largest {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0 = self.0.max(param.val().abs().max().into_scalar());
            }
        }
        let mut largest = Largest(0.0);
        model.visit(&mut largest);
        largest.0
    }

    struct All(f32);

    impl ModuleMapper for All {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            param.map(|value| value.zeros_like() + self.0)
        }
    }

    #[test]
    fn every_value_moves_towards_the_model_and_the_model_stays() {
        let config = create("resnet8").expect("a model");
        let model = config.init(&Device::flex().autodiff());
        let count = parameters(&model).len();
        let zero = model.map(&mut All(0.0));
        let mut average = Average::of(&zero);
        let one = zero.map(&mut All(1.0));
        // The first steps average evenly: 1 / 10 stays of the first.
        average.follow(&one, 0.75, 1);
        assert!((largest(&average.model) - 0.9).abs() < 1e-6);
        average.follow(&one, 0.75, 1000);
        assert!((largest(&average.model) - 0.925).abs() < 1e-6);
        assert_eq!(largest(&one.valid()), 1.0);
        assert_eq!(parameters(&average.model).len(), count);
    }
}
