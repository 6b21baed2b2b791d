//! Reversible blocks: their inputs follow from their outputs, and they learn what they would learn
//! if everything was kept.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Distribution, Gradients, Tensor, TensorData};
use rand::SeedableRng;
use rand::rngs::StdRng;
use skip_blocks::layers::{Norm, concat};
use skip_blocks::seam::{Seam, part};
use skip_blocks::{
    BasicBlock, BasicBlockConfig, LayerScale, Order, Reversible, ShortcutKind, StochasticDepth,
    halves, parameters, reversible,
};

type Block = Reversible<BasicBlock>;

/// The random values of one test: Burn's generator serves the whole process.
struct Random(StdRng);

impl Random {
    fn values<const D: usize>(&mut self, dims: [usize; D], device: &Device) -> Tensor<D> {
        let inputs: usize = dims[1..].iter().product();
        let deviation = match D {
            4 if dims[2] == 3 => (1.0 / inputs as f64).sqrt(),
            _ => 1.0,
        };
        let normal = Distribution::Normal(0.0, deviation);
        let data = TensorData::random::<f32, _, _>(dims, normal, &mut self.0);
        Tensor::from_data(data, device)
    }
}

impl ModuleMapper for Random {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let is_weight = D == 4;
        match is_weight {
            true => {
                let values = self.values(param.dims(), &param.device());
                param.map(|weight| match weight.is_require_grad() {
                    true => values.require_grad(),
                    false => values,
                })
            }
            false => param,
        }
    }
}

/// Blocks of activations and convolutions in turn, without shortcuts of their own.
fn blocks(count: usize, random: &mut Random, device: &Device) -> Vec<Block> {
    let body = BasicBlockConfig::new(3, 3)
        .with_order(Order::PreActivation)
        .with_shortcut(ShortcutKind::Plain);
    let mut body = || body.init(device).map(random);
    let block = |_| Reversible {
        f: body(),
        g: body(),
    };
    (0..count).map(block).collect()
}

fn kept(blocks: &[Block], x: Tensor<4>) -> Tensor<4> {
    let y = blocks
        .iter()
        .fold(halves(x), |x, block| block.forward(x, BasicBlock::forward));
    concat(y.to_vec())
}

fn reversed(blocks: &[Block], x: Tensor<4>) -> Tensor<4> {
    reversible(blocks, x, BasicBlock::forward)
}

fn close<const D: usize>(found: Tensor<D>, expected: Tensor<D>, tolerance: f32, what: &str) {
    let scale = expected.clone().abs().max().into_scalar::<f32>().max(1e-3);
    let difference = (found - expected).abs().max().into_scalar::<f32>();
    assert!(
        difference <= tolerance * scale,
        "{what}: {difference} of {scale}"
    );
}

#[test]
fn the_input_follows_from_the_output() {
    let device = Device::flex();
    let mut random = Random(StdRng::seed_from_u64(1));
    let blocks = blocks(6, &mut random, &device);
    let x = random.values([2, 6, 7, 5], &device);
    let y = halves(kept(&blocks, x.clone()));
    let found = blocks
        .iter()
        .rev()
        .fold(y, |y, block| block.inverse(y, BasicBlock::forward));
    close(concat(found.to_vec()), x, 1e-5, "input");
}

/// All derivatives of a step: of the input, and of every parameter by its path.
fn derivatives(
    blocks: &[Block],
    x: &Tensor<4>,
    forward: impl Fn(&[Block], Tensor<4>) -> Tensor<4>,
) -> (Tensor<4>, Gradients) {
    let y = forward(blocks, x.clone());
    let loss = (y.clone() * y.clone()).sum() + y.clone().sum();
    (y, loss.backward())
}

fn means(blocks: &[Block]) -> Vec<Tensor<1>> {
    let bodies = blocks.iter().flat_map(|block| [&block.f, &block.g]);
    let norms = bodies.flat_map(|body| [&body.bn1, &body.bn2]);
    let mean = |norm: &Norm| match norm {
        Norm::Batch(norm) => norm.running_mean.value_sync(),
        _ => unreachable!("the default is a batch normalisation"),
    };
    norms.map(mean).collect()
}

#[test]
fn what_is_reversed_has_the_derivatives_of_what_is_kept() {
    let device = Device::flex().autodiff();
    let mut random = Random(StdRng::seed_from_u64(2));
    let plain = blocks(4, &mut random, &device);
    // The same weights, and running statistics of its own.
    let again = blocks(4, &mut Random(StdRng::seed_from_u64(2)), &device);
    let x = random.values([3, 6, 8, 7], &device).require_grad();
    for step in 0..2 {
        let (y, of_kept) = derivatives(&plain, &x, kept);
        let (z, of_reversed) = derivatives(&again, &x, reversed);
        close(z, y, 1e-5, "result");
        let of_x = |gradients| x.grad(gradients).expect("reached");
        close(of_x(&of_reversed), of_x(&of_kept), 1e-4, "input");
        for (index, (one, other)) in plain.iter().zip(&again).enumerate() {
            for (one, other) in [(&one.f, &other.f), (&one.g, &other.g)] {
                let weights = [(&one.conv1, &other.conv1), (&one.conv2, &other.conv2)];
                for (one, other) in weights {
                    let expected = one.weight.val().grad(&of_kept).expect("reached");
                    let found = other.weight.val().grad(&of_reversed).expect("reached");
                    close(found, expected, 1e-4, &format!("block {index}"));
                }
                let (Norm::Batch(one), Norm::Batch(other)) = (&one.bn1, &other.bn1) else {
                    unreachable!("the default is a batch normalisation")
                };
                let expected = one.gamma.val().grad(&of_kept).expect("reached");
                let found = other.gamma.val().grad(&of_reversed).expect("reached");
                close(found, expected, 1e-4, &format!("scales of block {index}"));
            }
        }
        for (found, expected) in means(&again).into_iter().zip(means(&plain)) {
            close(
                found,
                expected,
                1e-4,
                &format!("running mean of step {step}"),
            );
        }
    }
}

#[test]
fn frozen_parameters_want_no_derivatives_and_the_others_have_theirs() {
    let device = Device::flex().autodiff();
    let mut random = Random(StdRng::seed_from_u64(3));
    let mut blocks = blocks(3, &mut random, &device);
    blocks[0] = blocks[0].clone().no_grad();
    blocks[1].g = blocks[1].g.clone().no_grad();
    let x = random.values([2, 6, 5, 5], &device);
    let (_, gradients) = derivatives(&blocks, &x, reversed);
    let (_, expected) = derivatives(&blocks, &x, kept);
    let gradient = |block: &BasicBlock, gradients| block.conv2.weight.val().grad(gradients);
    assert!(gradient(&blocks[0].f, &gradients).is_none());
    assert!(gradient(&blocks[1].g, &gradients).is_none());
    for body in [&blocks[1].f, &blocks[2].f, &blocks[2].g] {
        let found = gradient(body, &gradients).expect("reached");
        let expected = gradient(body, &expected).expect("reached");
        close(found, expected, 1e-4, "weights");
    }
}

#[derive(Module, Debug)]
struct Dropping {
    scale: LayerScale,
    drop: StochasticDepth,
}

#[test]
fn what_was_dropped_is_dropped_again() {
    let device = Device::flex().autodiff();
    let body = || Dropping {
        scale: LayerScale::new(3, 1.0, &device),
        drop: StochasticDepth::new(0.5),
    };
    let block = Reversible {
        f: body(),
        g: body(),
    };
    let apply = |body: &Dropping, x| body.drop.forward(body.scale.forward(x));
    let x = Random(StdRng::seed_from_u64(4)).values([40, 6, 2, 2], &device);
    for half in 0..2 {
        let y = reversible(std::slice::from_ref(&block), x.clone(), apply);
        let y = halves(y)[half].clone();
        let gradients = y.clone().sum().backward();
        // Scales of 1: their derivatives are the sums of what their branch gave.
        let branch = (y - halves(x.clone())[half].clone()).inner();
        let expected = branch.sum_dim(0).sum_dim(2).sum_dim(3).reshape([3]);
        let body = [&block.f, &block.g][half];
        let found = body.scale.gamma.val().grad(&gradients).expect("reached");
        close(found, expected, 1e-4, "scales");
    }
}

#[derive(Module, Debug)]
struct Network {
    blocks: Vec<Block>,
}

#[test]
fn bodies_are_parts_and_all_may_be_computed_again() {
    let device = Device::flex().autodiff();
    let mut random = Random(StdRng::seed_from_u64(5));
    let network = Network {
        blocks: blocks(2, &mut random, &device),
    };
    let x = random.values([2, 6, 5, 5], &device).require_grad();
    let seam = Seam::of(&network).watch("blocks.1.g").expect("a part");
    let (y, record) = seam.run(|| reversed(&network.blocks, x.clone()));
    let gradients = y.sum().backward();
    let gradient = record.seen()[0].gradient(&gradients).expect("reached");
    assert_eq!(gradient.max().into_scalar::<f32>(), 1.0);

    // In a part that is computed again, and with each body computed again.
    let gradient = |y: Tensor<4>| x.grad(&(y.clone() * y).sum().backward()).expect("reached");
    let expected = gradient(kept(&network.blocks, x.clone()));
    let whole = |network: &Network, [x]: [Tensor<4>; 1]| reversed(&network.blocks, x);
    let holder = Holder { network };
    for pattern in ["network", "network.blocks.*.f"] {
        let seam = Seam::of(&holder).recompute(pattern).expect("a part");
        let (y, _) = seam.run(|| part(&holder.network, [x.clone()], whole));
        close(gradient(y), expected.clone(), 1e-4, pattern);
    }
}

#[derive(Module, Debug)]
struct Holder {
    network: Network,
}

#[test]
fn a_block_of_too_many_parameters_is_kept() {
    let device = Device::flex().autodiff();
    let mut random = Random(StdRng::seed_from_u64(6));
    let mut body = || Many {
        blocks: blocks(3, &mut random, &device),
    };
    let block = Reversible {
        f: body(),
        g: body(),
    };
    assert!(parameters(&block).len() > 64);
    let apply = |body: &Many, x: Tensor<4>| {
        let y = kept(&body.blocks, concat(vec![x.clone(), x]));
        halves(y)[0].clone()
    };
    let x = Tensor::<4>::ones([1, 6, 4, 4], &device);
    let y = reversible(std::slice::from_ref(&block), x, apply);
    let gradients = y.sum().backward();
    let first = &block.f.blocks[0].f.conv1.weight;
    assert!(first.val().grad(&gradients).is_some());
}

#[derive(Module, Debug)]
struct Many {
    blocks: Vec<Block>,
}

#[test]
#[should_panic(expected = "channels = 5: must be even")]
fn an_odd_number_of_channels_has_no_halves() {
    halves(Tensor::ones([1, 5, 2, 2], &Device::flex()));
}

#[test]
#[should_panic(expected = "the body gives [1, 1, 2, 2] for [1, 2, 2, 2]: it must keep the shape")]
fn a_body_that_changes_the_shape_is_refused() {
    let device = Device::flex().autodiff();
    let body = || LayerScale::new(2, 1.0, &device);
    let block = Reversible {
        f: body(),
        g: body(),
    };
    let x = Tensor::ones([1, 4, 2, 2], &device);
    reversible(&[block], x, |_, x| x.narrow(1, 0, 1));
}
