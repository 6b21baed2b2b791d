//! The kernels against Burn's own operations: the same results and the same derivatives.

use std::slice::from_ref;

use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig, ConvTranspose2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{BatchNorm, BatchNormConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::{avg_pool2d, interpolate as burn_interpolate, max_pool2d};
use burn::tensor::ops::{
    AvgPoolOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions, PadMode,
};
use burn::tensor::{Device, Distribution, Int, Tensor, Tolerance, s};
use skip_blocks::{DenseBlock, DenseBlockConfig, layers};

fn device() -> Device {
    Device::flex().autodiff()
}

fn random<const D: usize>(dims: [usize; D]) -> Tensor<D> {
    Tensor::random(dims, Distribution::Normal(0.0, 1.0), &device()).require_grad()
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
    let weights = Tensor::random(fast.dims(), Distribution::Normal(0.0, 1.0), &device());
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
fn convolutions() -> Vec<(Conv2d, [usize; 4])> {
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
    .map(|(config, dims)| (config.init(&device), dims))
    .collect()
}

fn norm(channels: usize) -> BatchNorm {
    let mut norm = BatchNormConfig::new(channels).init(&device());
    norm.gamma = Param::from_tensor(random([channels]));
    norm.beta = Param::from_tensor(random([channels]));
    norm
}

#[test]
fn convolutions_are_those_of_burn() {
    device().seed(1);
    for (layer, dims) in convolutions() {
        let x = random(dims);
        let inputs = [x.clone(), layer.weight.val()];
        same(
            &inputs,
            &[],
            || layers::conv(x.clone(), &layer),
            || layer.forward(x.clone()),
        );
    }
}

#[test]
fn a_bias_a_shortcut_and_a_relu_are_applied() {
    device().seed(2);
    let layer = Conv2dConfig::new([3, 5], [3, 3]).init(&device());
    let (x, shortcut) = (random([2, 3, 6, 7]), random([2, 5, 4, 5]));
    let bias = layer.bias.as_ref().expect("with bias");
    same(
        &[x.clone(), layer.weight.val()],
        &[bias],
        || layers::conv_relu(x.clone(), &layer),
        || relu(layer.forward(x.clone())),
    );
    same(
        &[x.clone(), layer.weight.val(), shortcut.clone()],
        &[bias],
        || layers::conv_add(x.clone(), &layer, shortcut.clone()),
        || layer.forward(x.clone()) + shortcut.clone(),
    );
}

#[test]
fn normalised_convolutions_are_those_of_burn() {
    device().seed(3);
    for (layer, dims) in convolutions() {
        let x = random(dims);
        let y = layer.forward(x.clone());
        if y.dims()[0] * y.dims()[2] * y.dims()[3] == 1 {
            continue; // A single value has no deviation.
        }
        let norm = norm(y.dims()[1]);
        let shortcut = random(y.dims());
        let inputs = [x.clone(), layer.weight.val(), shortcut.clone()];
        let parameters = [&norm.gamma, &norm.beta];
        let plain = || norm.forward(layer.forward(x.clone()));
        same(
            &inputs[..2],
            &parameters,
            || layers::conv_bn(x.clone(), &layer, &norm),
            plain,
        );
        same(
            &inputs[..2],
            &parameters,
            || layers::conv_bn_relu(x.clone(), &layer, &norm),
            || relu(plain()),
        );
        same(
            &inputs,
            &parameters,
            || layers::conv_bn_add_relu(x.clone(), &layer, &norm, shortcut.clone()),
            || relu(plain() + shortcut.clone()),
        );
    }
}

#[test]
fn evaluation_uses_the_running_statistics() {
    device().seed(4);
    let layer = layers::conv3x3(3, 9).init(&device());
    let norm = norm(9);
    for _ in 0..3 {
        layers::conv_bn(random([4, 3, 8, 8]), &layer, &norm);
    }
    let (layer, norm) = (layer.valid(), norm.valid());
    let x = random([2, 3, 7, 5]).inner();
    let plain = norm.forward(layer.forward(x.clone()));
    // Twice: the second time the filter is there already.
    for _ in 0..2 {
        close(
            &layers::conv_bn(x.clone(), &layer, &norm),
            &plain,
            "conv_bn",
        );
    }
}

#[test]
fn running_variance_is_unbiased() {
    let norm = BatchNormConfig::new(1).with_momentum(1.0).init(&device());
    let x = Tensor::<4>::from_data([[[[1.0, 2.0, 3.0, 6.0]]]], &device());
    layers::batch_norm(x, &norm);
    // The mean is 3; the squares 4 + 1 + 0 + 9 are divided by 4 - 1.
    let expected = 14.0_f32 / 3.0;
    let variance: f32 = norm.running_var.value_sync().into_scalar();
    assert!((variance - expected).abs() < 1e-5, "{variance}");
}

#[test]
fn normalisation_alone_is_that_of_burn() {
    device().seed(5);
    let (x, norm) = (random([3, 10, 5, 4]), norm(10));
    let parameters = [&norm.gamma, &norm.beta];
    same(
        from_ref(&x),
        &parameters,
        || layers::batch_norm(x.clone(), &norm),
        || norm.forward(x.clone()),
    );
    same(
        from_ref(&x),
        &parameters,
        || layers::bn_relu(x.clone(), &norm),
        || relu(norm.forward(x.clone())),
    );
}

#[test]
fn transposed_convolutions_are_those_of_burn() {
    device().seed(6);
    let configs = [
        ConvTranspose2dConfig::new([6, 4], [2, 2]).with_stride([2, 2]),
        ConvTranspose2dConfig::new([6, 4], [3, 3])
            .with_stride([2, 2])
            .with_padding([1, 1])
            .with_padding_out([1, 1]),
        ConvTranspose2dConfig::new([6, 8], [3, 3]).with_groups(2),
    ];
    for config in configs {
        let layer = config.init(&device());
        let x = random([2, 6, 5, 3]);
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
    device().seed(7);
    let (x, y) = (random([2, 5, 3, 4]), random([2, 5, 3, 4]));
    let wide = random([2, 9, 3, 4]);
    let inputs = [x.clone(), y.clone()];
    same(
        &inputs,
        &[],
        || layers::add(x.clone(), y.clone()),
        || x.clone() + y.clone(),
    );
    same(
        &inputs,
        &[],
        || layers::add_relu(x.clone(), y.clone()),
        || relu(x.clone() + y.clone()),
    );
    same(
        &[x.clone(), wide.clone()],
        &[],
        || layers::concat(x.clone(), wide.clone()),
        || Tensor::cat(vec![x.clone(), wide.clone()], 1),
    );
    let z = random([2, 5, 3, 4]);
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
    device().seed(13);
    let logits = random([2, 5, 3, 4]);
    let targets = Tensor::<1, Int>::arange(0..24, &device());
    let targets = (targets * 7 % 5).reshape([2, 3, 4]);
    let burn = || {
        CrossEntropyLossConfig::new().init(&device()).forward(
            layers::by_pixel(logits.clone()),
            targets.clone().flatten(0, 2),
        )
    };
    same(
        from_ref(&logits),
        &[],
        || layers::cross_entropy(logits.clone(), targets.clone()),
        burn,
    );
}

#[test]
fn branches_add_their_derivatives() {
    device().seed(8);
    let x = random([2, 5, 3, 4]);
    same(
        from_ref(&x),
        &[],
        || {
            let [a, b, c] = layers::branch(x.clone());
            a.clone() * a + b * 3.0 + c
        },
        || x.clone() * x.clone() + x.clone() * 3.0 + x.clone(),
    );
    // A path that leads nowhere adds nothing.
    same(
        from_ref(&x),
        &[],
        || {
            let [_, b] = layers::branch(x.clone());
            b * 2.0
        },
        || x.clone() * 2.0,
    );
}

#[test]
fn pooling_is_that_of_burn() {
    device().seed(9);
    let x = random([2, 5, 7, 6]);
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
fn resampling_is_that_of_burn() {
    device().seed(10);
    let x = random([2, 3, 4, 5]);
    let input = [x.clone()];
    for mode in [InterpolateMode::Nearest, InterpolateMode::Bilinear] {
        same(
            &input,
            &[],
            || layers::interpolate(x.clone(), [8, 10], mode.clone()),
            || {
                let options = InterpolateOptions::new(mode.clone())
                    .with_output_size([8, 10])
                    .with_align_corners(false);
                burn_interpolate(x.clone(), options)
            },
        );
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
fn trained(block: &DenseBlock, x: &Tensor<4>) -> (Vec<Tensor<4>>, Tensor<1>) {
    let mut gradients = vec![];
    for _ in 0..2 {
        let y = block.forward(x.clone());
        let loss = (y.clone() * y).sum().backward();
        gradients.push(x.grad(&loss).expect("reached"));
        gradients.push(block.layers[1].conv2.weight.grad(&loss).expect("reached"));
    }
    (gradients, block.layers[1].norm1.running_mean.value_sync())
}

#[test]
fn what_is_recomputed_has_the_same_derivatives() {
    device().seed(11);
    let config = DenseBlockConfig::new(6, 3, 4).with_bottleneck(Some(2));
    let block = config.init(&device());
    let record = block.clone().into_record();
    let config = config.with_recompute(true);
    let recomputing = config.init(&device()).load_record(record);
    let x = random([2, 6, 5, 4]);
    let (plain, mean) = trained(&block, &x);
    let (again, mean_again) = trained(&recomputing, &x);
    for (again, plain) in again.iter().zip(&plain) {
        close(again, plain, "gradient");
    }
    close(&mean_again, &mean, "running mean");
}

#[test]
fn frozen_statistics_are_used_and_stay() {
    device().seed(12);
    let layer = layers::conv3x3(3, 4).init(&device());
    let mut norm = norm(4).freeze();
    // Frozen parameters want no derivatives; the statistics alone are to be frozen.
    norm.gamma = Param::from_tensor(random([4]));
    norm.beta = Param::from_tensor(random([4]));
    let mean = Tensor::<1>::from_floats([0.5, -1.0, 2.0, 0.0], &device());
    norm.running_mean.update(mean.clone());
    norm.running_var.update(mean.clone().abs() + 0.5);
    let x = random([2, 3, 5, 5]);
    let parameters = [&norm.gamma, &norm.beta];
    same(
        &[x.clone(), layer.weight.val()],
        &parameters,
        || layers::conv_bn_relu(x.clone(), &layer, &norm),
        || relu(norm.forward(layer.forward(x.clone()))),
    );
    let x = random([2, 4, 5, 5]);
    same(
        from_ref(&x),
        &parameters,
        || layers::bn_relu(x.clone(), &norm),
        || relu(norm.forward(x.clone())),
    );
    norm.running_mean
        .value_sync()
        .to_data()
        .assert_eq(&mean.to_data(), true);
}

/// The slope of the sum of `f`, with random weights, in a random direction is that of the
/// derivative.
fn has_slope(dims: [usize; 4], f: impl Fn(Tensor<4>) -> Tensor<4>, what: &str) {
    const STEP: f32 = 1e-3;
    let x = random(dims);
    let normal = |dims| Tensor::<4>::random(dims, Distribution::Normal(0.0, 1.0), &device());
    let direction = normal(dims);
    let y = f(x.clone());
    let weights = normal(y.dims());
    let gradient = (y * weights.clone()).sum().backward();
    let gradient = x.grad(&gradient).expect("reached");
    let scalar = |x: Tensor<1>| x.into_scalar::<f32>();
    let at = |step: f32| {
        let x = x.clone().detach() + direction.clone() * step;
        scalar((f(x) * weights.clone()).sum())
    };
    let found = (at(STEP) - at(-STEP)) / (2.0 * STEP);
    let length = scalar(gradient.clone().powi_scalar(2).sum()).sqrt();
    let expected = scalar((Tensor::from_inner(gradient) * direction).sum());
    let difference = (found - expected).abs();
    assert!(
        difference < 0.02 * length,
        "{what}: slope {found}, derivative {expected}"
    );
}

#[test]
fn derivatives_are_slopes() {
    let device = device();
    device.seed(14);
    let dims = [2, 6, 7, 6];
    let conv = layers::conv3x3(6, 6).init(&device);
    let strided = layers::conv3x3(6, 8).with_stride([2, 2]).init(&device);
    let up = ConvTranspose2dConfig::new([6, 4], [2, 2])
        .with_stride([2, 2])
        .init(&device);
    let norm = norm(6);
    let other = random(dims);
    has_slope(dims, |x| layers::conv(x, &conv), "convolution");
    has_slope(dims, |x| layers::conv(x, &strided), "strided convolution");
    has_slope(dims, |x| layers::conv_transpose(x, &up), "transposed");
    has_slope(dims, |x| layers::batch_norm(x, &norm), "normalisation");
    has_slope(
        dims,
        |x| layers::conv_bn_add_relu(x, &conv, &norm, other.clone()),
        "residual",
    );
    has_slope(dims, |x| layers::gate(x.clone(), other.clone(), x), "gate");
    has_slope(
        dims,
        |x| layers::concat(x.clone(), layers::add_relu(x, other.clone())),
        "joins",
    );
}
