//! Looking inside: what is watched, cut, scaled, replaced and counted is what it is called.

use burn::module::{Module, Param};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;
use skip_blocks::layers::{Act, Conv2d, NormKind, conv, conv1x1};
use skip_blocks::seam::{Seam, UnknownPart, part};
use skip_blocks::{
    BasicBlock, BasicBlockConfig, BottleneckConfig, DecoderStage, DecoderStageConfig,
    FixupBlockConfig, HighwayConv, HighwayConvConfig, JoinKind, NormFreeBlockConfig, Order,
    Residual,
};

#[derive(Module, Debug)]
struct Network {
    stem: Conv2d,
    blocks: Vec<BasicBlock>,
    gated: HighwayConv,
    up: DecoderStage,
}

impl Network {
    fn new(device: &Device) -> Self {
        let block = BasicBlockConfig::new(4, 4);
        Self {
            stem: conv1x1(2, 4).init(device),
            blocks: (0..2).map(|_| block.init(device)).collect(),
            gated: HighwayConvConfig::new(4).init(device),
            up: DecoderStageConfig::new(4, 4, 3).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = conv(x, &self.stem, Act::None);
        let skip = self.blocks.iter().fold(x, |x, block| {
            part(block, [x], |block, [x]| block.forward(x))
        });
        let x = self.gated.forward(skip.clone());
        let [_, _, height, width] = skip.dims();
        let x = x.slice([0..1, 0..4, 0..height / 2, 0..width / 2]);
        self.up.forward(x, Some(skip), [height, width])
    }
}

fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(5));
    Tensor::from_data(data, device)
}

fn seen(network: &Network, x: &Tensor<4>, pattern: &str) -> Result<Vec<String>, UnknownPart> {
    let seam = Seam::of(network).watch(pattern)?;
    let (_, record) = seam.run(|| network.forward(x.clone()));
    Ok(record
        .seen()
        .iter()
        .map(|seen| seen.path().to_string())
        .collect())
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("floats")
}

#[test]
fn parts_are_seen_by_their_paths_in_the_order_of_computation() -> Result<(), UnknownPart> {
    let device = Device::flex();
    let network = Network::new(&device);
    let x = noise([1, 2, 6, 6], &device);
    assert_eq!(seen(&network, &x, "stem")?, ["stem"]);
    // A block, and the layers in it, of which the first has the same first parameter.
    assert_eq!(
        seen(&network, &x, "blocks.1*")?,
        [
            "blocks.1.downsample",
            "blocks.1.bn1",
            "blocks.1.bn2",
            "blocks.1.branch",
            "blocks.1"
        ]
    );
    assert_eq!(
        seen(&network, &x, "gated*")?,
        ["gated.transform", "gated.gate", "gated.gate"]
    );
    Ok(())
}

#[test]
fn what_is_seen_is_what_was_computed() -> Result<(), UnknownPart> {
    let device = Device::flex();
    let network = Network::new(&device);
    let x = noise([1, 2, 6, 6], &device);
    let seam = Seam::of(&network).watch("stem")?.watch("gated.gate")?;
    let (_, record) = seam.run(|| network.forward(x.clone()));
    let stem = record.find("stem").expect("watched");
    assert_eq!(stem.shape(), [1, 4, 6, 6]);
    let expected = network.stem.forward(x);
    let expected = values(expected);
    let mean = expected.iter().sum::<f32>() / expected.len() as f32;
    let squares: f32 = expected.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / expected.len() as f32).sqrt();
    assert!((stem.deviation() - f64::from(deviation)).abs() < 1e-5);
    for (found, expected) in values(stem.values()).iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5);
    }
    // The second of the gate is how far it opens: a sigmoid, of a bias of -2 mostly.
    let opening = values(record.seen()[2].values());
    assert!(opening.iter().all(|&t| t > 0.0 && t < 1.0));
    Ok(())
}

#[test]
fn the_gradient_of_an_output_is_that_of_the_parts_after_it() -> Result<(), UnknownPart> {
    let device = Device::flex().autodiff();
    let network = Network::new(&device);
    let x = noise([1, 2, 6, 6], &device);
    let seam = Seam::of(&network).watch("up.conv.bn2")?;
    let (y, record) = seam.run(|| network.forward(x));
    let gradients = (y * 3.0).sum().backward();
    let gradient = record.seen()[0].gradient(&gradients).expect("reached");
    assert!(values(gradient).iter().all(|&value| value == 3.0));
    Ok(())
}

#[test]
fn watching_changes_nothing() -> Result<(), UnknownPart> {
    let device = Device::flex().autodiff();
    let network = Network::new(&device);
    let x = noise([1, 2, 6, 6], &device);
    let plain = network.forward(x.clone());
    let (watched, _) = Seam::of(&network).watch("*")?.run(|| network.forward(x));
    let difference = (plain - watched).abs().max().into_scalar::<f32>();
    assert!(difference < 1e-5, "{difference}");
    Ok(())
}

#[test]
fn a_cut_long_skip_carries_nothing() -> Result<(), UnknownPart> {
    let device = Device::flex();
    let network = Network::new(&device);
    let x = noise([1, 4, 3, 3], &device);
    let with = |value: f64, seam: &Seam| {
        let skip = Tensor::full([1, 4, 6, 6], value, &device);
        let forward = || network.up.forward(x.clone(), Some(skip), [6, 6]);
        values(seam.run(forward).0)
    };
    let open = Seam::of(&network);
    assert_ne!(with(0.0, &open), with(5.0, &open));
    let cut = Seam::of(&network).cut("up.join")?;
    assert_eq!(with(5.0, &cut), with(0.0, &open));
    let halved = Seam::of(&network).scale("up.join", 0.5)?;
    assert_eq!(with(4.0, &halved), with(2.0, &open));
    let skip = noise([1, 4, 6, 6], &device);
    let mean = skip.clone().mean_dims(&[2, 3]).expand([1, 4, 6, 6]);
    let forward = |skip: Tensor<4>| network.up.forward(x.clone(), Some(skip), [6, 6]);
    let averaged = Seam::of(&network).average("up.join")?;
    let (y, _) = averaged.run(|| forward(skip));
    for (y, expected) in values(y).iter().zip(values(forward(mean))) {
        assert!((y - expected).abs() < 1e-5, "{y} {expected}");
    }
    let other = Tensor::<4>::full([1, 4, 6, 6], 2.0, &device);
    let replaced = Seam::of(&network).replace("up.join", other)?;
    assert_eq!(with(4.0, &replaced), with(2.0, &open));
    Ok(())
}

#[test]
fn a_cut_shortcut_leaves_the_branch() -> Result<(), UnknownPart> {
    let device = Device::flex();
    let network = Network::new(&device);
    let block = &network.blocks[1];
    let x = noise([1, 4, 5, 5], &device).abs();
    let cut = Seam::of(&network).cut("blocks.1.downsample")?;
    let (y, _) = cut.run(|| block.forward(x.clone()));
    let difference = block.forward(x.clone()) - y;
    // After the ReLU, what is missing is the shortcut or what was left of it.
    let excess = (difference - x).max().into_scalar::<f32>();
    assert!(excess < 1e-5, "{excess}");
    Ok(())
}

const ORDERS: [Order; 2] = [Order::PostActivation, Order::PreActivation];

#[test]
fn a_cut_branch_leaves_the_shortcut() -> Result<(), UnknownPart> {
    let device = Device::flex();
    // After the ReLU at the end of some blocks it is still itself.
    let x = noise([1, 8, 5, 5], &device).abs();
    type Forward<'a> = &'a dyn Fn(Tensor<4>) -> Tensor<4>;
    let passed = |block: Seam, forward: Forward<'_>| -> Result<(), UnknownPart> {
        let cut = block.cut("branch")?;
        let (y, _) = cut.run(|| forward(x.clone()));
        assert_eq!(values(y), values(x.clone()));
        Ok(())
    };
    for order in ORDERS {
        let basic = BasicBlockConfig::new(8, 8).with_order(order).init(&device);
        passed(Seam::of(&basic), &|x| basic.forward(x))?;
        let bottleneck = BottleneckConfig::new(8, 2).with_order(order).init(&device);
        passed(Seam::of(&bottleneck), &|x| bottleneck.forward(x))?;
    }
    let basic = BasicBlockConfig::new(8, 8).with_norm(NormKind::None);
    let mut fixup = FixupBlockConfig::new(basic.into(), 1).init(&device);
    fixup.convs[1].after = Param::from_tensor(Tensor::ones([1], &device));
    passed(Seam::of(&fixup), &|x| fixup.forward(x))?;
    let mut free = NormFreeBlockConfig::new(8, 2).init(&device);
    free.conv3 = free.conv3.with_gain(1.0);
    passed(Seam::of(&free), &|x| free.forward(x))?;
    let skip = Residual::new(conv1x1(8, 8).init(&device));
    passed(Seam::of(&skip), &|x| skip.forward(x, Conv2d::forward))
}

#[test]
fn a_branch_is_what_is_added_to_the_shortcut() -> Result<(), UnknownPart> {
    let device = Device::flex();
    let block = BasicBlockConfig::new(4, 4).with_order(Order::PreActivation);
    let block = block.init(&device);
    let x = noise([1, 4, 5, 5], &device);
    let seam = Seam::of(&block).watch("branch")?;
    let (y, record) = seam.run(|| block.forward(x.clone()));
    let branch = values(record.seen()[0].values());
    for ((y, x), branch) in values(y).iter().zip(values(x)).zip(branch) {
        assert!((y - x - branch).abs() < 1e-5);
    }
    Ok(())
}

#[test]
fn the_gradients_of_both_paths_add_up() -> Result<(), UnknownPart> {
    let device = Device::flex().autodiff();
    let x = noise([2, 4, 5, 5], &device).require_grad();
    for order in ORDERS {
        let block = BasicBlockConfig::new(4, 4).with_order(order).init(&device);
        let of = |seam: Seam| {
            let (y, _) = seam.run(|| block.forward(x.clone()));
            let gradients = (y.clone() * y.clone()).sum().backward();
            (values(y), values(x.grad(&gradients).expect("reached")))
        };
        let (y, whole) = of(Seam::of(&block));
        let (by_branch, branch) = of(Seam::of(&block).detach("downsample")?);
        let (by_shortcut, shortcut) = of(Seam::of(&block).detach("branch")?);
        for ((y, by_branch), by_shortcut) in y.iter().zip(by_branch).zip(by_shortcut) {
            assert!((y - by_branch).abs() < 1e-5 && (y - by_shortcut).abs() < 1e-5);
        }
        for ((whole, branch), shortcut) in whole.iter().zip(branch).zip(shortcut) {
            assert!(
                (whole - branch - shortcut).abs() < 1e-3,
                "{whole} {branch} {shortcut}"
            );
        }
    }
    Ok(())
}

#[test]
fn recomputed_parts_are_cut_the_second_time_too() -> Result<(), UnknownPart> {
    let device = Device::flex().autodiff();
    let network = Network::new(&device);
    let x = noise([1, 2, 6, 6], &device).require_grad();
    let seam = Seam::of(&network).cut("blocks.*.downsample")?;
    let of = |seam: &Seam| {
        let (y, _) = seam.run(|| network.forward(x.clone()));
        let gradients = (y.clone() * y).sum().backward();
        values(x.grad(&gradients).expect("reached"))
    };
    let plain = of(&seam);
    let recomputed = of(&seam.recompute("blocks")?);
    for (plain, recomputed) in plain.iter().zip(recomputed) {
        assert!((plain - recomputed).abs() < 1e-4, "{plain} {recomputed}");
    }
    Ok(())
}

#[test]
fn multiply_adds_are_counted_by_layer() {
    let device = Device::flex();
    let network = Network::new(&device);
    let x = noise([1, 2, 6, 6], &device);
    let (_, record) = Seam::of(&network).count().run(|| network.forward(x));
    let pixels = 6 * 6;
    let by_layer = record.macs_by_layer();
    assert_eq!(by_layer[0], ("stem".to_string(), 2 * 4 * pixels));
    assert_eq!(
        by_layer[1],
        ("blocks.0.conv1".to_string(), 4 * 4 * 9 * pixels)
    );
    let sum: u64 = by_layer.iter().map(|(_, macs)| macs).sum();
    assert_eq!(record.macs(), sum);
}

#[test]
fn every_join_can_be_named() -> Result<(), UnknownPart> {
    let device = Device::flex();
    for kind in [JoinKind::Concat, JoinKind::Add, JoinKind::Gate] {
        let stage = DecoderStageConfig::new(4, 4, 2)
            .with_join(kind)
            .init(&device);
        let x = noise([1, 4, 3, 3], &device);
        let with = |value: f64, seam: &Seam| {
            let skip = Tensor::full([1, 4, 6, 6], value, &device);
            values(seam.run(|| stage.forward(x.clone(), Some(skip), [6, 6])).0)
        };
        let cut = Seam::of(&stage).cut("join")?;
        assert_eq!(with(1.0, &cut), with(2.0, &cut), "{kind:?}");
    }
    Ok(())
}

#[test]
fn a_part_that_is_not_there_is_named_with_those_that_are() {
    let network = Network::new(&Device::flex());
    let error = Seam::of(&network)
        .watch("block.*")
        .map(drop)
        .expect_err("no such part");
    assert!(
        error.to_string().starts_with(
            "no part of the network is called 'block.*'; there are: blocks, blocks.0, "
        ),
        "{error}"
    );
}
