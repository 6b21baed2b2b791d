//! The kernels against Burn's own operations: the same results and the same derivatives.

use std::slice::from_ref;

use burn::module::{Module, ModuleMapper, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{BatchNorm, BatchNormConfig, GroupNormConfig, InstanceNormConfig, LayerNormConfig};
use burn::tensor::activation::{leaky_relu, relu, sigmoid};
use burn::tensor::module::{avg_pool2d, conv2d, interpolate as burn_interpolate, max_pool2d};
use burn::tensor::ops::{
    AvgPoolOptions, ConvOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions, PadMode,
};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData, Tolerance, s};
use rand::SeedableRng;
use rand::rngs::StdRng;
use skip_blocks::layers::{
    Act, CrossEntropy, End, GlobalResponseNorm, IGNORED, InstanceNorm2d, LayerNorm2d, Norm, PRelu,
    Resize, conv1x1,
};
use skip_blocks::seam::{Seam, part};
use skip_blocks::{DenseBlock, DenseBlockConfig, LayerScale, StochasticDepth, layers};

fn device() -> Device {
    Device::flex().autodiff()
}

/// The random values of one test. Burn's generator is no use here: there is one for the whole
/// process, and the tests on other threads draw from it too.
struct Random(StdRng);

impl Random {
    fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    fn values<const D: usize>(&mut self, dims: [usize; D], deviation: f64) -> Tensor<D> {
        let normal = Distribution::Normal(0.0, deviation);
        let data = TensorData::random::<f32, _, _>(dims, normal, &mut self.0);
        Tensor::from_data(data, &device())
    }

    /// Values whose derivative is wanted.
    fn normal<const D: usize>(&mut self, dims: [usize; D]) -> Tensor<D> {
        self.values(dims, 1.0).require_grad()
    }

    /// A module whose parameters are drawn from this generator.
    fn redraw<M: Module>(&mut self, module: M) -> M {
        module.map(self)
    }

    fn norm(&mut self, channels: usize) -> BatchNorm {
        self.redraw(BatchNormConfig::new(channels).init(&device()))
    }
}

impl ModuleMapper for Random {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let is_statistic = !param.val().is_require_grad();
        if is_statistic {
            return param;
        }
        let dims = param.dims();
        let inputs: usize = dims[1..].iter().product();
        let values = self.values(dims, 1.0 / (inputs as f64).sqrt());
        param.map(|_| values.require_grad())
    }
}

/// `f` and `g` give the same, and the same derivatives of `inputs`.
fn same<const D: usize>(
    inputs: &[Tensor<4>],
    parameters: &[&Param<Tensor<1>>],
    f: impl Fn() -> Tensor<D>,
    g: impl Fn() -> Tensor<D>,
) {
    let (fast, plain) = (f(), g());
    close(&fast, &plain, "result");
    let weights = Random::new(0).values(fast.dims(), 1.0);
    let fast = (fast * weights.clone()).sum().backward();
    let plain = (plain * weights).sum().backward();
    for (index, input) in inputs.iter().enumerate() {
        let of = |gradients| input.grad(gradients).expect("reached");
        close(&of(&fast), &of(&plain), &format!("gradient {index}"));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        let of = |gradients| parameter.val().grad(gradients).expect("reached");
        close(&of(&fast), &of(&plain), &format!("parameter {index}"));
    }
}

fn close<const D: usize>(a: &Tensor<D>, b: &Tensor<D>, what: &str) {
    assert_eq!(a.dims(), b.dims(), "{what}");
    let tolerance = Tolerance::<f32>::rel_abs(2e-4, 2e-3);
    a.to_data().assert_approx_eq(&b.to_data(), tolerance);
}

/// Convolutions of all kinds, each with a size of image that is odd somewhere.
fn convolutions(random: &mut Random) -> Vec<(Conv2d, [usize; 4])> {
    let config = |channels, kernel: usize, stride: usize, padding: usize| {
        Conv2dConfig::new(channels, [kernel; 2])
            .with_stride([stride; 2])
            .with_padding(PaddingConfig2d::Explicit(
                padding, padding, padding, padding,
            ))
            .with_bias(false)
    };
    let uneven = PaddingConfig2d::Explicit(0, 1, 2, 1);
    let device = device();
    [
        (config([5, 7], 3, 1, 1), [2, 5, 9, 6]),
        (config([16, 24], 1, 1, 0), [3, 16, 5, 5]),
        (config([16, 32], 1, 2, 0), [2, 16, 7, 8]),
        (config([8, 8], 3, 2, 1), [1, 8, 7, 10]),
        (config([3, 12], 7, 2, 3), [2, 3, 17, 16]),
        (config([6, 6], 3, 1, 1).with_groups(6), [2, 6, 5, 4]),
        (config([8, 12], 3, 1, 1).with_groups(4), [2, 8, 6, 5]),
        (config([4, 4], 3, 1, 2).with_dilation([2, 2]), [1, 4, 8, 9]),
        (config([4, 6], 3, 1, 0), [2, 4, 3, 3]),
        (config([4, 6], 3, 1, 0).with_padding(uneven), [2, 4, 6, 5]),
        (config([1, 1], 1, 1, 0), [1, 1, 1, 1]),
    ]
    .into_iter()
    .map(|(config, dims)| (random.redraw(config.init(&device)), dims))
    .collect()
}

/// A batch normalisation as one of any kind. Its running statistics stay shared.
fn any(norm: &BatchNorm) -> Norm {
    Norm::Batch(norm.clone())
}

#[test]
fn convolutions_are_those_of_burn() {
    let mut random = Random::new(1);
    for (layer, dims) in convolutions(&mut random) {
        let x = random.normal(dims);
        let inputs = [x.clone(), layer.weight.val()];
        same(
            &inputs,
            &[],
            || layers::conv(x.clone(), &layer, Act::None),
            || layer.forward(x.clone()),
        );
    }
}

#[test]
fn a_bias_a_shortcut_and_a_relu_are_applied() {
    let mut random = Random::new(2);
    let layer = random.redraw(Conv2dConfig::new([3, 5], [3, 3]).init(&device()));
    let (x, shortcut) = (random.normal([2, 3, 6, 7]), random.normal([2, 5, 4, 5]));
    let bias = layer.bias.as_ref().expect("with bias");
    same(
        &[x.clone(), layer.weight.val()],
        &[bias],
        || layers::conv(x.clone(), &layer, Act::Relu),
        || relu(layer.forward(x.clone())),
    );
    same(
        &[x.clone(), layer.weight.val(), shortcut.clone()],
        &[bias],
        || {
            layers::conv(
                x.clone(),
                &layer,
                End::add(Some(shortcut.clone()), Act::None),
            )
        },
        || layer.forward(x.clone()) + shortcut.clone(),
    );
}

/// A result is written over the map that is added only where nobody else has it.
#[test]
fn a_map_that_somebody_keeps_stays_as_it_is() {
    let mut random = Random::new(12);
    let layer = random.redraw(conv1x1(6, 6).init(&device()));
    let x = random.values([2, 6, 5, 4], 1.0);
    let added = |map| layers::conv(x.clone(), &layer, End::add(Some(map), Act::Relu)).into_data();
    // As a kernel leaves it, with its channels side by side.
    let map = layers::conv(x.clone(), &layer, Act::None);
    let before = map.to_data();
    let expected = added(map.clone());
    assert_eq!(map.to_data(), before);
    assert_eq!(added(map), expected);
}

#[test]
fn normalised_convolutions_are_those_of_burn() {
    let mut random = Random::new(3);
    for (layer, dims) in convolutions(&mut random) {
        let x = random.normal(dims);
        let y = layer.forward(x.clone());
        if y.dims()[0] * y.dims()[2] * y.dims()[3] == 1 {
            continue; // A single value has no deviation.
        }
        let norm = random.norm(y.dims()[1]);
        let shortcut = random.normal(y.dims());
        let inputs = [x.clone(), layer.weight.val(), shortcut.clone()];
        let parameters = [&norm.gamma, &norm.beta];
        let plain = || norm.forward(layer.forward(x.clone()));
        same(
            &inputs[..2],
            &parameters,
            || layers::conv_norm(x.clone(), &layer, &any(&norm), Act::None),
            plain,
        );
        same(
            &inputs[..2],
            &parameters,
            || layers::conv_norm(x.clone(), &layer, &any(&norm), Act::Relu),
            || relu(plain()),
        );
        same(
            &inputs,
            &parameters,
            || {
                layers::conv_norm(
                    x.clone(),
                    &layer,
                    &any(&norm),
                    End::add(Some(shortcut.clone()), Act::Relu),
                )
            },
            || relu(plain() + shortcut.clone()),
        );
    }
}

#[test]
fn evaluation_uses_the_running_statistics() {
    let mut random = Random::new(4);
    let layer = random.redraw(layers::conv3x3(3, 9).init(&device()));
    let norm = random.norm(9);
    for _ in 0..3 {
        layers::conv_norm(random.normal([4, 3, 8, 8]), &layer, &any(&norm), Act::None);
    }
    let (layer, norm) = (layer.valid(), norm.valid());
    let x = random.normal([2, 3, 7, 5]).inner();
    let plain = norm.forward(layer.forward(x.clone()));
    // Twice: the second time the filter is there already.
    for _ in 0..2 {
        close(
            &layers::conv_norm(x.clone(), &layer, &any(&norm), Act::None),
            &plain,
            "conv_bn",
        );
    }
}

#[test]
fn running_variance_is_unbiased() {
    let norm = BatchNormConfig::new(1).with_momentum(1.0).init(&device());
    let x = Tensor::<4>::from_data([[[[1.0, 2.0, 3.0, 6.0]]]], &device());
    layers::norm(x, &any(&norm), Act::None);
    // The mean is 3; the squares 4 + 1 + 0 + 9 are divided by 4 - 1.
    let expected = 14.0_f32 / 3.0;
    let variance: f32 = norm.running_var.value_sync().into_scalar();
    assert!((variance - expected).abs() < 1e-5, "{variance}");
}

#[test]
fn normalisation_alone_is_that_of_burn() {
    let mut random = Random::new(5);
    let (x, norm) = (random.normal([3, 10, 5, 4]), random.norm(10));
    let parameters = [&norm.gamma, &norm.beta];
    same(
        from_ref(&x),
        &parameters,
        || layers::norm(x.clone(), &any(&norm), Act::None),
        || norm.forward(x.clone()),
    );
    same(
        from_ref(&x),
        &parameters,
        || layers::norm(x.clone(), &any(&norm), Act::Relu),
        || relu(norm.forward(x.clone())),
    );
}

#[test]
fn transposed_convolutions_are_those_of_burn() {
    let mut random = Random::new(6);
    let configs = [
        ConvTranspose2dConfig::new([6, 4], [2, 2]).with_stride([2, 2]),
        ConvTranspose2dConfig::new([6, 4], [3, 3])
            .with_stride([2, 2])
            .with_padding([1, 1])
            .with_padding_out([1, 1]),
        ConvTranspose2dConfig::new([6, 8], [3, 3]).with_groups(2),
    ];
    for config in configs {
        let layer = random.redraw(config.init(&device()));
        let x = random.normal([2, 6, 5, 3]);
        same(
            &[x.clone(), layer.weight.val()],
            &[layer.bias.as_ref().expect("with bias")],
            || layers::conv_transpose(x.clone(), &layer),
            || layer.forward(x.clone()),
        );
    }
}

#[test]
fn joins_are_those_of_burn() {
    let mut random = Random::new(7);
    let (x, y) = (random.normal([2, 5, 3, 4]), random.normal([2, 5, 3, 4]));
    let wide = random.normal([2, 9, 3, 4]);
    let inputs = [x.clone(), y.clone()];
    same(
        &inputs,
        &[],
        || layers::add(x.clone(), y.clone(), Act::None),
        || x.clone() + y.clone(),
    );
    same(
        &inputs,
        &[],
        || layers::add(x.clone(), y.clone(), Act::Relu),
        || relu(x.clone() + y.clone()),
    );
    same(
        &[x.clone(), wide.clone()],
        &[],
        || layers::concat(vec![x.clone(), wide.clone()]),
        || Tensor::cat(vec![x.clone(), wide.clone()], 1),
    );
    let z = random.normal([2, 5, 3, 4]);
    same(
        &[z.clone(), x.clone(), y.clone()],
        &[],
        || layers::gate(z.clone(), x.clone(), y.clone()),
        || {
            let t = sigmoid(z.clone());
            t.clone() * x.clone() + (-t + 1) * y.clone()
        },
    );
}

#[test]
fn cross_entropy_is_that_of_burn() {
    let mut random = Random::new(13);
    let logits = random.normal([2, 5, 3, 4]);
    let targets = Tensor::<1, Int>::arange(0..24, &device());
    let targets = (targets * 7 % 5).reshape([2, 3, 4]);
    for (class_weights, smoothing) in [
        (None, 0.0),
        (None, 0.1),
        (Some(vec![1.0, 2.0, 0.5, 0.25, 3.0]), 0.0),
    ] {
        let burn = || {
            CrossEntropyLossConfig::new()
                .with_weights(class_weights.clone())
                .with_smoothing((smoothing > 0.0).then_some(smoothing as f32))
                .init(&device())
                .forward(
                    layers::by_pixel(logits.clone()),
                    targets.clone().flatten(0, 2),
                )
        };
        let options = CrossEntropy {
            class_weights: class_weights.clone(),
            smoothing,
        };
        same(
            from_ref(&logits),
            &[],
            || layers::cross_entropy(logits.clone(), targets.clone(), &options),
            burn,
        );
    }
}

#[test]
fn ignored_pixels_do_not_count() {
    let mut random = Random::new(17);
    let logits = random.normal([1, 3, 1, 4]);
    let targets = |targets: [i64; 4]| Tensor::<3, Int>::from_data([[targets]], &device());
    let options = CrossEntropy {
        class_weights: Some(vec![1.0, 2.0, 0.5]),
        smoothing: 0.1,
    };
    same(
        from_ref(&logits),
        &[],
        || layers::cross_entropy(logits.clone(), targets([2, 1, IGNORED, IGNORED]), &options),
        || {
            let counted = logits.clone().slice([0..1, 0..3, 0..1, 0..2]);
            let targets = targets([2, 1, 0, 0]).slice([0..1, 0..1, 0..2]);
            layers::cross_entropy(counted, targets, &options)
        },
    );
    let nothing = layers::cross_entropy(logits, targets([IGNORED; 4]), &options);
    assert_eq!(nothing.into_scalar::<f32>(), 0.0);
}

#[test]
fn activations_are_those_of_burn() {
    let mut random = Random::new(18);
    let (x, y) = (random.normal([2, 5, 3, 4]), random.normal([2, 5, 3, 4]));
    let layer = random.redraw(layers::conv3x3(5, 5).init(&device()));
    let norm = random.norm(5);
    for act in [
        Act::None,
        Act::Relu,
        Act::LeakyRelu(0.1),
        Act::Gelu,
        Act::Silu,
        Act::Sigmoid,
    ] {
        let plain = |x: Tensor<4>| match act {
            Act::Relu => relu(x),
            Act::LeakyRelu(slope) => burn::tensor::activation::leaky_relu(x, slope),
            Act::Gelu => burn::tensor::activation::gelu(x),
            Act::Silu => burn::tensor::activation::silu(x),
            Act::Sigmoid => sigmoid(x),
            _ => x,
        };
        let inputs = [x.clone()];
        same(
            &inputs,
            &[],
            || layers::act(x.clone(), act),
            || plain(x.clone()),
        );
        same(
            &[x.clone(), y.clone()],
            &[],
            || layers::add(x.clone(), y.clone(), act),
            || plain(x.clone() + y.clone()),
        );
        same(
            &inputs,
            &[],
            || layers::conv(x.clone(), &layer, act),
            || plain(layer.forward(x.clone())),
        );
        same(
            &[x.clone(), y.clone()],
            &[&norm.gamma, &norm.beta],
            || {
                layers::conv_norm(
                    x.clone(),
                    &layer,
                    &any(&norm),
                    End::add(Some(y.clone()), act),
                )
            },
            || plain(norm.forward(layer.forward(x.clone())) + y.clone()),
        );
        same(
            &[x.clone(), y.clone()],
            &[&norm.gamma, &norm.beta],
            || layers::norm(x.clone(), &any(&norm), End::add(Some(y.clone()), act)),
            || plain(norm.forward(x.clone()) + y.clone()),
        );
    }
}

#[test]
fn branches_add_their_derivatives() {
    let mut random = Random::new(8);
    let x = random.normal([2, 5, 3, 4]);
    same(
        from_ref(&x),
        &[],
        || {
            let [a, b, c] = layers::split(x.clone());
            a.clone() * a + b * 3.0 + c
        },
        || x.clone() * x.clone() + x.clone() * 3.0 + x.clone(),
    );
    // A path that leads nowhere adds nothing.
    same(
        from_ref(&x),
        &[],
        || {
            let [_, b] = layers::split(x.clone());
            b * 2.0
        },
        || x.clone() * 2.0,
    );
}

#[test]
fn pooling_is_that_of_burn() {
    let mut random = Random::new(9);
    let x = random.normal([2, 5, 7, 6]);
    let input = [x.clone()];
    same(
        &input,
        &[],
        || layers::max_pool(x.clone(), 3, 2, 1),
        || {
            let options = MaxPoolOptions::new([3, 3])
                .with_stride([2, 2])
                .with_padding([1, 1]);
            max_pool2d(x.clone(), options)
        },
    );
    same(
        &input,
        &[],
        || layers::max_pool_ceil(x.clone()),
        || {
            let options = MaxPoolOptions::new([2, 2])
                .with_stride([2, 2])
                .with_ceil_mode(true);
            max_pool2d(x.clone(), options)
        },
    );
    same(
        &input,
        &[],
        || layers::avg_pool(x.clone(), 2),
        || avg_pool2d(x.clone(), AvgPoolOptions::new([2, 2]).with_stride([2, 2])),
    );
    same(
        &input,
        &[],
        || layers::global_avg_pool(x.clone()),
        || x.clone().mean_dim(3).mean_dim(2).reshape([2, 5]),
    );
}

#[test]
fn means_of_pairs_are_those_of_burn() {
    let mut random = Random::new(19);
    let x = random.normal([2, 5, 7, 6]);
    let input = [x.clone()];
    let options = || AvgPoolOptions::new([2, 2]);
    same(
        &input,
        &[],
        || layers::avg_pool_ceil(x.clone()),
        || {
            let options = options().with_ceil_mode(true).with_count_include_pad(false);
            avg_pool2d(x.clone(), options)
        },
    );
    same(
        &input,
        &[],
        || layers::avg_pool_same(x.clone()),
        || {
            let x = x.clone().pad([(0, 1), (0, 1)], PadMode::Constant(0.0));
            avg_pool2d(x, options().with_stride([1, 1]))
        },
    );
}

#[test]
fn blurring_is_a_depthwise_convolution_of_burn() {
    let mut random = Random::new(20);
    let x = random.normal([2, 5, 7, 6]);
    let binomial = Tensor::<1>::from_data([0.25, 0.5, 0.25], &device());
    let weight = binomial.clone().reshape([3, 1]) * binomial.reshape([1, 3]);
    let weight = weight.reshape([1, 1, 3, 3]).repeat_dim(0, 5);
    for stride in [1, 2, 3] {
        same(
            from_ref(&x),
            &[],
            || layers::blur_pool(x.clone(), stride),
            || {
                let x = x.clone().pad([(1, 1), (1, 1)], PadMode::Reflect);
                let options = ConvOptions::new([stride; 2], [0; 2], [1; 2], 5);
                conv2d(x, weight.clone(), None, options)
            },
        );
    }
}

#[test]
fn resampling_is_that_of_burn() {
    let mut random = Random::new(10);
    let x = random.normal([2, 3, 4, 5]);
    let input = [x.clone()];
    for (by, mode, corners) in [
        (Resize::Nearest, InterpolateMode::Nearest, false),
        (Resize::Bilinear, InterpolateMode::Bilinear, false),
        (Resize::BilinearCorners, InterpolateMode::Bilinear, true),
    ] {
        for size in [[8, 10], [7, 9], [1, 3]] {
            same(
                &input,
                &[],
                || layers::resize(x.clone(), size, by),
                || {
                    let options = InterpolateOptions::new(mode.clone())
                        .with_output_size(size)
                        .with_align_corners(corners);
                    burn_interpolate(x.clone(), options)
                },
            );
        }
    }
    same(
        &input,
        &[],
        || layers::subsample_pad(x.clone(), 2, [1, 2]),
        || {
            x.clone()
                .slice(s![.., .., ..;2, ..;2])
                .pad([(1, 2), (0, 0), (0, 0)], PadMode::Constant(0.0))
        },
    );
}

/// Two steps back through `forward`, and the running mean after them.
fn trained(block: &DenseBlock, x: &Tensor<4>, recomputed: &[&str]) -> (Vec<Tensor<4>>, Tensor<1>) {
    let named = |seam: Seam, pattern: &&str| seam.recompute(pattern).expect("a part");
    let seam = recomputed.iter().fold(Seam::of(block), named);
    let mut gradients = vec![];
    for _ in 0..2 {
        let (y, _) = seam.run(|| block.forward(x.clone()));
        let loss = (y.clone() * y).sum().backward();
        gradients.push(x.grad(&loss).expect("reached"));
        gradients.push(block.layers[1].conv2.weight.grad(&loss).expect("reached"));
    }
    let Norm::Batch(norm) = &block.layers[1].norm1 else {
        unreachable!("the default is a batch normalisation")
    };
    (gradients, norm.running_mean.value_sync())
}

#[test]
fn what_is_recomputed_has_the_same_derivatives() {
    let mut random = Random::new(11);
    let config = DenseBlockConfig::new(6, 3, 4).with_bottleneck(Some(2));
    let block = random.redraw(config.init(&device()));
    let x = random.normal([2, 6, 5, 4]);
    let record = block.clone().into_record();
    let (plain, mean) = trained(&block, &x, &[]);
    for recomputed in [&["*"][..], &["layers.1"], &["layers.0", "layers.2"]] {
        let again = config.init(&device()).load_record(record.clone());
        let (again, mean_again) = trained(&again, &x, recomputed);
        for (again, plain) in again.iter().zip(&plain) {
            close(again, plain, "gradient");
        }
        close(&mean_again, &mean, "running mean");
    }
}

#[derive(Module, Debug)]
struct Dropping {
    scale: LayerScale,
    drop: StochasticDepth,
}

#[derive(Module, Debug)]
struct Holder {
    part: Dropping,
}

#[test]
fn what_was_dropped_is_dropped_again() {
    let device = device();
    let holder = Holder {
        part: Dropping {
            scale: LayerScale::new(3, 1.0, &device),
            drop: StochasticDepth::new(0.5),
        },
    };
    let x = Random::new(16).normal([40, 3, 2, 2]);
    let seam = Seam::of(&holder).recompute("part").expect("a part");
    let forward = |part: &Dropping, [x]: [Tensor<4>; 1]| part.drop.forward(part.scale.forward(x));
    let (y, _) = seam.run(|| part(&holder.part, [x.clone()], forward));
    let gradients = y.clone().sum().backward();
    // Scales of 1: their derivatives are the sums of what came out.
    let expected = y.inner().sum_dim(0).sum_dim(2).sum_dim(3).reshape([3]);
    let found = holder.part.scale.gamma.grad(&gradients).expect("reached");
    close(&found, &expected, "gradient of the scales");
}

#[test]
fn frozen_statistics_are_used_and_stay() {
    let mut random = Random::new(12);
    let layer = random.redraw(layers::conv3x3(3, 4).init(&device()));
    let mut norm = random.norm(4).freeze();
    // Frozen parameters want no derivatives; the statistics alone are to be frozen.
    norm.gamma = Param::from_tensor(random.normal([4]));
    norm.beta = Param::from_tensor(random.normal([4]));
    let mean = Tensor::<1>::from_floats([0.5, -1.0, 2.0, 0.0], &device());
    norm.running_mean.update(mean.clone());
    norm.running_var.update(mean.clone().abs() + 0.5);
    let x = random.normal([2, 3, 5, 5]);
    let parameters = [&norm.gamma, &norm.beta];
    same(
        &[x.clone(), layer.weight.val()],
        &parameters,
        || layers::conv_norm(x.clone(), &layer, &any(&norm), Act::Relu),
        || relu(norm.forward(layer.forward(x.clone()))),
    );
    let x = random.normal([2, 4, 5, 5]);
    same(
        from_ref(&x),
        &parameters,
        || layers::norm(x.clone(), &any(&norm), Act::Relu),
        || relu(norm.forward(x.clone())),
    );
    norm.running_mean
        .value_sync()
        .to_data()
        .assert_eq(&mean.to_data(), true);
}

/// The slope of the sum of `f` at `x`, with random weights, in a random direction is that of the
/// derivative. No ReLU in `f` may have its kink within a hundredth of `x`.
fn has_slope(x: &Tensor<4>, f: impl Fn(Tensor<4>) -> Tensor<4>, what: &str) {
    const STEP: f32 = 1e-3;
    let mut random = Random::new(15);
    let direction = random.values(x.dims(), 1.0);
    let tracked = x.clone().require_grad();
    let y = f(tracked.clone());
    let weights = random.values(y.dims(), 1.0);
    let gradient = (y * weights.clone()).sum().backward();
    let gradient = tracked.grad(&gradient).expect("reached");
    let scalar = |x: Tensor<1>| x.into_scalar::<f32>();
    let at = |step: f32| f(x.clone() + direction.clone() * step);
    let found = scalar(((at(STEP) - at(-STEP)) * weights).sum()) / (2.0 * STEP);
    let length = scalar(gradient.clone().powi_scalar(2).sum()).sqrt();
    let expected = scalar((Tensor::from_inner(gradient) * direction).sum());
    let difference = (found - expected).abs();
    assert!(
        difference < 0.02 * length,
        "{what}: slope {found}, derivative {expected}"
    );
}

/// What to add to `x` so that the sum is normal but for a gap of a tenth to each side of zero.
fn clear_of_zero(random: &mut Random, x: Tensor<4>) -> Tensor<4> {
    let sum = random.values(x.dims(), 1.0);
    sum.clone() + sum.sign() * 0.1 - x.detach()
}

#[test]
fn derivatives_are_slopes() {
    let device = device();
    let mut random = Random::new(14);
    let conv = random.redraw(layers::conv3x3(6, 6).init(&device));
    let strided = layers::conv3x3(6, 8).with_stride([2, 2]).init(&device);
    let strided = random.redraw(strided);
    let up = ConvTranspose2dConfig::new([6, 4], [2, 2]).with_stride([2, 2]);
    let up = random.redraw(up.init(&device));
    let norm = random.norm(6);
    let x = random.values([2, 6, 7, 6], 1.0);
    has_slope(&x, |x| layers::conv(x, &conv, Act::None), "convolution");
    has_slope(
        &x,
        |x| layers::conv(x, &strided, Act::None),
        "strided convolution",
    );
    has_slope(&x, |x| layers::conv_transpose(x, &up), "transposed");
    has_slope(
        &x,
        |x| layers::norm(x, &any(&norm), Act::None),
        "normalisation",
    );
    let other = clear_of_zero(&mut random, norm.forward(conv.forward(x.clone())));
    has_slope(
        &x,
        |x| {
            layers::conv_norm(
                x,
                &conv,
                &any(&norm),
                End::add(Some(other.clone()), Act::Relu),
            )
        },
        "residual",
    );
    let other = clear_of_zero(&mut random, x.clone());
    has_slope(&x, |x| layers::gate(x.clone(), other.clone(), x), "gate");
    has_slope(
        &x,
        |x| layers::concat(vec![x.clone(), layers::add(x, other.clone(), Act::Relu)]),
        "joins",
    );
}

#[test]
fn a_layer_norm_is_that_of_burn() {
    let mut random = Random::new(20);
    for (channels, dims) in [(5, [2, 5, 3, 4]), (40, [1, 40, 1, 1]), (33, [3, 33, 7, 5])] {
        let norm = random.redraw(LayerNorm2d::new(channels, 1e-6, &device()));
        let mut burns = LayerNormConfig::new(channels)
            .with_epsilon(1e-6)
            .init(&device());
        burns.gamma = norm.gamma.clone();
        burns.beta = Some(norm.beta.clone());
        let (x, y) = (random.normal(dims), random.normal(dims));
        let any = Norm::Layer(norm.clone());
        same(
            &[x.clone(), y.clone()],
            &[&norm.gamma, &norm.beta],
            || layers::norm(x.clone(), &any, End::add(Some(y.clone()), Act::None)),
            || {
                let x = burns.forward(x.clone().permute([0, 2, 3, 1]));
                x.permute([0, 3, 1, 2]) + y.clone()
            },
        );
    }
}

#[test]
fn standardised_weights_are_those_of_burn() {
    let mut random = Random::new(31);
    let config = Conv2dConfig::new([4, 6], [3, 3]);
    let layer = random.redraw(layers::ScaledConv2d::new(config, 1.7, &device()));
    let [x, factors] = [[2, 4, 6, 5], [2, 6, 4, 3]].map(|dims| random.normal(dims));
    let plain = |weight: Tensor<4>, scale: f64| {
        let rows: Tensor<2> = weight.reshape([6, 36]);
        let centred = rows.clone() - rows.mean_dim(1);
        let variance = centred.clone().powi_scalar(2).mean_dim(1);
        let gain = layer.gain.val().reshape([6, 1]) * scale;
        (centred / (variance + layer.epsilon).sqrt() * gain).reshape([6, 4, 3, 3])
    };
    let weight = layer.conv.weight.val();
    let gradient_of = |y: Tensor<4>| {
        let gradients = (y * factors.clone()).sum().backward();
        weight.grad(&gradients).expect("of the weights")
    };
    let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
    let bias = || layer.conv.bias.as_ref().map(|bias| bias.val());
    let fast = || layers::scaled_conv(x.clone(), &layer, Act::None);
    let slow = || {
        let weight = plain(layer.conv.weight.val(), 1.7 / 6.0);
        conv2d(x.clone(), weight, bias(), options.clone())
    };
    same(from_ref(&x), &[&layer.gain], fast, slow);
    close(
        &gradient_of(fast()),
        &gradient_of(slow()),
        "gradient of the weights",
    );

    // Without gains.
    let conv = || layers::standardized(layer.conv.clone(), 1e-3);
    let standard = conv().weight.val();
    let rows: Tensor<2> = weight.clone().reshape([6, 36]);
    let centred = rows.clone() - rows.mean_dim(1);
    let variance = centred.clone().powi_scalar(2).mean_dim(1);
    let expected = (centred / (variance + 1e-3).sqrt()).reshape([6, 4, 3, 3]);
    close(&standard, &expected, "without gains");
}

#[test]
fn factors_are_multiplied_as_by_burn() {
    let mut random = Random::new(37);
    for dims in [[2, 5, 3, 4], [3, 16, 1, 1], [1, 33, 7, 5]] {
        let [batch, channels, height, width] = dims;
        let x = random.normal(dims);
        let of_images = random.normal([batch, channels, 1, 1]);
        same(
            &[x.clone(), of_images.clone()],
            &[],
            || layers::scale_images(x.clone(), of_images.clone().reshape([batch, channels])),
            || x.clone() * of_images.clone(),
        );
        let of_pixels = random.normal([batch, 1, height, width]);
        same(
            &[x.clone(), of_pixels.clone()],
            &[],
            || layers::scale_pixels(x.clone(), of_pixels.clone()),
            || x.clone() * of_pixels.clone(),
        );
        let [scale, shift] = [0; 2].map(|_| Param::from_tensor(random.normal([1])));
        for [has_scale, has_shift] in [[true, false], [false, true], [true, true]] {
            let scale_of = || has_scale.then(|| scale.val());
            let shift_of = || has_shift.then(|| shift.val());
            let learned = [(has_scale, &scale), (has_shift, &shift)].into_iter();
            let learned = learned.filter_map(|(is_there, number)| is_there.then_some(number));
            same(
                from_ref(&x),
                &learned.collect::<Vec<_>>(),
                || layers::scale_shift(x.clone(), scale_of(), shift_of(), Act::LeakyRelu(0.1)),
                || {
                    let number = |number: Tensor<1>| number.reshape([1; 4]);
                    let x = scale_of().map_or(x.clone(), |scale| x.clone() * number(scale));
                    let x = shift_of().map_or(x.clone(), |shift| x + number(shift));
                    leaky_relu(x, 0.1)
                },
            );
        }
    }
}

#[test]
fn a_group_norm_is_that_of_burn() {
    let mut random = Random::new(24);
    for (groups, dims) in [(2, [2, 6, 3, 4]), (1, [3, 5, 7, 2]), (33, [2, 33, 4, 4])] {
        let mut norm = random.redraw(GroupNormConfig::new(groups, dims[1]).init(&device()));
        // A factor of 0, as a block's last one may start with.
        let factors = norm.gamma.take().expect("learned");
        let first = Tensor::<1>::zeros([1], &device());
        norm.gamma = Some(factors.map(|factors| {
            let factors = factors.detach().slice_assign(s![0..1], first);
            factors.detach().require_grad()
        }));
        let learned = [&norm.gamma, &norm.beta].map(|values| values.as_ref().expect("learned"));
        let (x, y) = (random.normal(dims), random.normal(dims));
        let any = Norm::Group(norm.clone());
        same(
            &[x.clone(), y.clone()],
            &learned,
            || layers::norm(x.clone(), &any, End::add(Some(y.clone()), Act::Relu)),
            || relu(norm.forward(x.clone()) + y.clone()),
        );
        same(
            from_ref(&x),
            &learned,
            || layers::norm(x.clone(), &any, Act::LeakyRelu(0.2)),
            || leaky_relu(norm.forward(x.clone()), 0.2),
        );
    }
}

#[test]
fn a_mix_is_the_product_of_matrices() {
    let mut random = Random::new(23);
    for (batch, sets, to, from) in [(2, 2, 4, 4), (3, 1, 1, 4), (2, 1, 3, 1), (1, 1, 2, 3)] {
        let x = random.normal([batch * from, 5, 3, 4]);
        let flat = Param::from_tensor(random.normal([sets * to * from]));
        let weights = || flat.val().reshape([sets, to, from]);
        same(
            from_ref(&x),
            &[&flat],
            || layers::mix(x.clone(), weights()),
            || {
                let x = x.clone().reshape([batch, from, 5 * 3 * 4]);
                let y = weights().expand([batch, to, from]).matmul(x);
                y.reshape([batch * to, 5, 3, 4])
            },
        );
    }
}

#[test]
fn a_response_norm_is_its_formula() {
    let mut random = Random::new(21);
    let norm = random.redraw(GlobalResponseNorm::new(6, &device()));
    let x = random.normal([3, 6, 4, 5]);
    let per_channel = |param: &Param<Tensor<1>>| param.val().reshape([1, 6, 1, 1]);
    same(
        from_ref(&x),
        &[&norm.gamma, &norm.beta],
        || norm.forward(x.clone()),
        || {
            let g = x.clone().powi_scalar(2).sum_dim(2).sum_dim(3).sqrt();
            let n = g.clone() / (g.mean_dim(1) + norm.epsilon);
            let normalized = x.clone() * n;
            x.clone() + per_channel(&norm.gamma) * normalized + per_channel(&norm.beta)
        },
    );
}

#[test]
fn a_channel_of_zeros_passes_no_response_on() {
    let norm = GlobalResponseNorm::new(2, &device());
    let x = Tensor::<4>::zeros([1, 2, 3, 3], &device()).require_grad();
    let gradients = norm.forward(x.clone()).sum().backward();
    let gradient = x.grad(&gradients).expect("reached");
    assert_eq!(
        gradient.to_data(),
        Tensor::<4>::ones([1, 2, 3, 3], &device()).to_data()
    );
}

#[test]
fn channels_are_scaled() {
    let mut random = Random::new(22);
    let scale = random.redraw(LayerScale::new(7, 1.0, &device()));
    let x = random.normal([2, 7, 5, 3]);
    same(
        from_ref(&x),
        &[&scale.gamma],
        || scale.forward(x.clone()),
        || x.clone() * scale.gamma.val().reshape([1, 7, 1, 1]),
    );
}

#[test]
fn some_channels_are_added_and_others_put_beside() {
    let mut random = Random::new(24);
    let (skip, x) = (random.normal([2, 8, 3, 4]), random.normal([2, 5, 3, 4]));
    for added in [1, 3, 4] {
        same(
            &[skip.clone(), x.clone()],
            &[],
            || layers::add_concat(skip.clone(), x.clone(), added),
            || {
                let sum = skip.clone().narrow(1, 0, added) + x.clone().narrow(1, 0, added);
                let skipped = skip.clone().narrow(1, added, 8 - added);
                let new = x.clone().narrow(1, added, 5 - added);
                Tensor::cat(vec![sum, skipped, new], 1)
            },
        );
    }
}

#[test]
fn any_number_of_branches_add_their_derivatives() {
    let mut random = Random::new(25);
    let x = random.normal([1, 3, 4, 2]);
    for paths in [1, 4] {
        let weighted = |paths: Vec<Tensor<4>>| {
            let paths = paths.into_iter().enumerate();
            let paths = paths.map(|(index, x)| x * (index + 1) as f32);
            paths.reduce(|sum, x| sum + x).expect("some")
        };
        same(
            from_ref(&x),
            &[],
            || weighted(layers::branches(x.clone(), paths)),
            || weighted(vec![x.clone(); paths]),
        );
    }
}

#[test]
fn an_instance_norm_is_that_of_burn() {
    let mut random = Random::new(26);
    for dims in [[2, 5, 3, 4], [1, 40, 9, 9], [3, 33, 7, 5]] {
        let channels = dims[1];
        let norm = random.redraw(InstanceNorm2d::new(channels, 1e-3, &device()));
        let mut burns = InstanceNormConfig::new(channels)
            .with_epsilon(1e-3)
            .init(&device());
        (burns.gamma, burns.beta) = (norm.gamma.clone(), norm.beta.clone());
        let learned = [&norm.gamma, &norm.beta].map(|values| values.as_ref().expect("learned"));
        let (x, y) = (random.normal(dims), random.normal(dims));
        let any = Norm::Instance(norm.clone());
        for (end, inputs) in [
            (End::from(Act::LeakyRelu(0.1)), &[x.clone()][..]),
            (
                End::add(Some(y.clone()), Act::Relu),
                &[x.clone(), y.clone()],
            ),
        ] {
            same(
                inputs,
                &learned,
                || layers::norm(x.clone(), &any, end.clone()),
                || {
                    let plain = burns.forward(x.clone());
                    match end.add.clone() {
                        Some(add) => relu(plain + add),
                        None => leaky_relu(plain, 0.1),
                    }
                },
            );
        }
        let plain = Norm::Instance(InstanceNorm2d::plain(1e-3));
        let burns = InstanceNormConfig::new(channels)
            .with_epsilon(1e-3)
            .with_affine(false)
            .init(&device());
        same(
            from_ref(&x),
            &[],
            || layers::norm(x.clone(), &plain, Act::None),
            || burns.forward(x.clone()),
        );
    }
}

#[test]
fn a_slope_is_learned() {
    let mut random = Random::new(27);
    let x = random.normal([2, 7, 5, 3]);
    for slope in [0.25, 1.5, -0.5] {
        let mut layer = PRelu::new(&device());
        layer.weight = layer
            .weight
            .map(|weight| weight.full_like(slope).require_grad());
        same(
            from_ref(&x),
            &[&layer.weight],
            || layer.forward(x.clone()),
            || relu(x.clone()) - relu(-x.clone()) * layer.weight.val().reshape([1, 1, 1, 1]),
        );
    }
}
