//! How networks start: those without normalisation, and those with another way past their blocks.

mod common;

use burn::module::Param;
use burn::optim::{GradientsParams, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, s};
use common::{largest_difference, noise};
use models::{Block, Encode, Encoder, EncoderFamily, ModelConfig, ResNet, StemConv, create};
use serde_json::json;
use skip_blocks::ConnectionKind;
use skip_blocks::layers::{Act, Conv2d, NormKind, conv_norm};

fn config(name: &str) -> ModelConfig {
    create(name).expect("a variant")
}

/// The maps of the stages of a CIFAR network at its start.
fn maps(config: &ModelConfig) -> Vec<Tensor<4>> {
    let device = Device::flex();
    let encoder = config.encoder.init(&device);
    encoder.features(noise([2, 3, 32, 32], &device))
}

/// What zero-padded shortcuts make of a first stage's map: every fourth pixel, in the channels
/// between those of zeros.
fn carried(maps: &[Tensor<4>]) -> [Tensor<4>; 2] {
    let first = maps[0].clone().slice(s![.., .., ..;4, ..;4]);
    let [channels, last] = [&maps[0], &maps[2]].map(|map| map.dims()[1]);
    let before = (last - channels) / 2;
    [first, maps[2].clone().narrow(1, before, channels)]
}

fn mean_square(map: &Tensor<4>) -> f32 {
    map.clone().powi_scalar(2).mean().into_scalar()
}

#[test]
fn a_network_without_normalisation_starts_as_the_identity_at_any_depth() {
    for name in [
        "rezero_resnet20",
        "rezero_resnet110",
        "fixup_resnet20",
        "fixup_resnet110",
    ] {
        let [first, last] = carried(&maps(&config(name)));
        assert_eq!(first.to_data(), last.to_data(), "{name}");
        assert!(mean_square(&first) > 0.1, "{name}");
    }
    // Where blocks activate first, the one activation is the network's last.
    let [first, last] = carried(&maps(&config("skipinit_resnet110")));
    assert_eq!(relu(first).to_data(), last.to_data());
}

#[test]
fn without_the_scalar_its_values_explode() {
    let config = config("rezero_resnet110").set("modifiers", json!([]));
    let maps = maps(&config.expect("a field"));
    assert!(mean_square(&maps[2]) > 1e6 * mean_square(&maps[0]));
}

#[test]
fn fixup_starts_with_answers_that_are_alike() {
    let device = Device::flex();
    let config = config("fixup_resnet20");
    let answer = config
        .init(&device)
        .forward(noise([2, 3, 32, 32], &device))
        .remove(0);
    assert_eq!(answer.abs().max().into_scalar::<f32>(), 0.0);
    // A model that is set so later takes its head along.
    let plain = create("resnet20").expect("a variant");
    let set = plain
        .set("norm", "none".into())
        .and_then(|config| config.set("fixup", true.into()))
        .and_then(|config| config.set("zero_init", true.into()))
        .expect("fields");
    assert_eq!(set, config);
}

/// How large the logits are after some steps of gradient descent.
fn learned(name: &str) -> f32 {
    let device = Device::flex().autodiff();
    let config = config(name);
    let mut model = config.init(&device);
    let x = noise([4, 3, 16, 16], &device);
    let wanted = noise([4, 10, 1, 1], &device);
    let mut optimizer = SgdConfig::new().init();
    for _ in 0..3 {
        let answer = model.forward(x.clone()).remove(0);
        let loss = (answer * wanted.clone()).mean().neg();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(0.1, model, gradients);
    }
    mean_square(&model.forward(x).remove(0)).sqrt()
}

#[test]
fn a_step_with_fixup_changes_as_much_at_any_depth() {
    let [shallow, deep] = ["fixup_resnet20", "fixup_resnet110"].map(learned);
    let ratio = deep / shallow;
    assert!((0.3..3.0).contains(&ratio), "{deep} {shallow}");
}

/// The same values in a residual network.
fn as_residual(encoder: &Encoder) -> Encoder {
    let Encoder::Resnet(mut resnet) = encoder.clone() else {
        unreachable!("a ResNet")
    };
    resnet.connection = ConnectionKind::Residual;
    resnet.averages.clear();
    resnet.carries.clear();
    for block in resnet.stages.iter_mut().flatten() {
        match block {
            Block::Basic(block) => block.connection = None,
            Block::Bottleneck(block) => block.connection = None,
            _ => unreachable!("no other block is connected otherwise"),
        }
    }
    Encoder::Resnet(resnet)
}

#[test]
fn rewired_networks_start_as_residual_ones() {
    let device = Device::flex();
    let x = noise([2, 3, 32, 32], &device);
    let bottlenecks = config("preact_resnet164")
        .set("blocks", json!([2, 1]))
        .and_then(|config| config.set("shortcut", "zero_pad".into()))
        .and_then(|config| config.set("connection", json!({"dynamic_hyper": 2})))
        .expect("fields");
    let names = [
        "hc_resnet20",
        "hc_resnet56",
        "dhc_resnet20",
        "mhc_resnet20",
        "mhc_resnet56",
        "dwa_resnet20",
        "dwa_resnet56",
    ];
    for config in names.map(config).into_iter().chain([bottlenecks]) {
        let encoder = config.encoder.init(&device);
        let found = encoder.features(x.clone());
        let expected = as_residual(&encoder).features(x.clone());
        for (found, expected) in found.into_iter().zip(expected) {
            let scale = mean_square(&expected).sqrt();
            let difference = largest_difference(found, expected);
            assert!(
                difference < 1e-3 * scale,
                "{difference} {:?}",
                config.skips()
            );
        }
    }
}

#[test]
fn a_depth_average_starts_as_the_residual_network_to_the_last_bit() {
    let device = Device::flex();
    let x = noise([1, 3, 32, 32], &device);
    let encoder = config("dwa_resnet20").encoder.init(&device);
    let expected = as_residual(&encoder).forward(x.clone());
    assert_eq!(encoder.forward(x).to_data(), expected.to_data());
}

#[test]
fn an_average_reaches_back_over_stages() {
    // All weight on the stem's map: no block matters.
    let device = Device::flex();
    let x = noise([1, 3, 32, 32], &device);
    let Encoder::Resnet(mut resnet) = config("dwa_resnet20").encoder.init(&device) else {
        unreachable!("a ResNet")
    };
    let last = resnet.averages.last_mut().expect("nine");
    let first = Tensor::<2>::eye(10, &device).narrow(0, 0, 1).reshape([10]);
    last.alpha = Param::from_tensor(first);
    resnet.bn1 = NormKind::None.init(16, &device);
    let stem = conv_norm(x.clone(), stem(&resnet), &resnet.bn1, Act::Relu);
    let found = resnet.forward(x).narrow(1, 24, 16);
    let expected = stem.slice(s![.., .., ..;4, ..;4]);
    assert!(largest_difference(found, expected) < 1e-5);
}

fn stem(resnet: &ResNet) -> &Conv2d {
    match &resnet.conv1 {
        StemConv::Single(conv) => conv,
        StemConv::Deep(_) => unreachable!("a CIFAR stem"),
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let refused = |path: &str, value: serde_json::Value, name: &str| {
        let config = config(name).set(path, value).expect("a field");
        config
            .check()
            .expect_err("does not go together")
            .to_string()
    };
    assert_eq!(
        refused("connection", json!({"hyper": 4}), "resnet20"),
        "order = PostActivation: must be pre-activation where connection = Hyper(4)"
    );
    assert_eq!(
        refused("connection", json!({"manifold": 1}), "hc_resnet20"),
        "streams = 1: must be at least 2 to mix"
    );
    assert_eq!(
        refused("shortcut", "projection".into(), "hc_resnet20"),
        "shortcut = Projection: must be zero-padded where connection = Hyper(4)"
    );
    assert_eq!(
        refused("depth_average", true.into(), "mhc_resnet20"),
        "connection = Manifold(4): must be residual with depth_average"
    );
    assert_eq!(
        refused("fixup", true.into(), "resnet20"),
        "norm = Batch: must be none with fixup, which stands in for it"
    );
    assert_eq!(
        refused("shake_drop_rate", 1.0.into(), "resnet20"),
        "shake_drop_rate = 1: must be in [0, 1)"
    );
}

#[test]
fn branches_are_shaken_the_more_the_deeper_they_stand() {
    let config = config("resnet8").set("shake_drop_rate", 0.75.into());
    let text = format!("{:?}", config.expect("a field").init(&Device::flex()));
    for rate in ["0.25", "0.5", "0.75"] {
        let rate = format!("drop_probability: {rate},");
        assert!(text.contains(&rate), "{rate} in {text}");
    }
}
