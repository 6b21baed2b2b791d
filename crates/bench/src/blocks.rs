//! Blocks alone, for those who use `skip-blocks` without `models`.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use models::ImageSpec;
use skip_blocks::{
    BasicBlock, BasicBlockConfig, Bottleneck, BottleneckConfig, DecoderStage, DecoderStageConfig,
    DenseBlock, DenseBlockConfig, EncoderStage, EncoderStageConfig, HighwayConv, HighwayConvConfig,
};

const CHANNELS: usize = 64;

/// A kind of block. All take the same input, of 64 channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind {
    Basic,
    Bottleneck,
    Dense,
    Highway,
    Encoder,
    Decoder,
}

impl BlockKind {
    pub const ALL: [Self; 6] = [
        Self::Basic,
        Self::Bottleneck,
        Self::Dense,
        Self::Highway,
        Self::Encoder,
        Self::Decoder,
    ];

    /// What goes in.
    pub const IMAGE: ImageSpec = ImageSpec {
        channels: CHANNELS,
        height: 56,
        width: 56,
    };

    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Bottleneck => "bottleneck",
            Self::Dense => "dense",
            Self::Highway => "highway",
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
        }
    }

    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub fn init(self, device: &Device) -> Block {
        match self {
            Self::Basic => Block::Basic(BasicBlockConfig::new(CHANNELS, CHANNELS).init(device)),
            Self::Bottleneck => {
                Block::Bottleneck(BottleneckConfig::new(CHANNELS, CHANNELS / 4).init(device))
            }
            Self::Dense => Block::Dense(
                DenseBlockConfig::new(CHANNELS, 4, CHANNELS / 4)
                    .with_bottleneck(Some(4))
                    .init(device),
            ),
            Self::Highway => Block::Highway(HighwayConvConfig::new(CHANNELS).init(device)),
            Self::Encoder => {
                Block::Encoder(EncoderStageConfig::new(CHANNELS, CHANNELS).init(device))
            }
            Self::Decoder => Block::Decoder(
                DecoderStageConfig::new(2 * CHANNELS, CHANNELS, CHANNELS).init(device),
            ),
        }
    }
}

/// A block of any kind.
#[derive(Module, Debug)]
pub(crate) enum Block {
    Basic(BasicBlock),
    Bottleneck(Bottleneck),
    Dense(DenseBlock),
    Highway(HighwayConv),
    Encoder(EncoderStage),
    Decoder(DecoderStage),
}

/// What goes into a block.
#[derive(Clone, Debug)]
pub(crate) struct BlockInput {
    /// `[batch, channels, height, width]`
    pub x: Tensor<4>,
    /// What a decoder gets from below, `x` being its skip:
    /// `[batch, 2 * channels, ceil(height / 2), ceil(width / 2)]`
    pub below: Tensor<4>,
}

impl Block {
    /// What goes out: two tensors of an encoder, else one.
    pub fn forward(&self, input: BlockInput) -> Vec<Tensor<4>> {
        let BlockInput { x, below } = input;
        match self {
            Self::Basic(block) => vec![block.forward(x)],
            Self::Bottleneck(block) => vec![block.forward(x)],
            Self::Dense(block) => vec![block.forward(x)],
            Self::Highway(block) => vec![block.forward(x)],
            Self::Encoder(stage) => {
                let (skip, down) = stage.forward(x);
                vec![skip, down]
            }
            Self::Decoder(stage) => {
                let size = [x.dims()[2], x.dims()[3]];
                vec![stage.forward(below, Some(x), size)]
            }
        }
    }

    /// Something to learn from: the mean of what goes out.
    pub fn loss(&self, input: BlockInput) -> Tensor<1> {
        let outputs = self.forward(input);
        let means = outputs.into_iter().map(Tensor::mean).collect();
        Tensor::cat(means, 0).mean()
    }
}
