use burn::config::Config;
use skip_blocks::layers::{Act, Conv2dConfig, NormKind, padded_conv};
use skip_blocks::{DualPathConfig, DualPathOutput};

/// Added to the variances of all normalisations.
pub(super) const EPSILON: f64 = 1e-3;

/// Configures a [`Dpn`](super::Dpn).
#[derive(Config, Debug, PartialEq)]
pub struct DpnConfig {
    /// How many blocks each stage has. All stages but the first halve the size.
    pub blocks: Vec<usize>,
    /// Channels that each block of a stage adds on its dense path.
    pub growth: Vec<usize>,
    /// Channels of the 3x3 convolutions of the first stage; they double with each stage.
    pub width: usize,
    /// Groups of the 3x3 convolutions.
    pub groups: usize,
    /// Channels after the stem.
    pub stem_channels: usize,
    /// Height and width of the stem's kernel. Default: 7.
    #[config(default = 7)]
    pub stem_kernel: usize,
    /// Channels of the residual path of the first stage; they double with each stage. Default: 256.
    #[config(default = 256)]
    pub residual: usize,
    /// How the last convolution of each block is kept. Default: joint.
    #[config(default = "DualPathOutput::Joint")]
    pub output: DualPathOutput,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation of the blocks. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// The activation of the stem, and after the last block. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub outer_act: Act,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

impl DpnConfig {
    /// The stem's convolution.
    pub(super) fn stem(&self) -> Conv2dConfig {
        padded_conv(self.in_channels, self.stem_channels, self.stem_kernel)
            .with_stride([2; 2])
            .with_bias(self.norm.wants_bias())
    }

    /// The blocks of each stage.
    pub(super) fn stages(&self) -> Vec<Vec<DualPathConfig>> {
        let mut channels = self.stem_channels;
        let stage = |(stage, (&blocks, &growth)): (usize, (&usize, &usize))| {
            let block = |index: usize| {
                let config = DualPathConfig::new(
                    channels,
                    self.width << stage,
                    self.residual << stage,
                    growth,
                )
                .with_groups(self.groups)
                .with_project(index == 0)
                .with_stride(if index == 0 && stage > 0 { 2 } else { 1 })
                .with_output(self.output)
                .with_norm(self.norm)
                .with_epsilon(EPSILON)
                .with_act(self.act);
                channels = config.out_channels();
                config
            };
            (0..blocks).map(block).collect()
        };
        let plan = self.blocks.iter().zip(&self.growth);
        plan.enumerate().map(stage).collect()
    }
}
