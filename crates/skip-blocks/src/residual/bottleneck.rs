use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::join_post_activation;
use crate::layers::{BatchNorm, BatchNormConfig, Conv2d, branch, conv_bn_relu, conv1x1, conv3x3};
use crate::modifiers::{self, Modifier, ModifierConfig};
use crate::{Shortcut, ShortcutConfig, ShortcutKind, check};

/// Configures a [`Bottleneck`].
#[derive(Config, Debug)]
pub struct BottleneckConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels between the 1x1 convolutions, before `groups` and `width_per_group`. The block
    /// gives [`Bottleneck::EXPANSION`] times as many.
    pub planes: usize,
    /// Stride of the 3x3 convolution. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// Groups of the 3x3 convolution (the cardinality of ResNeXt). Default: 1.
    #[config(default = 1)]
    pub groups: usize,
    /// Channels of each group where `planes` is 64; they grow with it. Default: 64.
    #[config(default = 64)]
    pub width_per_group: usize,
    /// The short path. Default: projection.
    #[config(default = "ShortcutKind::Projection")]
    pub shortcut: ShortcutKind,
    /// Applied to the branch in order, before it is added. Default: none.
    #[config(default = "vec![]")]
    pub modifiers: Vec<ModifierConfig>,
}

/// The bottleneck block:
/// `y = relu(S(x) + bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))))`, with `conv1` 1x1 to the
/// width `planes * width_per_group / 64 * groups`, `conv2` 3x3 in groups, `conv3` 1x1 to
/// `4 * planes` channels, `S` the [`Shortcut`].
///
/// From "Deep Residual Learning for Image Recognition" (He et al. 2015,
/// <https://arxiv.org/abs/1512.03385>), figure 5; in groups, from "Aggregated Residual
/// Transformations for Deep Neural Networks" (Xie et al. 2016, <https://arxiv.org/abs/1611.05431>);
/// wider, from "Wide Residual Networks" (Zagoruyko and Komodakis 2016,
/// <https://arxiv.org/abs/1605.07146>). The stride is on the 3x3 ("v1.5", as in torchvision), where
/// the paper has it on the first 1x1.
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
    /// Its normalisation.
    pub bn1: BatchNorm,
    /// 3x3 convolution, with the stride and the groups.
    pub conv2: Conv2d,
    /// Its normalisation.
    pub bn2: BatchNorm,
    /// 1x1 convolution that widens.
    pub conv3: Conv2d,
    /// Its normalisation.
    pub bn3: BatchNorm,
    /// The short path; none in a plain block.
    pub downsample: Option<Shortcut>,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
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

    /// Makes the block.
    ///
    /// # Panics
    /// Panics if a size is zero, if the width comes to zero, or if the shortcut or a modifier
    /// cannot be made.
    pub fn init(&self, device: &Device) -> Bottleneck {
        check::positive("in_channels", self.in_channels);
        check::positive("planes", self.planes);
        check::positive("stride", self.stride);
        check::positive("groups", self.groups);
        check::positive("planes * width_per_group / 64 * groups", self.width());
        let out_channels = self.out_channels();
        let width = self.width();
        Bottleneck {
            conv1: conv1x1(self.in_channels, width).init(device),
            bn1: BatchNormConfig::new(width).init(device),
            conv2: conv3x3(width, width)
                .with_stride([self.stride; 2])
                .with_groups(self.groups)
                .init(device),
            bn2: BatchNormConfig::new(width).init(device),
            conv3: conv1x1(width, out_channels).init(device),
            bn3: BatchNormConfig::new(out_channels).init(device),
            downsample: ShortcutConfig::new(self.in_channels, out_channels)
                .with_stride(self.stride)
                .with_kind(self.shortcut)
                .init(device),
            modifiers: modifiers::init_all(&self.modifiers, out_channels, device),
        }
    }
}

impl Bottleneck {
    /// Channels that go out, for each of `planes`.
    pub const EXPANSION: usize = 4;

    /// Applies the block. See [`Bottleneck`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = branch(x);
        let shortcut = self.downsample.as_ref().map(|s| s.forward(shortcut));
        let x = conv_bn_relu(x, &self.conv1, &self.bn1);
        let x = conv_bn_relu(x, &self.conv2, &self.bn2);
        join_post_activation(x, &self.conv3, &self.bn3, &self.modifiers, shortcut)
    }
}
