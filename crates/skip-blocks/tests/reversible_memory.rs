//! The memory of a step of training: of reversible blocks it does not grow with their number.
//!
//! The allocator counts for the whole process, so this is its only test.

use burn::tensor::{Device, Tensor};
use peak_alloc::PeakAlloc;
use skip_blocks::layers::concat;
use skip_blocks::{
    BasicBlock, BasicBlockConfig, Order, Reversible, ShortcutKind, halves, reversible,
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

type Block = Reversible<BasicBlock>;

/// What goes through the blocks.
const MAP: [usize; 4] = [2, 8, 96, 96];

fn kept(blocks: &[Block], x: Tensor<4>) -> Tensor<4> {
    let y = blocks
        .iter()
        .fold(halves(x), |x, block| block.forward(x, BasicBlock::forward));
    concat(y.to_vec())
}

fn reversed(blocks: &[Block], x: Tensor<4>) -> Tensor<4> {
    reversible(blocks, x, BasicBlock::forward)
}

/// The most bytes that a step through so many blocks takes besides the blocks and the images.
fn peak(count: usize, forward: fn(&[Block], Tensor<4>) -> Tensor<4>) -> f64 {
    let device = Device::flex().autodiff();
    let body = BasicBlockConfig::new(4, 4)
        .with_order(Order::PreActivation)
        .with_shortcut(ShortcutKind::Plain);
    let body = || body.init(&device);
    let block = |_| Reversible {
        f: body(),
        g: body(),
    };
    let blocks: Vec<Block> = (0..count).map(block).collect();
    let x = Tensor::ones(MAP, &device).require_grad();
    // The first step makes what is lazy, and memory that is used again.
    let step = || forward(&blocks, x.clone()).sum().backward();
    step();
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let gradients = step();
    let peak = ALLOCATOR.peak_usage() - before;
    assert!(x.grad(&gradients).is_some());
    peak as f64
}

#[test]
fn the_memory_of_reversible_blocks_does_not_grow_with_depth() {
    let [few, many] = [4, 16];
    let bytes = (MAP.iter().product::<usize>() * size_of::<f32>()) as f64;
    // In maps that a block takes. What a block learns, and its place in the graph, takes a little.
    let grows = |forward| (peak(many, forward) - peak(few, forward)) / (many - few) as f64 / bytes;
    let (reversed, kept) = (grows(reversed), grows(kept));
    assert!(reversed < 0.1, "{reversed}");
    assert!(kept > 3.0, "{kept}");
}
