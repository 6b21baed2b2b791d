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
    Act, Conv2d, Conv2dConfig, Norm, NormKind, conv_norm, conv1x1, dilated_conv3x3, norm, split,
};
use crate::modifiers::{self, Modifier, ModifierConfig};
use crate::seam::Mark;
use crate::shortcut::{Carried, Shortcut, ShortcutConfig, ShortcutKind};
use crate::streams::{Connection, ConnectionKind};

/// Configures a [`Bottleneck`].
#[derive(Config, Debug, PartialEq)]
pub struct BottleneckConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels between the 1x1 convolutions, before `groups` and `width_per_group`. The block
    /// gives [`Bottleneck::EXPANSION`] times as many.
    pub planes: usize,
    /// Stride of the 3x3 convolution. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// Distance of the taps of the 3x3 convolution, to see farther without a stride (Yu and Koltun
    /// 2015, <https://arxiv.org/abs/1511.07122>). Default: 1.
    #[config(default = 1)]
    pub dilation: usize,
    /// Distance of the taps in the blocks that follow in the stage, for
    /// [`ShortcutConfig::dilation`]. Default: 1.
    #[config(default = 1)]
    pub stage_dilation: usize,
    /// Groups of the 3x3 convolution (the cardinality of ResNeXt). Default: 1.
    #[config(default = 1)]
    pub groups: usize,
    /// Channels of each group where `planes` is 64; they grow with it. Default: 64.
    #[config(default = 64)]
    pub width_per_group: usize,
    /// Where normalisations and activations stand. Default: after the convolutions.
    #[config(default = "Order::PostActivation")]
    pub order: Order,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// The short path. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// What takes the stride over from the 3x3 convolution. Default: nothing.
    #[config(default = "AntiAliasing::None")]
    pub anti_aliasing: AntiAliasing,
    /// Whether the branch gives zeros at first: its last normalisation, or in pre-activation blocks
    /// its last convolution, starts with zeros (Goyal et al. 2017,
    /// <https://arxiv.org/abs/1706.02677>, section 5.1). Default: not.
    #[config(default = false)]
    pub zero_init_last: bool,
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

/// The bottleneck block, `conv1` 1x1 to the width `planes * width_per_group / 64 * groups`, `conv2`
/// 3x3 in groups, `conv3` 1x1 to `4 * planes` channels, `S` the [`Shortcut`], `M` the modifiers.
/// After the convolutions:
/// `y = act(S(x) + M(bn3(conv3(act(bn2(conv2(act(bn1(conv1(x))))))))))`; before them:
/// `y = S(x) + M(conv3(act(bn3(conv2(act(bn2(conv1(act(bn1(x))))))))))`.
///
/// From "Deep Residual Learning for Image Recognition" (He et al. 2015,
/// <https://arxiv.org/abs/1512.03385>), figure 5; in groups, from "Aggregated Residual
/// Transformations for Deep Neural Networks" (Xie et al. 2016, <https://arxiv.org/abs/1611.05431>);
/// wider, from "Wide Residual Networks" (Zagoruyko and Komodakis 2016,
/// <https://arxiv.org/abs/1605.07146>); the other order is explained at [`Order`]. The stride is on
/// the 3x3 ("v1.5", as in torchvision), where the paper has it on the first 1x1.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, 4 * planes, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{BottleneckConfig, parameter_count};
///
/// let device = Device::flex();
/// let block = BottleneckConfig::new(64, 64).init(&device);
/// let y = block.forward(Tensor::ones([1, 64, 7, 7], &device));
/// assert_eq!(y.dims(), [1, 256, 7, 7]);
/// assert_eq!(parameter_count(&block), 75_008); // torchvision's layer1[0] of resnet50
/// ```
#[derive(Module, Debug)]
pub struct Bottleneck {
    /// 1x1 convolution that narrows.
    pub conv1: Conv2d,
    /// The normalisation beside it.
    pub bn1: Norm,
    /// 3x3 convolution, with the stride and the groups.
    pub conv2: Conv2d,
    /// The normalisation beside it.
    pub bn2: Norm,
    /// 1x1 convolution that widens.
    pub conv3: Conv2d,
    /// The normalisation beside it.
    pub bn3: Norm,
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
    /// What takes the stride over from the 3x3 convolution.
    #[module(skip)]
    pub anti_aliasing: AntiAliasing,
    /// Where normalisations and activations stand.
    #[module(skip)]
    pub order: Order,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl BottleneckConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        self.planes * Bottleneck::EXPANSION
    }

    /// Channels of the 3x3 convolution.
    pub fn width(&self) -> usize {
        self.planes * self.width_per_group / 64 * self.groups
    }

    /// Whether the block can be made.
    ///
    /// # Errors
    /// If a size is zero, if the width comes to zero, or if the normalisation, the shortcut, the
    /// anti-aliasing or a modifier cannot be made, or
    /// if there are several streams without what they need.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("in_channels", self.in_channels)?;
        check::positive("planes", self.planes)?;
        check::positive("stride", self.stride)?;
        check::positive("dilation", self.dilation)?;
        check::positive("groups", self.groups)?;
        self.anti_aliasing.check(self.stride)?;
        check::positive("planes * width_per_group / 64 * groups", self.width())?;
        for channels in [self.in_channels, self.width(), self.out_channels()] {
            self.norm.check(channels)?;
        }
        self.shortcut().check()?;
        check_connection(self.connection, self.order, self.shortcut)?;
        modifiers::check_all(&self.modifiers, self.out_channels())
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics where [`BottleneckConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> Bottleneck {
        check::or_panic(self.check());
        let (out_channels, width, norm) = (self.out_channels(), self.width(), self.norm);
        let normalized = match self.order {
            Order::PostActivation => [width, width, out_channels],
            Order::PreActivation => [self.in_channels, width, width],
        };
        let zeroed = Zeroed::last_of(self.order, norm, self.zero_init_last);
        let [first, second, third] = normalized;
        let [conv1, conv2, conv3] = self.convs();
        Bottleneck {
            conv1: conv1.init(device),
            bn1: norm.init(first, device),
            conv2: conv2.init(device),
            bn2: norm.init(second, device),
            conv3: zeroed.conv(conv3, device),
            bn3: zeroed.norm(norm, third, device),
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

    pub(super) fn convs(&self) -> [Conv2dConfig; 3] {
        let width = self.width();
        [
            conv1x1(self.in_channels, width),
            dilated_conv3x3(width, width, self.dilation)
                .with_stride([self.anti_aliasing.conv_stride(self.stride); 2])
                .with_groups(self.groups),
            conv1x1(width, self.out_channels()),
        ]
        .map(|conv| conv.with_bias(self.norm.wants_bias()))
    }

    pub(super) fn shortcut(&self) -> ShortcutConfig {
        ShortcutConfig::new(self.in_channels, self.out_channels())
            .with_stride(self.stride)
            .with_dilation(self.stage_dilation)
            .with_kind(self.shortcut)
            .with_norm(self.order.shortcut_norm(self.norm))
    }
}

impl Bottleneck {
    /// Channels that go out, for each of `planes`.
    pub const EXPANSION: usize = 4;

    /// Applies the block. See [`Bottleneck`].
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
        let x = conv_norm(x, &self.conv2, &self.bn2, self.act);
        let x = self.anti_aliasing.pool(x, self.stride);
        post_activation(x, &self.conv3, &self.bn3, self.ending(), shortcut, self.act)
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
        let x = conv_norm(x, &self.conv2, &self.bn3, self.act);
        let x = self.anti_aliasing.pool(x, self.stride);
        pre_activation(x, &self.conv3, self.ending(), shortcut)
    }

    fn ending(&self) -> Ending<'_> {
        Ending {
            modifiers: &self.modifiers,
            branch: &self.branch,
        }
    }
}
