use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};

use crate::check;
use crate::layers::{
    BatchNorm, BatchNormConfig, Conv2d, bn_relu, branch, concat, conv, conv_bn_relu, conv1x1,
    conv3x3,
};

/// Configures a [`DenseLayer`].
#[derive(Config, Debug)]
pub struct DenseLayerConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels that the layer adds (`k` in the paper).
    pub growth_rate: usize,
    /// Channels between the convolutions, as a multiple of the growth rate (4 in the paper), where
    /// a 1x1 convolution goes before the 3x3. Default: none, the 3x3 alone.
    #[config(default = "None")]
    pub bottleneck: Option<usize>,
    /// Probability that a new value is dropped in training. Default: 0.
    #[config(default = 0.0)]
    pub drop_probability: f64,
}

/// A layer of a dense block: `y = [x, F(x)]`, `F = conv2(relu(norm2(conv1(relu(norm1(x))))))` with
/// a 1x1 bottleneck, `F = conv2(relu(norm1(x)))` without; `conv2` is 3x3.
///
/// From "Densely Connected Convolutional Networks" (Huang et al. 2016,
/// <https://arxiv.org/abs/1608.06993>), section 3.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to `[batch, in_channels + growth_rate, height, width]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::DenseLayerConfig;
///
/// let device = Device::flex();
/// let layer = DenseLayerConfig::new(16, 12).init(&device);
/// let x = Tensor::<4>::ones([1, 16, 5, 5], &device);
/// let y = layer.forward(x.clone());
/// assert_eq!(y.dims(), [1, 28, 5, 5]);
/// // The input stands unchanged before what is new.
/// assert_eq!(y.narrow(1, 0, 16).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct DenseLayer {
    /// Normalisation of the input.
    pub norm1: BatchNorm,
    /// The 1x1 convolution, if the layer has a bottleneck.
    pub conv1: Option<Conv2d>,
    /// The normalisation after it.
    pub norm2: Option<BatchNorm>,
    /// The 3x3 convolution.
    pub conv2: Conv2d,
    /// Drops new values in training.
    pub dropout: Dropout,
}

impl DenseLayerConfig {
    /// Makes the layer.
    ///
    /// # Panics
    /// Panics if a size is zero or the drop probability is outside `[0, 1)`.
    pub fn init(&self, device: &Device) -> DenseLayer {
        let Self {
            in_channels,
            growth_rate,
            bottleneck,
            drop_probability,
        } = *self;
        check::positive("in_channels", in_channels);
        check::positive("growth_rate", growth_rate);
        check::probability("drop_probability", drop_probability);
        if let Some(multiple) = bottleneck {
            check::positive("bottleneck", multiple);
        }
        let hidden = bottleneck.map(|multiple| multiple * growth_rate);
        DenseLayer {
            norm1: BatchNormConfig::new(in_channels).init(device),
            conv1: hidden.map(|hidden| conv1x1(in_channels, hidden).init(device)),
            norm2: hidden.map(|hidden| BatchNormConfig::new(hidden).init(device)),
            conv2: conv3x3(hidden.unwrap_or(in_channels), growth_rate).init(device),
            dropout: DropoutConfig::new(drop_probability).init(),
        }
    }
}

impl DenseLayer {
    /// `[x, F(x)]`. See [`DenseLayer`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, kept] = branch(x);
        concat(kept, self.new_features(x))
    }

    /// `F(x)`: only what the layer adds, `[batch, growth_rate, height, width]`.
    pub fn new_features(&self, x: Tensor<4>) -> Tensor<4> {
        let x = bn_relu(x, &self.norm1);
        let x = match (&self.conv1, &self.norm2) {
            (Some(conv1), Some(norm2)) => conv_bn_relu(x, conv1, norm2),
            _ => x,
        };
        self.dropout.forward(conv(x, &self.conv2))
    }
}
