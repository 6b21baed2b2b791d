//! The networks against PyTorch: the same losses over steps of training, and the same logits
//! after them. `pytorch/make.py` wrote the reference, and has its own half of what is done here.

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::GradientsParams;
use burn::optim::SgdConfig;
use burn::optim::momentum::MomentumConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use models::{
    BlockKind, DenseNetConfig, EncoderConfig, Model, ModelConfig, ResNetConfig, UNetDecoderConfig,
    UNetStagesConfig,
};
use serde::Deserialize;
use skip_blocks::layers::by_pixel;

const CLASSES: usize = 5;

#[derive(Deserialize)]
struct References {
    basic: Reference,
    bottleneck: Reference,
    dense: Reference,
    unet: Reference,
}

#[derive(Deserialize)]
struct Reference {
    losses: Vec<f32>,
    logits: Vec<f32>,
}

fn references() -> References {
    serde_json::from_str(include_str!("pytorch/reference.json")).expect("made by make.py")
}

/// Uniform from `-scale` to `scale`: the upper 24 of 32 bits of a product with the index.
fn noise(count: usize, seed: u64, scale: f64) -> Vec<f32> {
    let value = |index: u64| {
        let bits = (index * 2_654_435_761 % (1 << 32)) / 256;
        let bits = (bits * bits + index * 40503) % (1 << 24);
        (scale * (bits as f64 / f64::from(1 << 23) - 1.0)) as f32
    };
    let first = 1 + 7919 * seed;
    (first..first + count as u64).map(value).collect()
}

/// Sets the parameters in the order in which they stand.
#[derive(Default)]
struct Fill {
    path: Vec<String>,
    position: u64,
}

impl ModuleMapper for Fill {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.last().cloned().unwrap_or_default();
        if name.starts_with("running") {
            return param;
        }
        let seed = self.position;
        self.position += 1;
        param.map(|tensor| {
            let dims = tensor.dims();
            let count = dims.iter().product::<usize>();
            let filled = |dims: [usize; D], values: Vec<f32>| {
                let data = TensorData::new(values, dims);
                Tensor::from_data(data, &tensor.device())
            };
            let value = match D {
                1 => {
                    let one = if name == "gamma" { 1.0 } else { 0.0 };
                    filled(dims, noise(count, seed, 0.1)) + one
                }
                // PyTorch's linear layer has its outputs first.
                2 => {
                    let mut turned = dims;
                    turned.swap(0, 1);
                    let scale = (6.0 / dims[0] as f64).sqrt();
                    filled(turned, noise(count, seed, scale)).swap_dims(0, 1)
                }
                _ => {
                    let scale = (6.0 / (count / dims[0]) as f64).sqrt();
                    filled(dims, noise(count, seed, scale))
                }
            };
            value.detach().require_grad()
        })
    }
}

/// Trains as PyTorch did, and compares.
fn compare(config: ModelConfig, image: [usize; 4], reference: Reference) {
    let device = Device::flex().autodiff();
    let mut model = config.init(&device).map(&mut Fill::default());
    let pixels = noise(image.iter().product(), 99, 1.0);
    let x = Tensor::<4>::from_data(TensorData::new(pixels, image), &device);
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
    for (step, expected) in reference.losses.iter().enumerate() {
        let logits = by_pixel(answer(&model, x.clone()));
        let count = logits.dims()[0] as i64;
        let targets = Tensor::<1, Int>::arange(0..count, &device) % CLASSES as i64;
        let loss = CrossEntropyLossConfig::new()
            .init(&device)
            .forward(logits, targets);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        close(loss.into_scalar(), *expected, 1e-3, &format!("loss {step}"));
        model = optimizer.step(0.02, model, gradients);
    }
    let found = values(answer(&model.valid(), x.inner()));
    let scale = reference
        .logits
        .iter()
        .fold(0.0, |a: f32, b| a.max(b.abs()));
    for (index, expected) in reference.logits.iter().enumerate() {
        close(
            found[index] / scale,
            expected / scale,
            3e-3,
            &format!("logit {index}"),
        );
    }
}

fn answer(model: &Model, x: Tensor<4>) -> Tensor<4> {
    model.forward(x).remove(0)
}

fn close(found: f32, expected: f32, tolerance: f32, what: &str) {
    assert!(
        (found - expected).abs() < tolerance,
        "{what}: {found}, PyTorch has {expected}"
    );
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("f32")
}

fn compare_classifier(encoder: impl Into<EncoderConfig>, reference: Reference) {
    let config = ModelConfig::classifier(encoder, CLASSES);
    compare(config, [2, 3, 64, 64], reference);
}

#[test]
fn a_resnet_of_basic_blocks_trains_as_in_pytorch() {
    let config = ResNetConfig::new(BlockKind::Basic, vec![1, 1, 1, 1]);
    compare_classifier(config, references().basic);
}

#[test]
fn a_resnet_of_grouped_bottlenecks_trains_as_in_pytorch() {
    let config = ResNetConfig::new(BlockKind::Bottleneck, vec![1, 1, 1, 1])
        .with_groups(4)
        .with_width_per_group(16);
    compare_classifier(config, references().bottleneck);
}

#[test]
fn a_densenet_trains_as_in_pytorch() {
    let config = DenseNetConfig::new(vec![2, 3], 8, 16);
    compare_classifier(config, references().dense);
}

#[test]
fn a_unet_trains_as_in_pytorch() {
    let down = UNetStagesConfig::new(4).with_depth(2);
    let config = ModelConfig::segmenter(down, UNetDecoderConfig::new(), CLASSES);
    compare(config, [2, 1, 16, 24], references().unet);
}
