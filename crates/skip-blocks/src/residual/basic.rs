use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::ending::{
    Ending, Order, Zeroed, carried, check_connection, post_activation, pre_activation,
    pre_activation_shortcut,
};
use crate::anti_aliasing::AntiAliasing;
use crate::check::{self, ConfigError};
use crate::layers::{
    Act, Conv2d, Conv2dConfig, Dropout, DropoutConfig, Norm, NormKind, conv_norm, dilated_conv3x3,
    dropout, norm, split,
};
use crate::modifiers::{self, Modifier, ModifierConfig};
use crate::seam::Mark;
use crate::shortcut::{Carried, Shortcut, ShortcutConfig, ShortcutKind};
use crate::streams::{Connection, ConnectionKind};

/// Configures a [`BasicBlock`].
#[derive(Config, Debug, PartialEq)]
pub struct BasicBlockConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// Stride of the first convolution. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// Distance of the taps of the first convolution, to see farther without a stride (Yu and
    /// Koltun 2015, <https://arxiv.org/abs/1511.07122>). Default: 1.
    #[config(default = 1)]
    pub first_dilation: usize,
    /// Distance of the taps of the second convolution. Default: 1.
    #[config(default = 1)]
    pub dilation: usize,
    /// Where normalisations and activations stand. Default: after the convolutions.
    #[config(default = "Order::PostActivation")]
    pub order: Order,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// Whether the convolutions have biases although they are normalised. Default: not.
    #[config(default = false)]
    pub bias: bool,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// The short path. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// What takes the stride over from the first convolution. Default: nothing.
    #[config(default = "AntiAliasing::None")]
    pub anti_aliasing: AntiAliasing,
    /// Whether the branch gives zeros at first: its last normalisation, or in pre-activation blocks
    /// its last convolution, starts with zeros (Goyal et al. 2017,
    /// <https://arxiv.org/abs/1706.02677>, section 5.1). Default: not.
    #[config(default = false)]
    pub zero_init_last: bool,
    /// Probability that a value before the second convolution is dropped in training (Zagoruyko and
    /// Komodakis 2016, <https://arxiv.org/abs/1605.07146>, section 2.4). Default: 0.
    #[config(default = 0.0)]
    pub drop_probability: f64,
    /// Applied to the branch in order, before it is added. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
    /// How the branch is connected to what passes it. Several streams need blocks that activate
    /// first, and a zero-padded shortcut. Default: by one stream.
    #[config(default = "ConnectionKind::Residual")]
    pub connection: ConnectionKind,
    /// Which block of a network it is, from 0: of several streams, it starts by reading that of this
    /// number. Default: 0.
    #[config(default = 0)]
    pub place: usize,
}

/// The basic residual block, both convolutions 3x3, `S` the [`Shortcut`], `M` the modifiers. After
/// the convolutions:
/// `y = act(S(x) + M(bn2(conv2(act(bn1(conv1(x)))))))`; before them:
/// `y = S(x) + M(conv2(act(bn2(conv1(act(bn1(x)))))))`.
///
/// From "Deep Residual Learning for Image Recognition" (He et al. 2015,
/// <https://arxiv.org/abs/1512.03385>), figure 2 and, for the order of the layers, section 3; the
/// other order is explained at [`Order`].
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{BasicBlockConfig, Order, parameter_count};
///
/// let device = Device::flex();
/// let config = BasicBlockConfig::new(64, 128).with_stride(2);
/// let block = config.init(&device);
/// let y = block.forward(Tensor::ones([1, 64, 7, 7], &device));
/// assert_eq!(y.dims(), [1, 128, 4, 4]);
/// assert_eq!(parameter_count(&block), 230_144); // torchvision's layer2[0] of resnet18
///
/// let block = config.with_order(Order::PreActivation).init(&device);
/// let shortcut = 64 * 128;
/// assert_eq!(
///     parameter_count(&block),
///     2 * 64 + 64 * 128 * 9 + 2 * 128 + 128 * 128 * 9 + shortcut
/// );
/// ```
#[derive(Module, Debug)]
pub struct BasicBlock {
    /// First 3x3 convolution, with the stride.
    pub conv1: Conv2d,
    /// The normalisation beside it.
    pub bn1: Norm,
    /// Drops values before the second convolution in training, if any.
    pub dropout: Option<Dropout>,
    /// Second 3x3 convolution.
    pub conv2: Conv2d,
    /// The normalisation beside it.
    pub bn2: Norm,
    /// The short path; none in a plain block.
    pub downsample: Option<Shortcut>,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
    /// What connects it to several streams; none where there is one.
    pub connection: Option<Connection>,
    /// What the branch is known by to those who look inside.
    pub branch: Mark,
    /// Stride of the branch.
    #[module(skip)]
    pub stride: usize,
    /// What takes the stride over from the first convolution.
    #[module(skip)]
    pub anti_aliasing: AntiAliasing,
    /// Where normalisations and activations stand.
    #[module(skip)]
    pub order: Order,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl BasicBlockConfig {
    /// Whether the block can be made.
    ///
    /// # Errors
    /// If a size is zero, a probability is outside `[0, 1)`, or the normalisation, the shortcut, the
    /// anti-aliasing or a modifier cannot be made, or
    /// if there are several streams without what they need.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("in_channels", self.in_channels)?;
        check::positive("out_channels", self.out_channels)?;
        check::positive("stride", self.stride)?;
        check::positive("first_dilation", self.first_dilation)?;
        check::positive("dilation", self.dilation)?;
        check::probability("drop_probability", self.drop_probability)?;
        self.anti_aliasing.check(self.stride)?;
        self.norm.check(self.in_channels)?;
        self.norm.check(self.out_channels)?;
        self.shortcut().check()?;
        check_connection(self.connection, self.order, self.shortcut)?;
        modifiers::check_all(&self.modifiers, self.out_channels)
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics where [`BasicBlockConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> BasicBlock {
        check::or_panic(self.check());
        let Self {
            in_channels,
            out_channels,
            norm,
            ..
        } = *self;
        let normalized_first = match self.order {
            Order::PostActivation => out_channels,
            Order::PreActivation => in_channels,
        };
        let zeroed = Zeroed::last_of(self.order, norm, self.zero_init_last);
        let [conv1, conv2] = self.convs();
        let dropout = (self.drop_probability > 0.0).then_some(self.drop_probability);
        BasicBlock {
            conv1: conv1.init(device),
            bn1: norm.init(normalized_first, device),
            dropout: dropout.map(|probability| DropoutConfig::new(probability).init()),
            conv2: zeroed.conv(conv2, device),
            bn2: zeroed.norm(norm, out_channels, device),
            downsample: self.shortcut().init(device),
            modifiers: modifiers::init_all(&self.modifiers, out_channels, device),
            connection: self.connection.init(self.in_channels, self.place, device),
            branch: Mark::new(),
            stride: self.stride,
            anti_aliasing: self.anti_aliasing,
            order: self.order,
            act: self.act,
        }
    }

    pub(super) fn convs(&self) -> [Conv2dConfig; 2] {
        let Self {
            in_channels,
            out_channels,
            ..
        } = *self;
        [
            dilated_conv3x3(in_channels, out_channels, self.first_dilation)
                .with_stride([self.anti_aliasing.conv_stride(self.stride); 2]),
            dilated_conv3x3(out_channels, out_channels, self.dilation),
        ]
        .map(|conv| conv.with_bias(self.bias || self.norm.wants_bias()))
    }

    pub(super) fn shortcut(&self) -> ShortcutConfig {
        ShortcutConfig::new(self.in_channels, self.out_channels)
            .with_stride(self.stride)
            .with_dilation(self.dilation)
            .with_kind(self.shortcut)
            .with_norm(self.order.shortcut_norm(self.norm))
    }
}

impl BasicBlock {
    /// Applies the block. See [`BasicBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self.order {
            Order::PostActivation => self.post_activation(x),
            Order::PreActivation => self.pre_activation(x),
        }
    }

    fn post_activation(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = split(x);
        let shortcut = self.downsample.as_ref().map(|s| s.carry(shortcut));
        let x = conv_norm(x, &self.conv1, &self.bn1, self.act);
        let x = self.between(x);
        post_activation(x, &self.conv2, &self.bn2, self.ending(), shortcut, self.act)
    }

    fn pre_activation(&self, x: Tensor<4>) -> Tensor<4> {
        if let Some(connection) = &self.connection {
            return connection.forward(
                x,
                |streams| carried(&self.downsample, streams),
                |x| self.branch(norm(x, &self.bn1, self.act), None),
            );
        }
        let [x, shortcut] = split(x);
        let [activated, to_project] = split(norm(x, &self.bn1, self.act));
        let shortcut = pre_activation_shortcut(&self.downsample, shortcut, to_project);
        self.branch(activated, shortcut)
    }

    /// From the activated input to the end, with the short path where it is added.
    fn branch(&self, activated: Tensor<4>, shortcut: Option<Carried>) -> Tensor<4> {
        let x = conv_norm(activated, &self.conv1, &self.bn2, self.act);
        let x = self.between(x);
        pre_activation(x, &self.conv2, self.ending(), shortcut)
    }

    fn ending(&self) -> Ending<'_> {
        Ending {
            modifiers: &self.modifiers,
            branch: &self.branch,
        }
    }

    /// From the first convolution's activation to the second convolution.
    fn between(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.anti_aliasing.pool(x, self.stride);
        match &self.dropout {
            Some(layer) => dropout(x, layer),
            None => x,
        }
    }
}
