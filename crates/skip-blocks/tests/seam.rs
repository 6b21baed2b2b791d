//! Looking inside: what is watched, cut, scaled, replaced and counted is what it is called.

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;
use skip_blocks::layers::{Act, Conv2d, conv, conv1x1};
use skip_blocks::seam::{Seam, UnknownPart, part};
use skip_blocks::{
    BasicBlock, BasicBlockConfig, DecoderStage, DecoderStageConfig, HighwayConv, HighwayConvConfig,
    JoinKind,
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
