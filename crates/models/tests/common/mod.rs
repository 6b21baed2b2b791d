//! Images for all tests.
#![allow(dead_code)] // No test uses all of it.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Distribution, Gradients, Tensor, TensorData};
use models::{ImageSpec, Model, ModelConfig, Variant};
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The smallest image that shows everything: the batteries are about wiring, not about size.
pub fn small(variant: &Variant) -> ImageSpec {
    let input = variant.input();
    let size = match variant.name() {
        // Valid convolutions eat the border.
        "unet" => 188,
        _ => input.height.min(32),
    };
    ImageSpec::new(input.channels, size, size)
}

pub fn images(image: ImageSpec, batch: usize, device: &Device) -> Tensor<4> {
    let [channels, height, width] = image.dims();
    noise([batch, channels, height, width], device)
}

/// The same values whatever other tests draw: Burn's own generator serves the whole process.
pub fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(3));
    Tensor::from_data(data, device)
}

/// The names of the parameters that a loss does not reach.
pub fn without_gradient(model: &Model, config: &ModelConfig, gradients: &Gradients) -> Vec<String> {
    let mut reached = Reached {
        gradients,
        missed: vec![],
    };
    model.visit(&mut reached);
    let keys = model.keys(config).into_iter();
    let keys = keys.filter(|key| !key.name.contains("running_"));
    keys.filter(|key| reached.missed.contains(&key.id))
        .map(|key| key.name)
        .collect()
}

struct Reached<'a> {
    gradients: &'a Gradients,
    missed: Vec<ParamId>,
}

impl ModuleVisitor for Reached<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.val().grad(self.gradients).is_none() {
            self.missed.push(param.id);
        }
    }
}

pub fn largest_difference<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
    (a - b).abs().max().into_scalar()
}
