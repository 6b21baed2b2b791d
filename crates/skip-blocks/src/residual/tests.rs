//! Facts that hold for every kind of residual block.

use burn::module::{Module, Param};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::anti_aliasing::AntiAliasing;
use crate::layers::{Act, Norm, NormKind};
use crate::modifiers::ModifierConfig;
use crate::parameters::parameter_count;
use crate::shortcut::ShortcutKind;

const ORDERS: [Order; 2] = [Order::PostActivation, Order::PreActivation];

fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(7));
    Tensor::from_data(data, device)
}

/// A batch normalisation that gives zeros.
fn silenced(norm: Norm) -> Norm {
    let Norm::Batch(mut norm) = norm else {
        unreachable!("the default is a batch normalisation")
    };
    norm.gamma = zeroed(&norm.gamma);
    Norm::Batch(norm)
}

/// A parameter of the same shape, all zeros.
fn zeroed<const D: usize>(param: &Param<Tensor<D>>) -> Param<Tensor<D>> {
    Param::from_tensor(param.val().zeros_like())
}

#[test]
fn zeroed_body_passes_its_input() {
    let device = Device::flex();
    // Post-activation blocks end in a ReLU, which passes what is not negative.
    let positive = noise([2, 8, 5, 5], &device).abs();
    let any = noise([2, 8, 5, 5], &device);

    let mut basic = BasicBlockConfig::new(8, 8).init(&device);
    basic.bn2 = silenced(basic.bn2);
    assert_eq!(
        basic.forward(positive.clone()).to_data(),
        positive.to_data()
    );

    let mut bottleneck = BottleneckConfig::new(8, 2).init(&device);
    bottleneck.bn3 = silenced(bottleneck.bn3);
    assert_eq!(
        bottleneck.forward(positive.clone()).to_data(),
        positive.to_data()
    );

    let mut basic = BasicBlockConfig::new(8, 8)
        .with_order(Order::PreActivation)
        .init(&device);
    basic.conv2.weight = zeroed(&basic.conv2.weight);
    assert_eq!(basic.forward(any.clone()).to_data(), any.to_data());

    let mut bottleneck = BottleneckConfig::new(8, 2)
        .with_order(Order::PreActivation)
        .init(&device);
    bottleneck.conv3.weight = zeroed(&bottleneck.conv3.weight);
    assert_eq!(bottleneck.forward(any.clone()).to_data(), any.to_data());
}

#[test]
fn a_branch_that_starts_with_zeros_passes_its_input() {
    let device = Device::flex();
    let x = noise([2, 32, 5, 5], &device).abs();
    for order in ORDERS {
        for norm in [
            NormKind::Batch,
            NormKind::Group(4),
            NormKind::Layer,
            NormKind::None,
        ] {
            let basic = BasicBlockConfig::new(32, 32)
                .with_order(order)
                .with_norm(norm)
                .with_zero_init_last(true)
                .init(&device);
            let bottleneck = BottleneckConfig::new(32, 8)
                .with_order(order)
                .with_norm(norm)
                .with_zero_init_last(true)
                .init(&device);
            for y in [basic.forward(x.clone()), bottleneck.forward(x.clone())] {
                assert_eq!(y.to_data(), x.to_data(), "{order:?} {norm:?}");
            }
        }
    }
}

#[test]
fn zeroed_plain_body_passes_nothing() {
    let device = Device::flex();
    let x = noise([2, 8, 5, 5], &device);
    let mut plain = BasicBlockConfig::new(8, 8)
        .with_shortcut(ShortcutKind::Plain)
        .init(&device);
    plain.bn2 = silenced(plain.bn2);
    assert_eq!(plain.forward(x.clone()).to_data(), x.zeros_like().to_data());
}

#[test]
fn plain_twin_has_the_same_layers() {
    let device = Device::flex();
    for order in ORDERS {
        let basic = BasicBlockConfig::new(8, 16).with_order(order);
        let bottleneck = BottleneckConfig::new(8, 4).with_order(order);
        let parameters = |kind| {
            [
                parameter_count(&basic.clone().with_shortcut(kind).init(&device)),
                parameter_count(&bottleneck.clone().with_shortcut(kind).init(&device)),
            ]
        };
        assert_eq!(
            parameters(ShortcutKind::Plain),
            parameters(ShortcutKind::ZeroPad)
        );
    }
}

#[test]
fn every_modifier_norm_and_activation_fits_every_block() {
    let device = Device::flex().autodiff();
    let modifiers = vec![
        ModifierConfig::SqueezeExcitation { reduction: 2 },
        ModifierConfig::EfficientChannelAttention,
        ModifierConfig::LayerScale { initial: 1e-5 },
        ModifierConfig::SkipInit,
        ModifierConfig::ShakeDrop {
            drop_probability: 0.5,
        },
        ModifierConfig::StochasticDepth {
            drop_probability: 0.5,
        },
    ];
    let kinds = [
        (NormKind::Batch, Act::Relu, vec![]),
        (NormKind::Batch, Act::LeakyRelu(0.1), modifiers.clone()),
        (NormKind::Group(4), Act::Gelu, vec![]),
        (NormKind::Layer, Act::Silu, modifiers),
        (NormKind::None, Act::Relu, vec![]),
    ];
    let x = noise([2, 8, 6, 6], &device);
    for order in ORDERS {
        for shortcut in [ShortcutKind::Projection, ShortcutKind::Plain] {
            for (norm, act, modifiers) in &kinds {
                let basic = BasicBlockConfig::new(8, 16)
                    .with_order(order)
                    .with_norm(*norm)
                    .with_act(*act)
                    .with_shortcut(shortcut)
                    .with_modifiers(modifiers.clone());
                let bottleneck = BottleneckConfig::new(8, 4)
                    .with_order(order)
                    .with_norm(*norm)
                    .with_act(*act)
                    .with_shortcut(shortcut)
                    .with_modifiers(modifiers.clone());
                for y in [
                    basic.init(&device).forward(x.clone()),
                    bottleneck.init(&device).forward(x.clone()),
                ] {
                    assert_eq!(y.dims(), [2, 16, 6, 6], "{order:?} {norm:?} {act:?}");
                    assert!(y.abs().max().into_scalar::<f32>().is_finite());
                }
            }
        }
    }
}

#[test]
fn a_dilated_block_sees_farther_and_keeps_the_size() {
    let device = Device::flex();
    // One pixel in the middle, and how far from it something changes.
    let reach = |config: BasicBlockConfig| {
        let block = config.init(&device);
        let dark = Tensor::<4>::zeros([1, 1, 17, 17], &device);
        let light = dark.clone().slice_fill([0..1, 0..1, 8..9, 8..9], 1.0);
        let changed = (block.forward(light) - block.forward(dark)).abs();
        let row: Vec<f32> = changed.sum_dim(2).into_data().try_to_vec().expect("floats");
        assert_eq!(row.len(), 17);
        let first = row.iter().position(|&change| change > 0.0);
        8 - first.expect("the pixel itself changes")
    };
    let config = BasicBlockConfig::new(1, 1).with_act(Act::None);
    assert_eq!(reach(config.clone()), 2);
    assert_eq!(reach(config.clone().with_dilation(2)), 3);
    assert_eq!(reach(config.with_dilation(2).with_first_dilation(2)), 4);
}

#[test]
fn an_anti_aliased_block_halves_as_a_strided_one_does() {
    let device = Device::flex();
    for order in ORDERS {
        for anti_aliasing in [AntiAliasing::Blur, AntiAliasing::Average] {
            let basic = BasicBlockConfig::new(8, 16)
                .with_stride(2)
                .with_order(order)
                .with_anti_aliasing(anti_aliasing);
            let bottleneck = BottleneckConfig::new(8, 4)
                .with_stride(2)
                .with_order(order)
                .with_shortcut(ShortcutKind::PooledProjection)
                .with_anti_aliasing(anti_aliasing);
            let x = noise([1, 8, 7, 6], &device);
            let basic = basic.init(&device);
            assert_eq!(basic.conv1.stride, [1, 1]);
            assert_eq!(basic.forward(x.clone()).dims(), [1, 16, 4, 3]);
            let bottleneck = bottleneck.init(&device);
            assert_eq!(bottleneck.conv2.stride, [1, 1]);
            assert_eq!(bottleneck.forward(x).dims(), [1, 16, 4, 3]);
        }
    }
}

#[test]
fn dropout_between_the_convolutions_is_for_training_alone() {
    let config = BasicBlockConfig::new(4, 4)
        .with_norm(NormKind::None)
        .with_drop_probability(0.5);
    let device = Device::flex();
    let block = config.init(&device);
    let x = noise([1, 4, 6, 6], &device);
    let kept = block.forward(x.clone());
    let mut without = block.clone();
    without.dropout = None;
    assert_eq!(kept.to_data(), without.forward(x.clone()).to_data());
    let training = block.train().forward(x.autodiff());
    assert_ne!(training.to_data(), kept.to_data());
}

#[test]
fn resnext_width_follows_its_groups() {
    let config = BottleneckConfig::new(64, 64)
        .with_groups(32)
        .with_width_per_group(4);
    assert_eq!(config.width(), 128);
    let block = config.init(&Device::flex());
    assert_eq!(block.conv2.weight.dims(), [128, 4, 3, 3]);
}

#[test]
#[should_panic(expected = "out_channels = 0: must be at least 1")]
fn no_channels_are_refused() {
    BasicBlockConfig::new(8, 0).init(&Device::flex());
}

#[test]
#[should_panic(expected = "planes * width_per_group / 64 * groups = 0: must be at least 1")]
fn a_bottleneck_without_width_is_refused() {
    BottleneckConfig::new(8, 4)
        .with_width_per_group(1)
        .init(&Device::flex());
}

#[test]
#[should_panic(expected = "reduction = 32: must be at most channels = 16")]
fn an_excitation_without_units_is_refused() {
    BasicBlockConfig::new(8, 16)
        .with_modifiers(vec![ModifierConfig::SqueezeExcitation { reduction: 32 }])
        .init(&Device::flex());
}

#[test]
#[should_panic(expected = "drop_probability = 1: must be in [0, 1)")]
fn a_branch_that_is_always_dropped_is_refused() {
    BasicBlockConfig::new(8, 16)
        .with_modifiers(vec![ModifierConfig::StochasticDepth {
            drop_probability: 1.0,
        }])
        .init(&Device::flex());
}
