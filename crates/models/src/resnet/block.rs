use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::{
    BasicBlock, BasicBlockConfig, Bottleneck, BottleneckConfig, ConfigError, FixupBlock,
    FixupBlockConfig, FixupOf,
};

/// The block that a [`ResNet`](super::ResNet) repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BlockKind {
    /// [`BasicBlock`]
    Basic,
    /// [`Bottleneck`]
    Bottleneck,
}

/// A residual block of any kind.
#[derive(Module, Debug)]
pub enum Block {
    /// See [`BasicBlock`].
    Basic(BasicBlock),
    /// See [`Bottleneck`].
    Bottleneck(Bottleneck),
    /// See [`FixupBlock`].
    Fixup(FixupBlock),
}

/// The configuration of a residual block of any kind.
pub(super) enum BlockConfig {
    Basic(BasicBlockConfig),
    Bottleneck(BottleneckConfig),
    Fixup(FixupBlockConfig),
}

impl BlockConfig {
    /// Started by Fixup, in a network of so many blocks.
    pub fn fixup(of: impl Into<FixupOf>, blocks: usize) -> Self {
        Self::Fixup(FixupBlockConfig::new(of.into(), blocks))
    }

    pub fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::Basic(config) => config.check(),
            Self::Bottleneck(config) => config.check(),
            Self::Fixup(config) => config.check(),
        }
    }

    pub fn init(&self, device: &Device) -> Block {
        match self {
            Self::Basic(config) => Block::Basic(config.init(device)),
            Self::Bottleneck(config) => Block::Bottleneck(config.init(device)),
            Self::Fixup(config) => Block::Fixup(config.init(device)),
        }
    }
}

impl Block {
    /// Applies the block.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Basic(block) => block.forward(x),
            Self::Bottleneck(block) => block.forward(x),
            Self::Fixup(block) => block.forward(x),
        }
    }
}
