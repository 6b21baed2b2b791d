//! Facts that hold for every kind of residual block.

use burn::module::Param;
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::{ModifierConfig, ShortcutKind, parameter_count};

fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(7));
    Tensor::from_data(data, device)
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
    basic.bn2.gamma = zeroed(&basic.bn2.gamma);
    assert_eq!(
        basic.forward(positive.clone()).to_data(),
        positive.to_data()
    );

    let mut bottleneck = BottleneckConfig::new(8, 2).init(&device);
    bottleneck.bn3.gamma = zeroed(&bottleneck.bn3.gamma);
    assert_eq!(
        bottleneck.forward(positive.clone()).to_data(),
        positive.to_data()
    );

    let mut basic = PreActBasicBlockConfig::new(8, 8).init(&device);
    basic.conv2.weight = zeroed(&basic.conv2.weight);
    assert_eq!(basic.forward(any.clone()).to_data(), any.to_data());

    let mut bottleneck = PreActBottleneckConfig::new(8, 2).init(&device);
    bottleneck.conv3.weight = zeroed(&bottleneck.conv3.weight);
    assert_eq!(bottleneck.forward(any.clone()).to_data(), any.to_data());
}

#[test]
fn zeroed_plain_body_passes_nothing() {
    let device = Device::flex();
    let x = noise([2, 8, 5, 5], &device);
    let mut plain = BasicBlockConfig::new(8, 8)
        .with_shortcut(ShortcutKind::Plain)
        .init(&device);
    plain.bn2.gamma = zeroed(&plain.bn2.gamma);
    assert_eq!(plain.forward(x.clone()).to_data(), x.zeros_like().to_data());
}

#[test]
fn plain_twin_has_the_same_layers() {
    let device = Device::flex();
    let basic = |kind| BasicBlockConfig::new(8, 16).with_shortcut(kind);
    let bottleneck = |kind| BottleneckConfig::new(8, 4).with_shortcut(kind);
    let pre_act_basic = |kind| PreActBasicBlockConfig::new(8, 16).with_shortcut(kind);
    let pre_act_bottleneck = |kind| PreActBottleneckConfig::new(8, 4).with_shortcut(kind);
    let parameters = |kind| {
        [
            parameter_count(&basic(kind).init(&device)),
            parameter_count(&bottleneck(kind).init(&device)),
            parameter_count(&pre_act_basic(kind).init(&device)),
            parameter_count(&pre_act_bottleneck(kind).init(&device)),
        ]
    };
    assert_eq!(
        parameters(ShortcutKind::Plain),
        parameters(ShortcutKind::ZeroPad)
    );
}

#[test]
fn every_modifier_fits_every_block() {
    let device = Device::flex().autodiff();
    let modifiers = vec![
        ModifierConfig::SqueezeExcitation { reduction: 2 },
        ModifierConfig::LayerScale { initial: 1e-5 },
        ModifierConfig::SkipInit,
        ModifierConfig::StochasticDepth {
            drop_probability: 0.5,
        },
    ];
    let x = noise([2, 8, 6, 6], &device);
    for shortcut in [ShortcutKind::Projection, ShortcutKind::Plain] {
        let outputs = [
            BasicBlockConfig::new(8, 16)
                .with_shortcut(shortcut)
                .with_modifiers(modifiers.clone())
                .init(&device)
                .forward(x.clone()),
            BottleneckConfig::new(8, 4)
                .with_shortcut(shortcut)
                .with_modifiers(modifiers.clone())
                .init(&device)
                .forward(x.clone()),
            PreActBasicBlockConfig::new(8, 16)
                .with_shortcut(shortcut)
                .with_modifiers(modifiers.clone())
                .init(&device)
                .forward(x.clone()),
            PreActBottleneckConfig::new(8, 4)
                .with_shortcut(shortcut)
                .with_modifiers(modifiers.clone())
                .init(&device)
                .forward(x.clone()),
        ];
        for y in outputs {
            assert_eq!(y.dims(), [2, 16, 6, 6]);
        }
    }
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
#[should_panic(expected = "planes = 6: must be a multiple of groups = 4")]
fn groups_that_do_not_divide_are_refused() {
    PreActBottleneckConfig::new(8, 6)
        .with_groups(4)
        .init(&Device::flex());
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
