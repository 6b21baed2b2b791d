use burn::config::Config;
use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, Linear, LinearConfig, linear};
use skip_blocks::seam::part;
use skip_blocks::{ConfigError, Highway, HighwayConfig};

use crate::keys::Names;
use crate::{Encode, EncoderFamily, ImageSpec, Level, Levels, Skip};

/// Configures a [`HighwayNet`].
#[derive(Config, Debug, PartialEq)]
pub struct HighwayNetConfig {
    /// Layers in all: the first, the highway layers, the classifier.
    pub depth: usize,
    /// Channels, height and width of the images. Default: 1x28x28.
    #[config(default = "ImageSpec::new(1, 28, 28)")]
    pub image: ImageSpec,
    /// Units of every layer. Default: 50, as in the paper's depth test.
    #[config(default = 50)]
    pub units: usize,
    /// See [`HighwayConfig::gate_bias`]. Default: -2.
    #[config(default = -2.0)]
    pub gate_bias: f64,
    /// Whether the layers are the highway layers' plain twins: see [`HighwayConfig::plain`].
    /// Default: not.
    #[config(default = false)]
    pub plain: bool,
    /// See [`HighwayConfig::initializer`]. Default: as Burn's linear layers.
    #[config(
        default = "Initializer::KaimingUniform { gain: 1.0 / 3f64.sqrt(), fan_out_only: false }"
    )]
    pub initializer: Initializer,
}

/// The fully connected network of the paper's depth test (section 3.1): a layer to 50 units, then
/// highway layers.
///
/// # Shapes
/// `[batch, channels, height, width]` of one size to `[batch, units, 1, 1]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, HighwayNetConfig};
///
/// let device = Device::flex();
/// let net = HighwayNetConfig::new(20).init(&device);
/// assert_eq!(net.highways.len(), 18);
/// assert_eq!(net.forward(Tensor::ones([2, 1, 28, 28], &device)).dims(), [2, 50, 1, 1]);
/// ```
#[derive(Module, Debug)]
pub struct HighwayNet {
    /// From the image to the units.
    pub fc1: Linear,
    /// The highway layers, or their plain twins.
    pub highways: Vec<Highway>,
}

impl EncoderFamily for HighwayNetConfig {
    type Network = HighwayNet;

    fn levels(&self) -> Vec<Level> {
        vec![Level {
            channels: self.units,
            reduction: self.image.height.max(self.image.width).next_power_of_two(),
        }]
    }

    /// The first layer has a weight for each pixel.
    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        [self.image.height, self.image.width]
            .contains(&image)
            .then_some(vec![1])
    }

    fn with_image(self, image: ImageSpec) -> Self {
        HighwayNetConfig::with_image(self, image)
    }

    fn with_in_channels(self, channels: usize) -> Self {
        let image = ImageSpec {
            channels,
            ..self.image
        };
        HighwayNetConfig::with_image(self, image)
    }

    fn skip(&self) -> Option<Skip> {
        (!self.plain).then_some(Skip::Gate)
    }

    fn names(&self) -> Names {
        &[("head.linear", "fc2")]
    }

    fn check(&self) -> Result<(), ConfigError> {
        ensure!(
            self.depth >= 3,
            "depth = {}: must be at least 3: the first layer, a highway layer, the classifier",
            self.depth
        );
        check::positive("image", self.image.values())?;
        check::positive("units", self.units)
    }

    fn init(&self, device: &Device) -> HighwayNet {
        check::or_panic(self.check());
        let highway = HighwayConfig::new(self.units)
            .with_gate_bias(self.gate_bias)
            .with_plain(self.plain)
            .with_initializer(self.initializer.clone());
        HighwayNet {
            fc1: LinearConfig::new(self.image.values(), self.units).init(device),
            highways: (2..self.depth).map(|_| highway.init(device)).collect(),
        }
    }
}

impl Encode for HighwayNet {
    fn walk(&self, x: Tensor<4>, _: &mut Levels) -> Tensor<4> {
        let x = linear(x.flatten::<2>(1, 3), &self.fc1, Act::Relu);
        let x = self.highways.iter().fold(x, |x, layer| {
            part(layer, [x], |layer, [x]| layer.forward(x))
        });
        let [batch, units] = x.dims();
        x.reshape([batch, units, 1, 1])
    }
}
