use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{join_pre_activation, pre_activation_shortcut};
use crate::layers::{
    BatchNorm, BatchNormConfig, Conv2d, bn_relu, branch, conv_bn_relu, conv1x1, conv3x3,
};
use crate::modifiers::{self, Modifier, ModifierConfig};
use crate::{Shortcut, ShortcutConfig, ShortcutKind, check};

/// Configures a [`PreActBottleneck`].
#[derive(Config, Debug)]
pub struct PreActBottleneckConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels between the 1x1 convolutions. The block gives [`PreActBottleneck::EXPANSION`]
    /// times as many.
    pub planes: usize,
    /// Stride of the 3x3 convolution. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// Groups of the 3x3 convolution. Default: 1.
    #[config(default = 1)]
    pub groups: usize,
    /// The short path. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// Applied to the branch in order, before it is added. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
}

/// The bottleneck block with full pre-activation:
/// `y = S(x) + conv3(relu(bn3(conv2(relu(bn2(conv1(relu(bn1(x)))))))))`, the convolutions 1x1, 3x3
/// and 1x1.
///
/// A projection takes the activated input and is not normalised.
///
/// From "Identity Mappings in Deep Residual Networks" (He et al. 2016,
/// <https://arxiv.org/abs/1603.05027>), section 4. The stride is on the 3x3.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, 4 * planes, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::PreActBottleneckConfig;
///
/// let device = Device::flex();
/// let block = PreActBottleneckConfig::new(16, 16).init(&device);
/// let y = block.forward(Tensor::ones([1, 16, 8, 8], &device));
/// assert_eq!(y.dims(), [1, 64, 8, 8]);
/// ```
#[derive(Module, Debug)]
pub struct PreActBottleneck {
    /// Normalisation before the first convolution.
    pub bn1: BatchNorm,
    /// 1x1 convolution that narrows.
    pub conv1: Conv2d,
    /// Normalisation before the second convolution.
    pub bn2: BatchNorm,
    /// 3x3 convolution, with the stride and the groups.
    pub conv2: Conv2d,
    /// Normalisation before the third convolution.
    pub bn3: BatchNorm,
    /// 1x1 convolution that widens.
    pub conv3: Conv2d,
    /// The short path; none in a plain block.
    pub downsample: Option<Shortcut>,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
}

impl PreActBottleneckConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        self.planes * PreActBottleneck::EXPANSION
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics if a size is zero, if `groups` does not divide `planes`, or if the shortcut or a
    /// modifier cannot be made.
    pub fn init(&self, device: &Device) -> PreActBottleneck {
        let Self {
            in_channels,
            planes,
            ..
        } = *self;
        check::positive("in_channels", in_channels);
        check::positive("planes", planes);
        check::positive("stride", self.stride);
        check::divisible("planes", planes, self.groups);
        let out_channels = self.out_channels();
        PreActBottleneck {
            bn1: BatchNormConfig::new(in_channels).init(device),
            conv1: conv1x1(in_channels, planes).init(device),
            bn2: BatchNormConfig::new(planes).init(device),
            conv2: conv3x3(planes, planes)
                .with_stride([self.stride; 2])
                .with_groups(self.groups)
                .init(device),
            bn3: BatchNormConfig::new(planes).init(device),
            conv3: conv1x1(planes, out_channels).init(device),
            downsample: ShortcutConfig::new(in_channels, out_channels)
                .with_stride(self.stride)
                .with_kind(self.shortcut)
                .with_norm(false)
                .init(device),
            modifiers: modifiers::init_all(&self.modifiers, out_channels, device),
        }
    }
}

impl PreActBottleneck {
    /// Channels that go out, for each of `planes`.
    pub const EXPANSION: usize = 4;

    /// Applies the block. See [`PreActBottleneck`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = branch(x);
        let [activated, to_project] = branch(bn_relu(x, &self.bn1));
        let shortcut = pre_activation_shortcut(&self.downsample, shortcut, to_project);
        let x = conv_bn_relu(activated, &self.conv1, &self.bn2);
        let x = conv_bn_relu(x, &self.conv2, &self.bn3);
        join_pre_activation(x, &self.conv3, &self.modifiers, shortcut)
    }
}
