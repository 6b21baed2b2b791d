use burn::config::Config;
use skip_blocks::layers::Act;
use skip_blocks::{ModifierConfig, NormFreeBlockConfig};

/// Configures an [`NfResNet`](super::NfResNet).
#[derive(Config, Debug, PartialEq)]
pub struct NfResNetConfig {
    /// How many blocks each stage has. All stages but the first start with a stride of 2.
    pub blocks: Vec<usize>,
    /// Channels of the stem, and planes of the first stage; they double with each stage. Default:
    /// 64.
    #[config(default = 64)]
    pub width: usize,
    /// How much of each branch is added. Default: 0.2.
    #[config(default = 0.2)]
    pub alpha: f64,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// Attention at the end of each branch. Default: none.
    #[config(default = "None")]
    pub attention: Option<ModifierConfig>,
    /// Whether branches start with zeros by a scalar, as in the paper, and not by the gains of their
    /// last convolution, as in timm. Default: not.
    #[config(default = false)]
    pub skip_init: bool,
    /// Stochastic depth: the probability that a sample skips the last block. It grows linearly from
    /// 0 at the first. Default: 0.
    #[config(default = 0.0)]
    pub drop_path_rate: f64,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

impl NfResNetConfig {
    /// The blocks of each stage, each for the variance that the one before gives.
    pub(super) fn stages(&self) -> Vec<Vec<NormFreeBlockConfig>> {
        let last = self.blocks.iter().sum::<usize>().saturating_sub(1).max(1);
        let mut place = 0;
        let (mut channels, mut variance) = (self.width, 1.0);
        let mut stages = vec![];
        for (stage, &blocks) in self.blocks.iter().enumerate() {
            let block = |index: usize| {
                let block = NormFreeBlockConfig::new(channels, self.width << stage)
                    .with_variance(variance)
                    .with_alpha(self.alpha)
                    .with_stride(if index == 0 && stage > 0 { 2 } else { 1 })
                    .with_act(self.act)
                    .with_attention(self.attention.clone())
                    .with_skip_init(self.skip_init)
                    .with_drop_probability(self.drop_path_rate * place as f64 / last as f64);
                place += 1;
                (channels, variance) = (block.out_channels(), block.out_variance());
                block
            };
            stages.push((0..blocks).map(block).collect());
        }
        stages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_are_those_of_timm() {
        let stages = NfResNetConfig::new(vec![2, 3]).stages();
        let variances: Vec<_> = stages
            .iter()
            .flatten()
            .map(|block| block.variance)
            .collect();
        // It starts anew at the first block of each stage.
        let expected = [1.0, 1.04, 1.08, 1.04, 1.08];
        for (found, expected) in variances.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }
}
