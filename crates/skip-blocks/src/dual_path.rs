//! `y = [x + F(x), x', F'(x)]`: some channels residual, the others dense.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::check::{self, ConfigError};
use crate::join::Join;
use crate::layers::{
    Act, Conv2d, Norm, NormKind, concat, conv, conv_norm, conv1x1, conv3x3, norm, split,
};
use crate::pair::NormConv;

/// How the last convolution of a [`DualPath`] is kept. They compute the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DualPathOutput {
    /// One for both paths.
    Joint,
    /// One for each.
    Split,
}

/// Configures a [`DualPath`].
#[derive(Config, Debug, PartialEq)]
pub struct DualPathConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels of the 3x3 convolution.
    pub width: usize,
    /// Channels of the residual path.
    pub residual: usize,
    /// Channels that are new on the dense path.
    pub growth: usize,
    /// Groups of the 3x3 convolution. Default: 1.
    #[config(default = 1)]
    pub groups: usize,
    /// Whether a projection stands on the short path: the first block of a stage. Default: false.
    #[config(default = false)]
    pub project: bool,
    /// Stride of the projection and of the 3x3 convolution. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// How the last convolution is kept. Default: joint.
    #[config(default = "DualPathOutput::Joint")]
    pub output: DualPathOutput,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// Added to its variances. Default: 1e-3.
    #[config(default = 1e-3)]
    pub epsilon: f64,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
}

/// A dual path block: `y = [x_r + F_r(x), x_d, F_d(x)]` with `x = [x_r, x_d]`, the first part
/// residual, the second dense. `F` is a bottleneck of a 1x1, a 3x3 and a 1x1 convolution, each after
/// a normalisation and an activation. Where a stage begins, `x_r` and `x_d` are a projection of `x`.
///
/// From "Dual Path Networks" (Chen et al. 2017, <https://arxiv.org/abs/1707.01629>), figure 2(d).
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::DualPathConfig;
///
/// let device = Device::flex();
/// let first = DualPathConfig::new(8, 16, 12, 4).with_project(true).with_stride(2);
/// assert_eq!(first.out_channels(), 12 + 3 * 4);
/// let y = first.init(&device).forward(Tensor::ones([1, 8, 7, 6], &device));
/// assert_eq!(y.dims(), [1, 24, 4, 3]);
///
/// let next = DualPathConfig::new(24, 16, 12, 4).init(&device).forward(y.clone());
/// assert_eq!(next.dims(), [1, 28, 4, 3]);
/// // What was dense before is carried on.
/// assert_eq!(next.narrow(1, 12, 12).to_data(), y.narrow(1, 12, 12).to_data());
/// ```
#[derive(Module, Debug)]
pub struct DualPath {
    /// What makes `x_r` and `x_d` where a stage begins.
    pub project: Option<NormConv>,
    /// To the 3x3 convolution's channels.
    pub reduce: NormConv,
    /// The 3x3 convolution.
    pub conv: NormConv,
    /// The last normalisation.
    pub norm: Norm,
    /// The last convolution.
    pub expand: Expand,
    /// Joins the short path with the branch.
    pub join: Join,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// The last convolution of a [`DualPath`].
#[derive(Module, Debug)]
pub enum Expand {
    /// See [`DualPathOutput::Joint`].
    Joint(Conv2d),
    /// See [`DualPathOutput::Split`].
    Split(SplitExpand),
}

/// A convolution for each path.
#[derive(Module, Debug)]
pub struct SplitExpand {
    /// To what is added.
    pub residual: Conv2d,
    /// To what is put beside.
    pub dense: Conv2d,
}

impl DualPathConfig {
    /// Channels that go out. A projection makes dense channels of twice the growth.
    pub fn out_channels(&self) -> usize {
        match self.project {
            true => self.projected() + self.growth,
            false => self.in_channels + self.growth,
        }
    }

    fn projected(&self) -> usize {
        self.residual + 2 * self.growth
    }

    /// Whether the block can be made.
    ///
    /// # Errors
    /// If a size is zero, the groups do not divide the width, there are fewer channels than those
    /// of the residual path, or the normalisation cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("in_channels", self.in_channels)?;
        check::positive("width", self.width)?;
        check::positive("residual", self.residual)?;
        check::positive("growth", self.growth)?;
        check::positive("stride", self.stride)?;
        check::divisible("width", self.width, self.groups)?;
        check::ensure!(
            self.project || (self.in_channels >= self.residual && self.stride == 1),
            "in_channels = {}, stride = {}: must be at least residual = {}, and 1, without a projection",
            self.in_channels,
            self.stride,
            self.residual
        );
        self.norm.check(self.in_channels)?;
        self.norm.check(self.width)
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics where [`DualPathConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> DualPath {
        check::or_panic(self.check());
        let bias = self.norm.wants_bias();
        let norm = |channels| self.norm.init(channels, device).with_epsilon(self.epsilon);
        let to = |in_channels, out_channels| conv1x1(in_channels, out_channels).with_bias(bias);
        let stride = [self.stride; 2];
        let conv = conv3x3(self.width, self.width)
            .with_stride(stride)
            .with_groups(self.groups)
            .with_bias(bias);
        DualPath {
            project: self.project.then(|| NormConv {
                norm: norm(self.in_channels),
                conv: to(self.in_channels, self.projected())
                    .with_stride(stride)
                    .init(device),
            }),
            reduce: NormConv {
                norm: norm(self.in_channels),
                conv: to(self.in_channels, self.width).init(device),
            },
            conv: NormConv {
                norm: norm(self.width),
                conv: conv.init(device),
            },
            norm: norm(self.width),
            expand: match self.output {
                DualPathOutput::Joint => {
                    Expand::Joint(to(self.width, self.residual + self.growth).init(device))
                }
                DualPathOutput::Split => Expand::Split(SplitExpand {
                    residual: to(self.width, self.residual).init(device),
                    dense: to(self.width, self.growth).init(device),
                }),
            },
            join: Join::add_concat(self.residual),
            act: self.act,
        }
    }
}

impl DualPath {
    /// Applies the block. See [`DualPath`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = split(x);
        let shortcut = match &self.project {
            Some(project) => project.forward(shortcut, self.act),
            None => shortcut,
        };
        let x = norm(x, &self.reduce.norm, self.act);
        let x = conv_norm(x, &self.reduce.conv, &self.conv.norm, self.act);
        let x = conv_norm(x, &self.conv.conv, &self.norm, self.act);
        self.join.forward(vec![shortcut], self.expand.forward(x))
    }
}

impl Expand {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Joint(layer) => conv(x, layer, Act::None),
            Self::Split(layers) => {
                let [x, y] = split(x);
                concat(vec![
                    conv(x, &layers.residual, Act::None),
                    conv(y, &layers.dense, Act::None),
                ])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_output_computes_what_the_joint_one_does() {
        let device = Device::flex();
        let config = DualPathConfig::new(6, 4, 5, 2).with_project(true);
        let joint = config.init(&device);
        let mut split = joint.clone();
        let Expand::Joint(layer) = &joint.expand else {
            unreachable!("the default")
        };
        let part = |first: usize, channels: usize| {
            let weight = layer.weight.val().narrow(0, first, channels);
            Conv2d {
                weight: burn::module::Param::from_tensor(weight),
                ..layer.clone()
            }
        };
        split.expand = Expand::Split(SplitExpand {
            residual: part(0, 5),
            dense: part(5, 2),
        });
        let x = Tensor::<1>::random([6 * 12], burn::tensor::Distribution::Default, &device);
        let x = x.reshape([1, 6, 3, 4]);
        let difference = joint.forward(x.clone()) - split.forward(x);
        assert!(difference.abs().max().into_scalar::<f32>() < 1e-5);
    }

    #[test]
    #[should_panic(expected = "in_channels = 4, stride = 1: must be at least residual = 5")]
    fn a_residual_path_wider_than_the_input_needs_a_projection() {
        DualPathConfig::new(4, 4, 5, 2).init(&Device::flex());
    }
}
