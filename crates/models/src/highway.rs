//! Highway networks: learned gates between each layer and its input.
//!
//! "Training Very Deep Networks" (Srivastava et al. 2015, <https://arxiv.org/abs/1507.06228>).

use burn::config::Config;
use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{
    Conv2d, Linear, LinearConfig, conv_relu, global_avg_pool, linear, max_pool, padded_conv,
};
use skip_blocks::{Highway, HighwayConfig, HighwayConv, HighwayConvConfig};

/// Configures a [`HighwayNet`].
#[derive(Config, Debug)]
pub struct HighwayNetConfig {
    /// Layers in all: the first, the highway layers, the classifier.
    pub depth: usize,
    /// Values of one image: channels * height * width.
    pub inputs: usize,
    /// Units of every layer. Default: 50, as in the paper's depth test.
    #[config(default = 50)]
    pub units: usize,
    /// See [`HighwayConfig::gate_bias`]. Default: -2.
    #[config(default = -2.0)]
    pub gate_bias: f64,
    /// How many classes are told apart. Default: 10.
    #[config(default = 10)]
    pub classes: usize,
}

/// The fully connected network of the paper's depth test (section 3.1): a layer to 50 units,
/// highway layers, a classifier.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, classes]`, not normalised (logits)
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::HighwayNetConfig;
///
/// let device = Device::flex();
/// let net = HighwayNetConfig::new(20, 28 * 28).init(&device);
/// assert_eq!(net.highways.len(), 18);
/// assert_eq!(net.forward(Tensor::ones([2, 1, 28, 28], &device)).dims(), [2, 10]);
/// ```
#[derive(Module, Debug)]
pub struct HighwayNet {
    /// From the image to the units.
    pub fc1: Linear,
    /// The highway layers.
    pub highways: Vec<Highway>,
    /// The classifier.
    pub fc2: Linear,
}

impl HighwayNetConfig {
    /// Makes the network.
    ///
    /// # Panics
    /// Panics if the depth leaves no highway layer, or a size is zero.
    pub fn init(&self, device: &Device) -> HighwayNet {
        assert!(
            self.depth >= 3,
            "depth = {}: must be at least 3: the first layer, a highway layer, the classifier",
            self.depth
        );
        let highway = HighwayConfig::new(self.units).with_gate_bias(self.gate_bias);
        HighwayNet {
            fc1: LinearConfig::new(self.inputs, self.units).init(device),
            highways: (2..self.depth).map(|_| highway.init(device)).collect(),
            fc2: LinearConfig::new(self.units, self.classes).init(device),
        }
    }
}

impl HighwayNet {
    /// Applies the network. See [`HighwayNet`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = relu(linear(x.flatten::<2>(1, 3), &self.fc1));
        let x = self.highways.iter().fold(x, |x, layer| layer.forward(x));
        linear(x, &self.fc2)
    }
}

/// Configures a [`HighwayConvNet`].
#[derive(Config, Debug)]
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
    /// How many classes are told apart. Default: 10.
    #[config(default = 10)]
    pub classes: usize,
}

/// A convolutional highway network: a convolution, stages of highway layers with a 2x2 max pooling
/// between them, the mean, a classifier.
///
/// After section 4 of the paper, whose networks end in fully connected layers that fix the input's
/// size; here the mean makes any size work.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to `[batch, classes]`, not normalised (logits)
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::HighwayConvNetConfig;
///
/// let device = Device::flex();
/// let net = HighwayConvNetConfig::new(vec![2, 2]).init(&device);
/// assert_eq!(net.forward(Tensor::ones([2, 3, 32, 32], &device)).dims(), [2, 10]);
/// ```
#[derive(Module, Debug)]
pub struct HighwayConvNet {
    /// From the image's channels to the layers'.
    pub conv1: Conv2d,
    /// The stages of highway layers.
    pub stages: Vec<Vec<HighwayConv>>,
    /// The classifier.
    pub fc: Linear,
}

impl HighwayConvNetConfig {
    /// Makes the network.
    ///
    /// # Panics
    /// Panics if there is no stage, or a size is zero.
    pub fn init(&self, device: &Device) -> HighwayConvNet {
        assert!(
            !self.layers.is_empty(),
            "layers = []: must be one or more stages"
        );
        let highway = HighwayConvConfig::new(self.channels).with_gate_bias(self.gate_bias);
        let stage = |&layers: &usize| (0..layers).map(|_| highway.init(device)).collect();
        HighwayConvNet {
            conv1: padded_conv(self.in_channels, self.channels, 3)
                .with_bias(true)
                .init(device),
            stages: self.layers.iter().map(stage).collect(),
            fc: LinearConfig::new(self.channels, self.classes).init(device),
        }
    }
}

impl HighwayConvNet {
    /// Applies the network. See [`HighwayConvNet`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let mut x = conv_relu(x, &self.conv1);
        for (index, stage) in self.stages.iter().enumerate() {
            if index > 0 {
                x = max_pool(x, 2, 2, 0);
            }
            x = stage.iter().fold(x, |x, layer| layer.forward(x));
        }
        linear(global_avg_pool(x), &self.fc)
    }
}
