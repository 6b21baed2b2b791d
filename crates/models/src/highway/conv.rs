use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, Conv2d, conv, max_pool, padded_conv};
use skip_blocks::seam::part;
use skip_blocks::{ConfigError, HighwayConv, HighwayConvConfig};

use crate::keys::Names;
use crate::{Encode, EncoderFamily, ImageSpec, Level, Levels, Skip};

/// Configures a [`HighwayConvNet`].
#[derive(Config, Debug, PartialEq)]
pub struct HighwayConvNetConfig {
    /// Highway layers of each stage; a max pooling stands between stages.
    pub layers: Vec<usize>,
    /// Channels of every layer. Default: 16.
    #[config(default = 16)]
    pub channels: usize,
    /// See [`HighwayConvConfig::gate_bias`]. Default: -2.
    #[config(default = -2.0)]
    pub gate_bias: f64,
    /// Channels of the images. Default: 3.
    #[config(default = 3)]
    pub in_channels: usize,
}

/// A convolutional highway network: a convolution, then stages of highway layers with a 2x2 max
/// pooling between them.
///
/// After section 4 of the paper, whose networks end in fully connected layers that fix the input's
/// size; here any size works.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to a map of each stage, of half the size of the one before
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, HighwayConvNetConfig};
///
/// let device = Device::flex();
/// let net = HighwayConvNetConfig::new(vec![2, 2]).init(&device);
/// let maps = net.features(Tensor::ones([2, 3, 33, 32], &device));
/// assert_eq!(maps[1].dims(), [2, 16, 16, 16]);
/// ```
#[derive(Module, Debug)]
pub struct HighwayConvNet {
    /// From the image's channels to the layers'.
    pub conv1: Conv2d,
    /// The stages of highway layers.
    pub stages: Vec<Vec<HighwayConv>>,
}

impl EncoderFamily for HighwayConvNetConfig {
    type Network = HighwayConvNet;

    fn levels(&self) -> Vec<Level> {
        let level = |stage: usize| Level {
            channels: self.channels,
            reduction: 1 << stage,
        };
        (0..self.layers.len()).map(level).collect()
    }

    /// Poolings drop a rest at the edge.
    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        let sizes: Vec<_> = (0..self.layers.len()).map(|stage| image >> stage).collect();
        (sizes.last()? > &0).then_some(sizes)
    }

    fn with_image(self, image: ImageSpec) -> Self {
        self.with_in_channels(image.channels)
    }

    fn skip(&self) -> Option<Skip> {
        Some(Skip::Gate)
    }

    fn names(&self) -> Names {
        &[("head.linear", "fc")]
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            !self.layers.is_empty(),
            "layers = []: must be one or more stages"
        );
        check::positive("in_channels", self.in_channels)?;
        self.layer().check()
    }

    fn init(&self, device: &Device) -> HighwayConvNet {
        check::or_panic(self.check());
        let stage = |&layers: &usize| (0..layers).map(|_| self.layer().init(device)).collect();
        HighwayConvNet {
            conv1: padded_conv(self.in_channels, self.channels, 3)
                .with_bias(true)
                .init(device),
            stages: self.layers.iter().map(stage).collect(),
        }
    }
}

impl HighwayConvNetConfig {
    fn layer(&self) -> HighwayConvConfig {
        HighwayConvConfig::new(self.channels).with_gate_bias(self.gate_bias)
    }
}

impl Encode for HighwayConvNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let mut x = conv(x, &self.conv1, Act::Relu);
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = max_pool(levels.pass(x), 2, 2, 0);
            }
            x = stage.iter().fold(x, |x, layer| {
                part(layer, [x], |layer, [x]| layer.forward(x))
            });
        }
        x
    }
}
