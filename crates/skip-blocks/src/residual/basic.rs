use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::join_post_activation;
use crate::layers::{BatchNorm, BatchNormConfig, Conv2d, branch, conv_bn_relu, conv3x3};
use crate::modifiers::{self, Modifier, ModifierConfig};
use crate::{Shortcut, ShortcutConfig, ShortcutKind, check};

/// Configures a [`BasicBlock`].
#[derive(Config, Debug)]
pub struct BasicBlockConfig {
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

/// The basic residual block: `y = relu(S(x) + bn2(conv2(relu(bn1(conv1(x))))))`, both convolutions
/// 3x3, `S` the [`Shortcut`].
///
/// From "Deep Residual Learning for Image Recognition" (He et al. 2015,
/// <https://arxiv.org/abs/1512.03385>), figure 2 and, for the order of the layers, section 3.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{BasicBlockConfig, parameter_count};
///
/// let device = Device::flex();
/// let block = BasicBlockConfig::new(64, 128).with_stride(2).init(&device);
/// let y = block.forward(Tensor::ones([1, 64, 7, 7], &device));
/// assert_eq!(y.dims(), [1, 128, 4, 4]);
/// assert_eq!(parameter_count(&block), 230_144); // torchvision's layer2[0] of resnet18
/// ```
#[derive(Module, Debug)]
pub struct BasicBlock {
    /// First 3x3 convolution, with the stride.
    pub conv1: Conv2d,
    /// Its normalisation.
    pub bn1: BatchNorm,
    /// Second 3x3 convolution.
    pub conv2: Conv2d,
    /// Its normalisation.
    pub bn2: BatchNorm,
    /// The short path; none in a plain block.
    pub downsample: Option<Shortcut>,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
}

impl BasicBlockConfig {
    /// Makes the block.
    ///
    /// # Panics
    /// Panics if a size is zero, or if the shortcut or a modifier cannot be made.
    pub fn init(&self, device: &Device) -> BasicBlock {
        let Self {
            in_channels,
            out_channels,
            ..
        } = *self;
        check::positive("in_channels", in_channels);
        check::positive("out_channels", out_channels);
        check::positive("stride", self.stride);
        BasicBlock {
            conv1: conv3x3(in_channels, out_channels)
                .with_stride([self.stride; 2])
                .init(device),
            bn1: BatchNormConfig::new(out_channels).init(device),
            conv2: conv3x3(out_channels, out_channels).init(device),
            bn2: BatchNormConfig::new(out_channels).init(device),
            downsample: ShortcutConfig::new(in_channels, out_channels)
                .with_stride(self.stride)
                .with_kind(self.shortcut)
                .init(device),
            modifiers: modifiers::init_all(&self.modifiers, out_channels, device),
        }
    }
}

impl BasicBlock {
    /// Applies the block. See [`BasicBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = branch(x);
        let shortcut = self.downsample.as_ref().map(|s| s.forward(shortcut));
        let x = conv_bn_relu(x, &self.conv1, &self.bn1);
        join_post_activation(x, &self.conv2, &self.bn2, &self.modifiers, shortcut)
    }
}
