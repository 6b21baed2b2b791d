use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, branches};
use skip_blocks::seam::{Mark, part};
use skip_blocks::{BasicBlock, ConvNorm, Exchange};

use super::config::HrNetConfig;

/// Basic blocks for each map, then an exchange between them.
///
/// # Shapes
/// maps of several sizes to the same
#[derive(Module, Debug)]
pub struct HrModule {
    /// The blocks of each map.
    pub branches: Vec<Vec<BasicBlock>>,
    /// Adds the maps to each other.
    pub exchange: Exchange,
}

/// How a map begins in a stage.
#[derive(Module, Debug)]
pub enum HrTransition {
    /// As the stage before left it.
    Keep(Mark),
    /// With other channels.
    Change(ConvNorm),
    /// Of the smallest map before, in halvings.
    Down(Vec<ConvNorm>),
}

impl HrModule {
    /// A module for so many maps.
    pub(super) fn new(config: &HrNetConfig, maps: usize, device: &Device) -> Self {
        let branch = |channels| {
            let block = config.block(channels);
            (0..config.blocks).map(|_| block.init(device)).collect()
        };
        Self {
            branches: config.channels(maps).into_iter().map(branch).collect(),
            exchange: config.exchange(maps).init(device),
        }
    }

    /// Applies the blocks, and exchanges.
    pub fn forward(&self, maps: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
        let maps = self.branches.iter().zip(maps);
        let maps = maps.map(|(blocks, map)| {
            blocks.iter().fold(map, |x, block| {
                part(block, [x], |block, [x]| block.forward(x))
            })
        });
        self.exchange.forward(maps.collect())
    }
}

/// From maps of the channels `before` to one for each of `after`.
pub(super) fn transition(
    config: &HrNetConfig,
    before: &[usize],
    after: &[usize],
    device: &Device,
) -> Vec<HrTransition> {
    let layer = |from: usize, to: usize, stride: usize| {
        let conv = config.conv(from, to).with_stride([stride; 2]);
        ConvNorm::new(conv, config.norm, device)
    };
    let smallest = before.len() - 1;
    let path = |(index, &to): (usize, &usize)| match before.get(index) {
        Some(&from) if from == to => HrTransition::Keep(Mark::new()),
        Some(&from) => HrTransition::Change(layer(from, to, 1)),
        None => {
            let from = before[smallest];
            let halving = |step: usize| layer(from, if step == index { to } else { from }, 2);
            HrTransition::Down((before.len()..=index).map(halving).collect())
        }
    };
    after.iter().enumerate().map(path).collect()
}

/// Begins a stage: the smallest map before is that of all paths that have none of their own.
pub(super) fn begin(paths: &[HrTransition], mut maps: Vec<Tensor<4>>, act: Act) -> Vec<Tensor<4>> {
    if let Some(smallest) = maps.pop() {
        let uses = paths.len() - maps.len();
        maps.extend(branches(smallest, uses));
    }
    let paths = paths.iter().zip(maps);
    paths.map(|(path, map)| path.forward(map, act)).collect()
}

impl HrTransition {
    fn forward(&self, x: Tensor<4>, act: Act) -> Tensor<4> {
        match self {
            Self::Keep(_) => x,
            Self::Change(layer) => layer.forward(x, act),
            Self::Down(layers) => layers.iter().fold(x, |x, layer| layer.forward(x, act)),
        }
    }
}
