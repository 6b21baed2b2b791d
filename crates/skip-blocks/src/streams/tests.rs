//! What the papers promise of hyper-connections.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Distribution, Gradients, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::layers::{Act, NormKind, conv, conv3x3, linear};
use crate::{BasicBlock, BasicBlockConfig, BottleneckConfig, Order, ShortcutKind};

fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(7));
    Tensor::from_data(data, device)
}

fn largest<const D: usize>(x: Tensor<D>) -> f32 {
    x.abs().max().into_scalar()
}

const KINDS: [ConnectionKind; 5] = [
    ConnectionKind::Hyper(1),
    ConnectionKind::Hyper(4),
    ConnectionKind::DynamicHyper(3),
    ConnectionKind::Manifold(2),
    ConnectionKind::Manifold(4),
];

fn block(kind: ConnectionKind, place: usize) -> BasicBlockConfig {
    BasicBlockConfig::new(8, 8)
        .with_order(Order::PreActivation)
        .with_shortcut(ShortcutKind::ZeroPad)
        .with_connection(kind)
        .with_place(place)
}

#[test]
fn blocks_start_as_residual_ones() {
    let device = Device::flex();
    let x = noise([2, 8, 6, 6], &device);
    for kind in KINDS {
        // Blocks that read different streams, one of which changes the shape.
        let configs = [
            block(kind, 0),
            block(kind, 1),
            BasicBlockConfig {
                out_channels: 12,
                stride: 2,
                ..block(kind, 2)
            },
        ];
        let connected: Vec<BasicBlock> =
            configs.iter().map(|config| config.init(&device)).collect();
        let residual = connected.iter().map(|block| BasicBlock {
            connection: None,
            ..block.clone()
        });
        let residual = residual.fold(x.clone(), |x, block| block.forward(x));
        let streams = connected
            .iter()
            .fold(kind.open(x.clone()), |x, block| block.forward(x));
        let scale = largest(residual.clone());
        let difference = largest(kind.close(streams) - residual);
        assert!(difference < 1e-5 * scale, "{kind:?}: {difference}");
    }
}

#[test]
fn bottlenecks_are_connected_too() {
    let device = Device::flex();
    let kind = ConnectionKind::DynamicHyper(2);
    let config = BottleneckConfig::new(8, 4)
        .with_stride(2)
        .with_order(Order::PreActivation)
        .with_shortcut(ShortcutKind::ZeroPad)
        .with_connection(kind);
    let mut block = config.init(&device);
    let x = noise([2, 8, 5, 5], &device);
    let y = kind.close(block.forward(kind.open(x.clone())));
    block.connection = None;
    assert!(largest(y - block.forward(x)) < 1e-4);
}

#[test]
fn one_stream_is_a_residual_connection_with_weights() {
    let device = Device::flex();
    let layer = conv3x3(3, 3).init(&device);
    let mut connection = HyperConnection::new(1, 5, &device);
    connection.read = Param::from_tensor(Tensor::from_floats([3.0], &device));
    connection.write = Param::from_tensor(Tensor::from_floats([0.5], &device));
    connection.carry = Param::from_tensor(Tensor::from_floats([[-2.0]], &device));
    let x = noise([2, 3, 5, 5], &device);
    let f = |x| conv(x, &layer, Act::None);
    let y = Connection::Hyper(connection).forward(x.clone(), |x| x, f);
    let expected = x.clone() * -2.0 + f(x * 3.0) * 0.5;
    assert!(largest(y - expected) < 1e-4);
}

/// A connection of two streams by these weights.
fn by_hand(read: [f32; 2], write: [f32; 2], carry: [[f32; 2]; 2], device: &Device) -> Connection {
    let mut connection = HyperConnection::new(2, 0, device);
    connection.read = Param::from_tensor(Tensor::from_floats(read, device));
    connection.write = Param::from_tensor(Tensor::from_floats(write, device));
    connection.carry = Param::from_tensor(Tensor::from_floats(carry, device));
    Connection::Hyper(connection)
}

#[test]
fn streams_put_two_layers_one_after_another_or_side_by_side() {
    // Section 3.2 of the paper: the same two layers, by their weights alone.
    let device = Device::flex();
    let f = |x: Tensor<4>| x.powi_scalar(2);
    let g = |x: Tensor<4>| x * 10.0 + 1.0;
    let two = ConnectionKind::Hyper(2);
    let x = noise([1, 1, 3, 3], &device);
    let eye = [[1.0, 0.0], [0.0, 1.0]];
    let run = |connections: [Connection; 2]| {
        let [first, second] = connections;
        let streams = first.forward(two.open(x.clone()), |x| x, f);
        second.forward(streams, |x| x, g)
    };

    let sequential = run([
        by_hand([1.0, 0.0], [1.0, 1.0], eye, &device),
        by_hand([0.0, 1.0], [1.0, 1.0], eye, &device),
    ]);
    let after_f = x.clone() + f(x.clone());
    let expected = after_f.clone() + g(after_f);
    assert!(largest(two.close(sequential) - expected) < 1e-4);

    // The second layer reads the stream to which the first wrote nothing.
    let parallel = run([
        by_hand([1.0, 0.0], [1.0, 0.0], eye, &device),
        by_hand([0.0, 1.0], [1.0, 0.0], eye, &device),
    ]);
    let expected = x.clone() + f(x.clone()) + g(x.clone());
    assert!(largest(parallel.narrow(0, 0, 1) - expected) < 1e-4);
}

#[test]
fn what_a_stream_gives_stands_in_rows() {
    let device = Device::flex();
    let connection = by_hand([1.0, 0.0], [0.0, 0.0], [[0.0, 5.0], [0.0, 0.0]], &device);
    let streams = Tensor::<1>::from_floats([1.0, 100.0], &device).reshape([2, 1, 1, 1]);
    let y = connection.forward(streams, |x| x, |x| x);
    assert_eq!(y.flatten::<1>(0, 3).to_data(), [0.0f32, 5.0].into());
}

/// A connection whose weights depend on the streams, by factors ten times those of the start.
fn trained(mut connection: ManifoldConnection, device: &Device) -> ManifoldConnection {
    let [inputs, outputs] = connection.carry.weight.dims();
    connection.carry.weight = Param::from_tensor(noise([inputs, outputs], device));
    connection.scales = Param::from_tensor(Tensor::full([3], 0.1, device));
    connection
}

fn is_doubly_stochastic(matrix: Tensor<3>, tolerance: f32) {
    assert!(matrix.clone().min().into_scalar::<f32>() >= 0.0);
    for dim in [1, 2] {
        let off = largest(matrix.clone().sum_dim(dim) - 1.0);
        assert!(off < tolerance, "{off} along {dim}");
    }
}

#[test]
fn streams_mix_by_doubly_stochastic_matrices_and_so_do_many_blocks() {
    let device = Device::flex();
    let x = noise([3 * 4, 8, 5, 5], &device);
    let mut through: Option<Tensor<3>> = None;
    for place in 0..30 {
        let connection = ManifoldConnection::new(4, 8, place, &device);
        let mixing = trained(connection, &device).mixing(x.clone());
        is_doubly_stochastic(mixing.clone(), 1e-3);
        through = Some(match through {
            Some(before) => mixing.matmul(before),
            None => mixing,
        });
    }
    let through = through.expect("thirty");
    is_doubly_stochastic(through.clone(), 1e-2);
    // Unlike any matrix, it makes nothing larger: its largest singular value is 1.
    let x = noise([3, 4, 6], &device);
    let norm = |x: Tensor<3>| x.powi_scalar(2).sum().into_scalar::<f32>();
    assert!(norm(through.matmul(x.clone())) <= 1.01 * norm(x));
}

#[test]
fn sinkhorn_finds_doubly_stochastic_matrices_of_any_logits() {
    let device = Device::flex();
    for scale in [0.1, 1.0, 3.0] {
        let logits = noise([16, 5, 5], &device) * scale;
        is_doubly_stochastic(doubly_stochastic(logits, 200), 1e-3);
    }
    // Exponentials of these overflow.
    let huge = Tensor::<2>::eye(5, &device) * 1000.0;
    is_doubly_stochastic(doubly_stochastic(huge.unsqueeze_dim(0), 20), 1e-5);
}

/// Moves all parameters a little.
struct Move(Device);

impl ModuleMapper for Move {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let moved = param.val().inner() + noise(param.dims(), &self.0) * 0.1;
        Param::from_tensor(Tensor::from_inner(moved))
    }
}

/// How large the gradients of all parameters are.
struct Slopes<'a> {
    gradients: &'a Gradients,
    found: Vec<f32>,
}

impl ModuleVisitor for Slopes<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let slope = param.val().grad(self.gradients);
        self.found.push(slope.map_or(0.0, largest));
    }
}

#[test]
fn every_weight_of_a_connection_gets_a_gradient() {
    let device = Device::flex().autodiff();
    for kind in KINDS {
        // A normalised branch would not feel how much it reads of a single stream: that slope is 0 but
        // for rounding.
        let moved = |place| {
            let mut block = block(kind, place).with_norm(NormKind::None).init(&device);
            let connection = block.connection.map(|it| it.map(&mut Move(Device::flex())));
            block.connection = connection;
            block
        };
        // Streams are alike before the first block: how they mix there makes no difference.
        let blocks = [moved(0), moved(1)];
        let x = noise([2, 8, 6, 6], &device);
        let y = blocks
            .iter()
            .fold(kind.open(x), |x, block| block.forward(x));
        let weights = noise(y.dims(), &device);
        let gradients = (y * weights).sum().backward();
        let mut slopes = Slopes {
            gradients: &gradients,
            found: vec![],
        };
        blocks[1].connection.visit(&mut slopes);
        assert!(slopes.found.len() >= 3);
        assert!(slopes.found.iter().all(|slope| *slope > 0.0), "{kind:?}");
    }
}

#[test]
fn dynamic_weights_differ_from_image_to_image() {
    let device = Device::flex();
    let mut connection = HyperConnection::new(2, 0, &device).with_dynamic(8, &device);
    let dynamic = connection.dynamic.as_mut().expect("just made");
    dynamic.write.weight = Param::from_tensor(noise([8, 1], &device));
    dynamic.beta_scale = Param::from_tensor(Tensor::ones([1], &device));
    let x = noise([2, 8, 4, 4], &device);
    let streams = ConnectionKind::Hyper(2).open(x.clone());
    let connection = Connection::Hyper(connection);
    let written = connection.forward(streams, |x| x.zeros_like(), |x| x.ones_like());
    let of_image = |image: usize| {
        written
            .clone()
            .narrow(0, 2 * image, 1)
            .max()
            .into_scalar::<f32>()
    };
    assert_ne!(of_image(0), of_image(1));
    // By the means over the pixels, divided by their root mean square.
    let means = x.narrow(0, 1, 1).mean_dim(2).mean_dim(3).reshape([1, 8]);
    let size = means
        .clone()
        .powi_scalar(2)
        .mean()
        .into_scalar::<f32>()
        .sqrt();
    let Connection::Hyper(connection) = &connection else {
        unreachable!("made above")
    };
    let layer = &connection.dynamic.as_ref().expect("just made").write;
    let expected = 1.0
        + linear(means / size, layer, Act::None)
            .tanh()
            .into_scalar::<f32>();
    assert!(
        (of_image(1) - expected).abs() < 1e-4,
        "{} {expected}",
        of_image(1)
    );
}

#[test]
#[should_panic(
    expected = "order = PostActivation: must be pre-activation where connection = Hyper(2)"
)]
fn an_activation_after_the_addition_is_refused() {
    let config = BasicBlockConfig::new(8, 8).with_connection(ConnectionKind::Hyper(2));
    config.init(&Device::flex());
}

#[test]
#[should_panic(expected = "streams = 1: must be at least 2 to mix")]
fn one_stream_cannot_mix() {
    block(ConnectionKind::Manifold(1), 0).init(&Device::flex());
}

#[test]
fn a_record_carries_a_connection() {
    let device = Device::flex();
    let kind = ConnectionKind::Manifold(2);
    let trained = trained(ManifoldConnection::new(2, 8, 0, &device), &device);
    let x = kind.open(noise([1, 8, 3, 3], &device));
    let expected = trained.mixing(x.clone());
    let loaded = ManifoldConnection::new(2, 8, 0, &device).load_record(trained.into_record());
    assert_eq!(loaded.mixing(x).to_data(), expected.to_data());
}
