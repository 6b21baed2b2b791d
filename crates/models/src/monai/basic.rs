use burn::config::Config;
use burn::tensor::Device;
use skip_blocks::layers::{Act, NormKind};
use skip_blocks::{ConfigError, JoinKind};

use super::names;
use crate::keys::Names;
use crate::{DecoderFamily, Level, UNetDecoder, UNetDecoderConfig};

/// Configures the way up of MONAI's `BasicUNet`: a [`UNetDecoder`] whose convolutions have biases.
///
/// "U-Net: deep learning for cell counting, detection, and morphometry" (Falk et al. 2019,
/// <https://doi.org/10.1038/s41592-018-0261-2>).
#[derive(Config, Debug, PartialEq)]
pub struct MonaiBasicDecoderConfig {
    /// How the long skips are joined. Default: concat.
    #[config(default = "JoinKind::Concat")]
    pub join: JoinKind,
    /// The normalisation. Default: instance.
    #[config(default = "NormKind::Instance")]
    pub norm: NormKind,
    /// The activation. Default: leaky ReLU of 0.1.
    #[config(default = "Act::LeakyRelu(0.1)")]
    pub act: Act,
}

impl MonaiBasicDecoderConfig {
    fn unet(&self) -> UNetDecoderConfig {
        UNetDecoderConfig::new()
            .with_join(self.join)
            .with_norm(self.norm)
            .with_bias(true)
            .with_act(self.act)
    }
}

impl DecoderFamily for MonaiBasicDecoderConfig {
    type Network = UNetDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        self.unet().outputs(levels)
    }

    fn carries_skips(&self) -> bool {
        self.unet().carries_skips()
    }

    fn whole_name(&self, levels: &[Level], path: &str) -> Option<String> {
        names::basic(levels, path)
    }

    fn names(&self) -> Names {
        &[]
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        self.unet().check(levels)
    }

    fn init(&self, levels: &[Level], device: &Device) -> UNetDecoder {
        self.unet().init(levels, device)
    }
}
