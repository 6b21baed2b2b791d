use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError};
use crate::join::{Join, JoinKind};
use crate::layers::{
    Act, Conv2d, Dropout, DropoutConfig, Norm, NormKind, conv, conv_norm, conv1x1, conv3x3,
    dropout, norm, split,
};

/// Configures a [`DenseLayer`].
#[derive(Config, Debug, PartialEq)]
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
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
}

/// A layer of a dense block: `y = [x, F(x)]`, `F = conv2(act(norm2(conv1(act(norm1(x))))))` with
/// a 1x1 bottleneck, `F = conv2(act(norm1(x)))` without; `conv2` is 3x3.
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
    pub norm1: Norm,
    /// The 1x1 convolution, if the layer has a bottleneck.
    pub conv1: Option<Conv2d>,
    /// The normalisation after it.
    pub norm2: Norm,
    /// The 3x3 convolution.
    pub conv2: Conv2d,
    /// Drops new values in training.
    pub dropout: Dropout,
    /// Puts what is new beside the input.
    pub join: Join,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl DenseLayerConfig {
    /// Whether the layer can be made.
    ///
    /// # Errors
    /// If a size is zero, the drop probability is outside `[0, 1)`, or the normalisation cannot be
    /// made.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("in_channels", self.in_channels)?;
        check::positive("growth_rate", self.growth_rate)?;
        check::probability("drop_probability", self.drop_probability)?;
        self.norm.check(self.in_channels)?;
        if let Some(multiple) = self.bottleneck {
            check::positive("bottleneck", multiple)?;
            self.norm.check(multiple * self.growth_rate)?;
        }
        Ok(())
    }

    /// Makes the layer.
    ///
    /// # Panics
    /// Panics where [`DenseLayerConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> DenseLayer {
        check::or_panic(self.check());
        let Self {
            in_channels,
            growth_rate,
            norm,
            ..
        } = *self;
        let hidden = self.bottleneck.map(|multiple| multiple * growth_rate);
        let bias = norm.wants_bias();
        DenseLayer {
            norm1: norm.init(in_channels, device),
            conv1: hidden.map(|hidden| conv1x1(in_channels, hidden).with_bias(bias).init(device)),
            norm2: match hidden {
                Some(hidden) => norm.init(hidden, device),
                None => NormKind::None.init(in_channels, device),
            },
            conv2: conv3x3(hidden.unwrap_or(in_channels), growth_rate)
                .with_bias(bias)
                .init(device),
            dropout: DropoutConfig::new(self.drop_probability).init(),
            join: JoinKind::Concat.init(in_channels, growth_rate, device),
            act: self.act,
        }
    }
}

impl DenseLayer {
    /// `[x, F(x)]`. See [`DenseLayer`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, kept] = split(x);
        self.join.forward(vec![kept], self.new_features(x))
    }

    /// `F(x)`: only what the layer adds, `[batch, growth_rate, height, width]`.
    pub fn new_features(&self, x: Tensor<4>) -> Tensor<4> {
        let x = norm(x, &self.norm1, self.act);
        let x = match &self.conv1 {
            Some(conv1) => conv_norm(x, conv1, &self.norm2, self.act),
            None => x,
        };
        dropout(conv(x, &self.conv2, Act::None), &self.dropout)
    }
}
