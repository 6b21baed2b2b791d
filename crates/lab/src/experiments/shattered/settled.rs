//! A network whose normalisations divide by the statistics of some images, and keep to them.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::nn::BatchNormConfig;
use burn::tensor::Tensor;
use models::Model;
use skip_blocks::parameters;

/// What running statistics are before the first batch, by the ends of their paths.
const AT_START: [(&str, f64); 2] = [("running_mean", 0.0), ("running_var", 1.0)];

/// A copy of a network that has not learned yet, with the statistics of these images in all its batch
/// normalisations. It stays with them, whatever it is given, and only its input has a gradient.
///
/// A batch moves what a normalisation keeps by the momentum `m`, from `r` to `(1 - m) r + m s`: this
/// is solved for `s`.
pub(super) fn settled(model: &Model, images: Tensor<4>) -> Model {
    // Running statistics of its own, and nothing is kept for a way back.
    let moved = model.valid().train().no_grad();
    moved.forward(images);
    // What is moved is seen by who asks for it: a copy for evaluation does.
    let moved = moved.valid();
    let mut settle = Settle {
        starts: starts(&moved),
        momentum: BatchNormConfig::new(1).momentum,
    };
    moved.map(&mut settle).train().freeze()
}

fn starts(model: &Model) -> HashMap<ParamId, f64> {
    let start = |path: &str| {
        let mut all = AT_START.iter();
        let found = all.find(|(name, _)| path.rsplit('.').next() == Some(*name));
        found.map(|(_, start)| *start)
    };
    let all = parameters(model).into_iter();
    all.filter_map(|own| Some((own.id, start(&own.path)?)))
        .collect()
}

struct Settle {
    /// What each running statistic was before.
    starts: HashMap<ParamId, f64>,
    momentum: f64,
}

impl ModuleMapper for Settle {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(start) = self.starts.get(&param.id) else {
            return param;
        };
        let kept = (1.0 - self.momentum) * start;
        param.map(|moved| (moved - kept) / self.momentum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Distribution};
    use models::{ImageSpec, create};
    use train::network::init;

    fn model() -> (Model, Tensor<4>) {
        let device = Device::flex();
        device.seed(1);
        let device = device.autodiff();
        let config = create("resnet8").expect("a model");
        let config = config.with_image(ImageSpec::new(1, 16, 16));
        let noise = Distribution::Normal(0.5, 2.0);
        let images = Tensor::random([32, 1, 16, 16], noise, &device);
        (init(&config, &device), images)
    }

    fn greatest(values: Tensor<4>) -> f32 {
        values.abs().max().into_scalar::<f32>()
    }

    #[test]
    fn it_says_of_its_images_what_training_would() {
        let (model, images) = model();
        let settled = settled(&model, images.clone());
        let expected = model.forward(images.clone()).swap_remove(0);
        let found = settled.forward(images).swap_remove(0);
        // Variances that are kept are over one less.
        let difference = greatest(found - expected.clone());
        assert!(difference < 0.02 * greatest(expected), "{difference}");
    }

    #[test]
    fn what_it_says_of_an_image_does_not_follow_from_others() {
        let (model, images) = model();
        let settled = settled(&model, images.clone());
        let alone = settled
            .forward(images.clone().narrow(0, 0, 1))
            .swap_remove(0);
        let among = settled.forward(images).swap_remove(0).narrow(0, 0, 1);
        let difference = greatest(alone - among.clone());
        assert!(difference < 1e-4 * greatest(among), "{difference}");
    }
}
