//! The wgpu backend on software Vulkan: blocks, joins and layers give what they give on flex, forward
//! and backward. With `MODELS=all` in the environment so do all decoders and a model of every family
//! (`model_NAME`): their programs take a driver on the processor up to half an hour each to compile,
//! unless it has kept them from before. With `MINUTES`, what is not compared when they are over is
//! passed over, which is told.
//!
//! Programs for a device are made at run time: fused, where operations follow one another, and
//! chosen by a tuner. So what upsamples, strides, concatenates or is frozen is compared again in
//! processes of their own, without fusion, and with the tuner at its least and at its most.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::nn::Identity;
use burn::store::ModuleRecord;
use burn::tensor::{Device, DeviceKind, Gradients, Tensor, TensorData};
use libtest_mimic::{Arguments, Failed, Trial};
use models::{ImageSpec, Model, ModelConfig, Variant};
use skip_blocks::layers::{
    Act, Conv2d, GlobalResponseNorm, LayerNorm2d, NormKind, Resize, act, avg_pool_ceil,
    avg_pool_same, blur_pool, conv, conv1x1, conv3x3, global_avg_pool, max_pool, max_pool_ceil,
    norm, resize, scale_channels,
};
use skip_blocks::{
    AntiAliasing, BasicBlockConfig, BottleneckConfig, ConnectionKind, DecoderStageConfig,
    DenseBlockConfig, DenseConcat, DualPathConfig, DualPathOutput, EncoderStageConfig,
    ExchangeConfig, Gated, HighwayConfig, HighwayConvConfig, Join, JoinKind, ModifierConfig, Order,
    Residual, ShortcutKind, TransitionConfig, Upsampling, parameters,
};

/// How far values may be from flex's.
#[derive(Clone, Copy)]
struct Bound {
    /// As the root of their mean square, relative to that of flex's.
    apart: f64,
    /// Values that are smaller than this, of the largest that there are, are compared with it: a
    /// gradient that is zero but for rounding.
    smallest: fn(f64) -> f64,
    /// The inputs that are drawn: the first for which all values are within the bound is enough.
    draws: u32,
}

const OF_BLOCKS: Bound = Bound {
    apart: 1e-4,
    smallest: |_| 1e-3,
    draws: 1,
};
/// A unit that is close to 0 on one device, and 0 on the other, changes gradients by more than
/// rounding; and a model adds up more of it. Which input has such a unit depends on how a processor
/// rounds. What is computed wrongly is wrong for every input.
const OF_MODELS: Bound = Bound {
    apart: 1e-2,
    smallest: |largest| 1e-3 * largest,
    draws: 5,
};

/// Processes in which some comparisons are made again.
const OTHERWISE: [(&str, (&str, &str)); 3] = [
    ("without_fusion", WITHOUT_FUSION),
    ("least_tuned", ("CUBECL_AUTOTUNE_LEVEL", "minimal")),
    ("most_tuned", ("CUBECL_AUTOTUNE_LEVEL", "full")),
];
const WITHOUT_FUSION: (&str, &str) = ("BURN_FUSION_MAX_EXPLORATIONS", "0");
/// Which: upsampling, strides, concatenation and frozen encoders, by parts of their names.
const AGAIN: [&str; 5] = ["up_", "stride", "concat", "resize_", "frozen"];
/// What Burn 0.22.1 fuses into a program with wrong gradients, by parts of their names: compared
/// without fusion alone. `fused_attention_is_still_wrong` tells when a Burn fuses it well.
const NEVER_FUSED: &str = "attention";

fn main() {
    let mut arguments = Arguments::from_args();
    // The device computes on all cores.
    arguments.test_threads = Some(1);
    let mut trials = blocks();
    trials.extend(joins());
    trials.extend(layers());
    if std::env::var("MODELS").is_ok_and(|which| which == "all") {
        trials.extend(decoders());
        trials.extend(families());
    }
    let fused = std::env::var(WITHOUT_FUSION.0).ok().as_deref() != Some(WITHOUT_FUSION.1);
    if std::env::var_os("AGAIN").is_some() {
        let chosen = |name: &str| match name.contains(NEVER_FUSED) {
            true => !fused,
            false => AGAIN.iter().any(|part| name.contains(part)),
        };
        trials.retain(|trial| chosen(trial.name()));
    } else {
        trials.retain(|trial| !trial.name().contains(NEVER_FUSED));
        trials.extend(
            OTHERWISE.map(|(name, (key, value))| Trial::test(name, move || run_again(key, value))),
        );
        trials.push(Trial::test(
            "fused_attention_is_still_wrong",
            fused_attention_is_still_wrong,
        ));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn run_again(key: &str, value: &str) -> Result<(), Failed> {
    let output = Command::new(std::env::current_exe()?)
        .env("AGAIN", "yes")
        .env(key, value)
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stdout).into_owned().into()),
    }
}

fn fused_attention_is_still_wrong() -> Result<(), Failed> {
    let join = JoinKind::Attention;
    let found = compare(
        OF_BLOCKS,
        &[MAP, MAP],
        &move |device: &Device| join.init(6, 6, device),
        &joined,
    );
    match found {
        Err(_) => Ok(()),
        Ok(()) => Err("it is right now: compare it as all others, and tell the README".into()),
    }
}

/// Of a join.
const MAP: [usize; 4] = [2, 6, 5, 4];

fn joined(join: &Join, mut maps: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
    let x = maps.pop().expect("two maps");
    vec![join.forward(maps, x)]
}

fn blocks() -> Vec<Trial> {
    const X: [usize; 4] = [2, 8, 9, 8];
    let basic = || BasicBlockConfig::new(8, 8);
    let bottleneck = || BottleneckConfig::new(8, 4);
    let strided = || BasicBlockConfig::new(8, 16).with_stride(2);
    let mut trials = vec![];
    let residual = [
        ("basic", basic()),
        ("basic_stride", strided()),
        ("basic_plain", basic().with_shortcut(ShortcutKind::Plain)),
        (
            "basic_zeros_stride",
            strided().with_shortcut(ShortcutKind::ZeroPad),
        ),
        (
            "basic_pooled_stride",
            strided().with_shortcut(ShortcutKind::PooledProjection),
        ),
        (
            "basic_before_stride",
            strided().with_order(Order::PreActivation),
        ),
        (
            "squeeze",
            basic().with_modifiers(vec![ModifierConfig::SqueezeExcitation { reduction: 4 }]),
        ),
        (
            "efficient",
            basic().with_modifiers(vec![ModifierConfig::EfficientChannelAttention]),
        ),
        (
            "spatial",
            basic().with_modifiers(vec![ModifierConfig::SpatialChannelExcitation {
                reduction: 2,
            }]),
        ),
        (
            "scaled",
            basic().with_modifiers(vec![
                ModifierConfig::LayerScale { initial: 0.5 },
                ModifierConfig::SkipInit,
            ]),
        ),
    ];
    trials.extend(residual.map(|(name, config)| {
        same(
            name,
            &[X],
            move |device| config.init(device),
            |block, x| vec![block.forward(one(x))],
        )
    }));
    let bottlenecks = [
        ("bottleneck", bottleneck()),
        ("bottleneck_stride", bottleneck().with_stride(2)),
        (
            "bottleneck_groups_stride",
            bottleneck().with_groups(2).with_stride(2),
        ),
        (
            "bottleneck_blur_stride",
            bottleneck()
                .with_stride(2)
                .with_anti_aliasing(AntiAliasing::Blur),
        ),
        (
            "bottleneck_means_stride",
            bottleneck()
                .with_stride(2)
                .with_anti_aliasing(AntiAliasing::Average),
        ),
        (
            "bottleneck_before_stride",
            bottleneck().with_stride(2).with_order(Order::PreActivation),
        ),
    ];
    trials.extend(bottlenecks.map(|(name, config)| {
        same(
            name,
            &[X],
            move |device| config.init(device),
            |block, x| vec![block.forward(one(x))],
        )
    }));
    let dual = || DualPathConfig::new(8, 8, 6, 2);
    let duals = [
        ("dual_path_concat", dual().with_groups(2)),
        ("dual_path_stride", dual().with_project(true).with_stride(2)),
        (
            "dual_path_split_concat",
            dual().with_output(DualPathOutput::Split),
        ),
    ];
    trials.extend(duals.map(|(name, config)| {
        same(
            name,
            &[X],
            move |device| config.init(device),
            |block, x| vec![block.forward(one(x))],
        )
    }));
    let frozen = || BasicBlockConfig::new(8, 8);
    trials.push(same(
        "frozen_block",
        &[X],
        move |device| vec![frozen().init(device).no_grad(), frozen().init(device)],
        |blocks, x| vec![blocks.iter().fold(one(x), |x, block| block.forward(x))],
    ));
    let several = || {
        BasicBlockConfig::new(8, 8)
            .with_order(Order::PreActivation)
            .with_shortcut(ShortcutKind::ZeroPad)
    };
    let connections = [
        ("streams", ConnectionKind::Hyper(2)),
        ("streams_dynamic", ConnectionKind::DynamicHyper(2)),
        ("streams_manifold", ConnectionKind::Manifold(2)),
    ];
    trials.extend(connections.map(|(name, kind)| {
        same(
            name,
            &[X],
            move |device| several().with_connection(kind).init(device),
            |block, x| vec![block.forward(one(x))],
        )
    }));
    trials.push(same(
        "dense_concat",
        &[X],
        |device| {
            DenseBlockConfig::new(8, 3, 4)
                .with_bottleneck(Some(2))
                .init(device)
        },
        |block, x| vec![block.forward(one(x))],
    ));
    trials.push(same(
        "transition_stride",
        &[X],
        |device| TransitionConfig::new(8).init(device),
        |block, x| vec![block.forward(one(x))],
    ));
    trials.push(same(
        "exchange_stride",
        &[[2, 4, 9, 8], [2, 8, 5, 4], [2, 6, 3, 2]],
        |device| ExchangeConfig::new(vec![4, 8, 6]).init(device),
        |block, x| block.forward(x),
    ));
    trials.push(same(
        "highway",
        &[X],
        |device| HighwayConvConfig::new(8).init(device),
        |block, x| vec![block.forward(one(x))],
    ));
    trials.push(same(
        "highway_of_units",
        &[[3, 8, 1, 1]],
        |device| HighwayConfig::new(8).init(device),
        |block, x| {
            vec![
                block
                    .forward(one(x).flatten::<2>(1, 3))
                    .unsqueeze_dims(&[2, 3]),
            ]
        },
    ));
    trials.push(same(
        "encoder_stage",
        &[X],
        |device| EncoderStageConfig::new(8, 4).init(device),
        |stage, x| {
            let (skip, down) = stage.forward(one(x));
            vec![skip, down]
        },
    ));
    for upsampling in Upsampling::ALL {
        let channels = if upsampling.mixes() { 4 } else { 8 };
        let config = DecoderStageConfig::new(8, 4, 6)
            .with_upsampling(upsampling)
            .with_up_channels(Some(channels));
        trials.push(same(
            &format!("up_{upsampling:?}").to_lowercase(),
            &[[2, 8, 5, 4], [2, 4, 9, 8]],
            move |device| config.init(device),
            |stage, mut maps| {
                let skip = maps.pop();
                vec![stage.forward(one(maps), skip, [9, 8])]
            },
        ));
    }
    trials
}

fn joins() -> Vec<Trial> {
    let kinds = [
        JoinKind::Concat,
        JoinKind::Append,
        JoinKind::Add,
        JoinKind::Gate,
        JoinKind::Attention,
        JoinKind::None,
    ];
    let mut trials: Vec<_> = kinds
        .into_iter()
        .map(|kind| {
            let name = format!("join_{kind:?}").to_lowercase();
            same(
                &name,
                &[MAP, MAP],
                move |device| kind.init(6, 6, device),
                joined,
            )
        })
        .collect();
    trials.push(same(
        "join_add_concat",
        &[MAP, MAP],
        |_| Join::add_concat(4),
        joined,
    ));
    let body = |device: &Device| conv3x3(6, 6).init(device);
    let apply = |body: &Conv2d, x: Tensor<4>| conv(x, body, Act::Gelu);
    trials.push(same(
        "around_any_body_add",
        &[MAP],
        move |device| Residual::new(body(device)),
        move |skip, x| vec![skip.forward(one(x), apply)],
    ));
    trials.push(same(
        "around_any_body_concat",
        &[MAP],
        move |device| DenseConcat::new(body(device)),
        move |skip, x| vec![skip.forward(one(x), apply)],
    ));
    trials.push(same(
        "around_any_body_gate",
        &[MAP],
        move |device| Gated::new(body(device), conv1x1(6, 6).init(device)),
        move |skip, x| vec![skip.forward(one(x), apply, |gate, x| conv(x, gate, Act::None))],
    ));
    trials
}

fn layers() -> Vec<Trial> {
    const X: [usize; 4] = [2, 8, 7, 6];
    let mut trials = vec![];
    trials.push(same(
        "norm_of_one_channel",
        &[[2, 1, 7, 6]],
        |device| NormKind::Batch.init(1, device),
        |layer, x| vec![norm(one(x), layer, Act::None)],
    ));
    trials.push(same(
        "conv_to_one_channel",
        &[X],
        |device| conv1x1(8, 1).init(device),
        |layer, x| vec![conv(one(x), layer, Act::None)],
    ));
    trials.push(same(
        "norm_and_sigmoid",
        &[X],
        |device| NormKind::Batch.init(8, device),
        |layer, x| vec![norm(one(x), layer, Act::Sigmoid)],
    ));
    let kinds = [NormKind::Batch, NormKind::Group(4), NormKind::Layer];
    trials.extend(kinds.map(|kind| {
        let name = format!("norm_{}", format!("{kind:?}").to_lowercase());
        same(
            &name,
            &[X],
            move |device| kind.init(8, device),
            |layer, x| vec![norm(one(x), layer, Act::None)],
        )
    }));
    trials.push(same(
        "norm_of_pixels",
        &[X],
        |device| LayerNorm2d::new(8, 1e-6, device),
        |layer, x| vec![layer.forward(one(x))],
    ));
    trials.push(same(
        "norm_of_responses",
        &[X],
        |device| GlobalResponseNorm::new(8, device),
        |layer, x| vec![layer.forward(one(x))],
    ));
    for by in [Resize::Nearest, Resize::Bilinear, Resize::BilinearCorners] {
        for size in [[14, 12], [15, 11], [3, 4]] {
            let name = format!("resize_{by:?}_{}x{}", size[0], size[1]).to_lowercase();
            trials.push(same(
                &name,
                &[X],
                |_| Identity::new(),
                move |_, x| vec![resize(one(x), size, by)],
            ));
        }
    }
    type Layer = fn(Tensor<4>) -> Tensor<4>;
    let without_parameters: [(&str, Layer); 12] = [
        ("pool_max_stride", |x| max_pool(x, 3, 2, 1)),
        ("pool_max_ceil_stride", max_pool_ceil),
        ("pool_mean_ceil_stride", avg_pool_ceil),
        ("pool_mean_same", avg_pool_same),
        ("pool_blur_stride", |x| blur_pool(x, 2)),
        ("pool_all", |x| global_avg_pool(x).unsqueeze_dims(&[2, 3])),
        ("scaled_channels", |x| {
            let scales = global_avg_pool(x.clone()).sum_dim(0);
            scale_channels(x, scales.squeeze_dim(0))
        }),
        ("act_relu", |x| act(x, Act::Relu)),
        ("act_gelu", |x| act(x, Act::Gelu)),
        ("act_silu", |x| act(x, Act::Silu)),
        ("act_sigmoid", |x| act(x, Act::Sigmoid)),
        ("act_leaky", |x| act(x, Act::LeakyRelu(0.01))),
    ];
    trials.extend(without_parameters.map(|(name, layer)| {
        same(
            name,
            &[X],
            |_| Identity::new(),
            move |_, x| vec![layer(one(x))],
        )
    }));
    trials
}

/// Every decoder on a small encoder, and one on an encoder that does not learn.
fn decoders() -> Vec<Trial> {
    let composed = models::list("*-resnet10_w16");
    let mut trials: Vec<_> = composed.iter().map(model).collect();
    let unet = models::find("unet-resnet10_w16").expect("a model");
    let (config, images) = small(&unet);
    trials.push(of_model("frozen_encoder", images, move |device| {
        let mut model = config.init(device);
        model.encoder = model.encoder.no_grad();
        model
    }));
    trials
}

/// The variant of every family that learns least; decoders that stand on any encoder are compared
/// already.
fn families() -> Vec<Trial> {
    let mut smallest: BTreeMap<String, Variant> = BTreeMap::new();
    let size = |variant: &Variant| variant.size().map_or(usize::MAX, |size| size.parameters);
    let own = models::list("*").into_iter();
    for variant in own.filter(|variant| !variant.name().contains('-')) {
        let encoder = serde_json::to_value(&variant.config().encoder).expect("JSON");
        let family = encoder["family"].to_string();
        let other = smallest.get(&family);
        if other.is_none_or(|other| size(&variant) < size(other)) {
            smallest.insert(family, variant);
        }
    }
    smallest.values().map(model).collect()
}

fn model(variant: &Variant) -> Trial {
    let (config, images) = small(variant);
    of_model(variant.name(), images, move |device| config.init(device))
}

/// A comparison of a model, if there is time.
fn of_model(
    name: &str,
    images: [usize; 4],
    init: impl Fn(&Device) -> Model + Send + 'static,
) -> Trial {
    let forward = |model: &Model, x| model.forward(one(x));
    let name = format!("model_{name}");
    Trial::test(name.clone(), move || match time_left() {
        None => compare(OF_MODELS, &[images], &init, &forward),
        Some(left) => compare_within(left, &name),
    })
}

/// What is left of `MINUTES`, where there are any.
fn time_left() -> Option<Duration> {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let minutes = std::env::var("MINUTES").ok()?;
    let minutes: u64 = minutes.parse().expect("MINUTES: a number");
    Some(Duration::from_secs(60 * minutes).saturating_sub(START.elapsed()))
}

/// A comparison in a process of its own, since a driver that compiles cannot be stopped otherwise.
fn compare_within(time: Duration, name: &str) -> Result<(), Failed> {
    let start = Instant::now();
    let mut process = Command::new(std::env::current_exe()?)
        .args(["--nocapture", "--exact", name])
        .env_remove("MINUTES")
        .spawn()?;
    while start.elapsed() < time {
        match process.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{name}: {status}").into()),
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    process.kill()?;
    process.wait()?;
    println!("NOT COMPARED: the minutes are over");
    Ok(())
}

/// For images that are large enough, for a normalisation too, with nothing drawn at random, and with
/// an activation that has no kink, where the family lets it be chosen: a unit that is close to 0 on
/// one device, and 0 on the other, changes gradients by more than rounding.
fn small(variant: &Variant) -> (ModelConfig, [usize; 4]) {
    let config = variant.config();
    let mut sizes = [64, 28, 128, 192, 256].into_iter();
    let size = sizes.find(|&size| config.answer_size(size, size).is_ok());
    let size = size.expect("a model takes images of some size");
    let channels = variant.input().channels;
    let fields = config.fields().into_iter();
    let others = fields.filter_map(|(path, value)| match path.ends_with("drop_rate") {
        true => Some((path, 0.0.into())),
        false => (value == "relu").then(|| (path, "silu".into())),
    });
    let config = others.fold(config.clone(), |config, (path, value)| {
        config.set(&path, value).expect("it may be chosen")
    });
    let config = config.with_image(ImageSpec::new(channels, size, size));
    (config, [2, channels, size, size])
}

fn one(mut maps: Vec<Tensor<4>>) -> Tensor<4> {
    maps.pop().expect("a map")
}

/// A comparison of a block or layer with the same parameters on flex and on wgpu: what goes out, and
/// the gradients of what goes in and of what learns.
fn same<M: Module + 'static>(
    name: &str,
    inputs: &[[usize; 4]],
    init: impl Fn(&Device) -> M + Send + 'static,
    forward: impl Fn(&M, Vec<Tensor<4>>) -> Vec<Tensor<4>> + Send + 'static,
) -> Trial {
    let inputs = inputs.to_vec();
    Trial::test(name, move || compare(OF_BLOCKS, &inputs, &init, &forward))
}

fn compare<M: Module>(
    bound: Bound,
    inputs: &[[usize; 4]],
    init: &impl Fn(&Device) -> M,
    forward: &impl Fn(&M, Vec<Tensor<4>>) -> Vec<Tensor<4>>,
) -> Result<(), Failed> {
    let flex = Device::flex().autodiff();
    let wgpu = Device::wgpu(DeviceKind::Cpu).autodiff();
    let module = init(&flex).map(&mut Redraw::default());
    let bytes = module.clone().into_record().into_bytes()?;
    let copy = init(&wgpu).load_record(ModuleRecord::from_bytes(bytes)?);
    let mut found = Ok(());
    for draw in 1..=bound.draws {
        let expected = values(&module, inputs, draw, forward, &flex);
        let values = values(&copy, inputs, draw, forward, &wgpu);
        found = within(bound, &expected, &values);
        if found.is_ok() {
            break;
        }
    }
    found
}

/// Values by their name.
type Named = (String, Vec<f32>);

fn within(bound: Bound, expected: &[Named], found: &[Named]) -> Result<(), Failed> {
    let sizes = expected.iter().map(|(_, values)| size(values));
    let smallest = (bound.smallest)(sizes.fold(1.0, f64::max));
    let mut faults = vec![];
    let mut furthest = 0.0_f64;
    for ((what, expected), (also, found)) in expected.iter().zip(found) {
        assert_eq!(what, also);
        let apart = apart(found, expected) / size(expected).max(smallest);
        furthest = furthest.max(apart);
        if apart.is_nan() || apart > bound.apart {
            faults.push(format!("{what}: {apart:.1e}"));
        }
    }
    println!("furthest {furthest:.1e}");
    match faults.is_empty() && expected.len() == found.len() {
        true => Ok(()),
        false => Err(format!(
            "further than {} from flex: {}",
            bound.apart,
            faults.join(", ")
        )
        .into()),
    }
}

/// The root of the mean square.
fn size(values: &[f32]) -> f64 {
    let squares = values.iter().map(|value| f64::from(*value).powi(2));
    (squares.sum::<f64>() / values.len() as f64).sqrt()
}

/// The same of the difference.
fn apart(found: &[f32], expected: &[f32]) -> f64 {
    let pairs = found.iter().zip(expected);
    size(&pairs.map(|(a, b)| a - b).collect::<Vec<_>>())
}

/// What goes out, and all gradients, by name.
fn values<M: Module>(
    module: &M,
    inputs: &[[usize; 4]],
    draw: u32,
    forward: &impl Fn(&M, Vec<Tensor<4>>) -> Vec<Tensor<4>>,
    device: &Device,
) -> Vec<Named> {
    let mut noise = Noise(draw);
    let inputs: Vec<_> = inputs
        .iter()
        .map(|dims| Tensor::<4>::from_data(noise.data(*dims), device).require_grad())
        .collect();
    let outputs = forward(module, inputs.clone());
    let mut found = vec![];
    let mut losses = vec![];
    for (index, output) in outputs.into_iter().enumerate() {
        found.push((format!("output {index}"), read(output.clone())));
        let weights = Tensor::<4>::from_data(noise.data(output.dims()), device);
        losses.push((output * weights).sum());
    }
    let loss = losses.into_iter().reduce(|a, b| a + b).expect("an output");
    let gradients = loss.backward();
    for (index, input) in inputs.iter().enumerate() {
        if let Some(gradient) = input.grad(&gradients) {
            found.push((format!("gradient of input {index}"), read(gradient)));
        }
    }
    let paths = parameters(module).into_iter();
    let mut learning = Learning {
        paths: paths
            .map(|parameter| (parameter.id, parameter.path))
            .collect(),
        gradients: &gradients,
        found,
    };
    module.visit(&mut learning);
    learning.found
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("f32")
}

struct Learning<'a> {
    paths: BTreeMap<ParamId, String>,
    gradients: &'a Gradients,
    found: Vec<Named>,
}

impl ModuleVisitor for Learning<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad(self.gradients) {
            let name = format!("gradient of {}", self.paths[&param.id]);
            self.found.push((name, read(gradient)));
        }
    }
}

/// The same values whatever other tests draw: Burn's own generator serves the whole process.
struct Noise(u32);

impl Noise {
    fn data<const D: usize>(&mut self, dims: [usize; D]) -> TensorData {
        let values = (0..dims.iter().product()).map(|_| {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
        });
        TensorData::new(values.collect::<Vec<f32>>(), dims)
    }
}

/// Nothing that learns is left at 0 or 1, where it would not show.
struct Redraw(Noise);

impl Default for Redraw {
    fn default() -> Self {
        Self(Noise(7))
    }
}

impl ModuleMapper for Redraw {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let learns = param.val().is_require_grad();
        param.map(|tensor| {
            let noise = Tensor::from_data(self.0.data(tensor.dims()), &tensor.device());
            match (learns, D) {
                (true, 1) => (tensor.detach() + noise * 0.2).detach().require_grad(),
                _ => tensor,
            }
        })
    }
}
