use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{join_pre_activation, pre_activation_shortcut};
use crate::layers::{BatchNorm, BatchNormConfig, Conv2d, bn_relu, branch, conv_bn_relu, conv3x3};
use crate::modifiers::{self, Modifier, ModifierConfig};
use crate::{Shortcut, ShortcutConfig, ShortcutKind, check};

/// Configures a [`PreActBasicBlock`].
#[derive(Config, Debug)]
pub struct PreActBasicBlockConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels that go out.
    pub out_channels: usize,
    /// Stride of the first convolution. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// The short path. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// Applied to the branch in order, before it is added. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
}

/// The basic block with full pre-activation:
/// `y = S(x) + conv2(relu(bn2(conv1(relu(bn1(x))))))`, both convolutions 3x3.
///
/// Nothing stands on the short path, so that it is the identity through a whole stage. A
/// projection takes the activated input and is not normalised.
///
/// From "Identity Mappings in Deep Residual Networks" (He et al. 2016,
/// <https://arxiv.org/abs/1603.05027>), figure 4(e).
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{PreActBasicBlockConfig, parameter_count};
///
/// let device = Device::flex();
/// let block = PreActBasicBlockConfig::new(16, 32).with_stride(2).init(&device);
/// let y = block.forward(Tensor::ones([1, 16, 8, 8], &device));
/// assert_eq!(y.dims(), [1, 32, 4, 4]);
/// assert_eq!(parameter_count(&block), 2 * 16 + 16 * 32 * 9 + 2 * 32 + 32 * 32 * 9 + 16 * 32);
/// ```
#[derive(Module, Debug)]
pub struct PreActBasicBlock {
    /// Normalisation before the first convolution.
    pub bn1: BatchNorm,
    /// First 3x3 convolution, with the stride.
    pub conv1: Conv2d,
    /// Normalisation before the second convolution.
    pub bn2: BatchNorm,
    /// Second 3x3 convolution.
    pub conv2: Conv2d,
    /// The short path; none in a plain block.
    pub downsample: Option<Shortcut>,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
}

impl PreActBasicBlockConfig {
    /// Makes the block.
    ///
    /// # Panics
    /// Panics if a size is zero, or if the shortcut or a modifier cannot be made.
    pub fn init(&self, device: &Device) -> PreActBasicBlock {
        let Self {
            in_channels,
            out_channels,
            ..
        } = *self;
        check::positive("in_channels", in_channels);
        check::positive("out_channels", out_channels);
        check::positive("stride", self.stride);
        PreActBasicBlock {
            bn1: BatchNormConfig::new(in_channels).init(device),
            conv1: conv3x3(in_channels, out_channels)
                .with_stride([self.stride; 2])
                .init(device),
            bn2: BatchNormConfig::new(out_channels).init(device),
            conv2: conv3x3(out_channels, out_channels).init(device),
            downsample: ShortcutConfig::new(in_channels, out_channels)
                .with_stride(self.stride)
                .with_kind(self.shortcut)
                .with_norm(false)
                .init(device),
            modifiers: modifiers::init_all(&self.modifiers, out_channels, device),
        }
    }
}

impl PreActBasicBlock {
    /// Applies the block. See [`PreActBasicBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = branch(x);
        let [activated, to_project] = branch(bn_relu(x, &self.bn1));
        let shortcut = pre_activation_shortcut(&self.downsample, shortcut, to_project);
        let x = conv_bn_relu(activated, &self.conv1, &self.bn2);
        join_pre_activation(x, &self.conv2, &self.modifiers, shortcut)
    }
}
