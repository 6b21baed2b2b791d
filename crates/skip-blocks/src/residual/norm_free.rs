use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError, ensure};
use crate::layers::{
    Act, Conv2dConfig, ScaledConv2d, act, add, avg_pool_ceil, conv1x1, conv3x3, scaled,
    scaled_conv, split,
};
use crate::modifiers::{Modifier, ModifierConfig, SkipInit, StochasticDepth};
use crate::seam::{self, Mark};

/// Configures a [`NormFreeBlock`].
#[derive(Config, Debug, PartialEq)]
pub struct NormFreeBlockConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// Channels between the 1x1 convolutions. The block gives [`NormFreeBlock::EXPANSION`] times as
    /// many.
    pub planes: usize,
    /// The variance that the input is expected to have. Default: 1.
    #[config(default = 1.0)]
    pub variance: f64,
    /// How much of the branch is added. Default: 0.2.
    #[config(default = 0.2)]
    pub alpha: f64,
    /// Stride of the 3x3 convolution, 1 or 2. Default: 1.
    #[config(default = 1)]
    pub stride: usize,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
    /// Attention at the branch's end, which is doubled to keep its variance. Default: none.
    #[config(default = "None")]
    pub attention: Option<ModifierConfig>,
    /// Whether the branch starts with zeros by a scalar, and not by the gains of its last
    /// convolution: see [`SkipInit`]. Default: not, as in timm.
    #[config(default = false)]
    pub skip_init: bool,
    /// Stochastic depth: the probability that a sample skips the branch. Default: 0.
    #[config(default = 0.0)]
    pub drop_probability: f64,
}

/// The residual block of a network that needs no normalisation, since its values keep a variance
/// that is known: `y = x + alpha * f(act(x) / beta)`, where `beta` is the deviation that `x` is
/// expected to have, and `f` keeps the variance: three [`ScaledConv2d`] (1x1, 3x3, 1x1) with
/// activations between. So each block adds `alpha^2`: `Var(y) = Var(x) + alpha^2`. Where the shape
/// changes, `y = S(act(x) / beta) + ..` with a projection of 2x2 means, and the variance starts anew
/// from 1.
///
/// From "Characterizing signal propagation to close the performance gap in unnormalized ResNets"
/// (Brock et al. 2021, <https://arxiv.org/abs/2101.08692>), section 4, as timm has it.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, 4 * planes, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{NormFreeBlockConfig, parameter_count};
///
/// let device = Device::flex();
/// let block = NormFreeBlockConfig::new(64, 16).init(&device);
/// // Its branch starts with zeros.
/// let x = Tensor::<4>::ones([1, 64, 7, 7], &device);
/// assert_eq!(block.forward(x.clone()).to_data(), x.to_data());
/// // Each convolution has weights, biases and gains.
/// let convs = [(64 + 2) * 16, (16 * 9 + 2) * 16, (16 + 2) * 64];
/// assert_eq!(parameter_count(&block), convs.iter().sum::<usize>());
/// ```
#[derive(Module, Debug)]
pub struct NormFreeBlock {
    /// The short path.
    pub downsample: ScaledShortcut,
    /// 1x1 convolution that narrows.
    pub conv1: ScaledConv2d,
    /// 3x3 convolution, with the stride.
    pub conv2: ScaledConv2d,
    /// 1x1 convolution that widens.
    pub conv3: ScaledConv2d,
    /// Attention at the branch's end, if any.
    pub attn_last: Option<Modifier>,
    /// Stochastic depth, if any.
    pub drop_path: Option<StochasticDepth>,
    /// The branch's scalar, if it starts with zeros by one.
    pub skipinit_gain: Option<SkipInit>,
    /// What the branch is known by to those who look inside.
    pub branch: Mark,
    /// The deviation that the input is expected to have.
    #[module(skip)]
    pub beta: f64,
    /// How much of the branch is added.
    #[module(skip)]
    pub alpha: f64,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// The short path of a block without normalisation.
#[derive(Module, Debug)]
pub enum ScaledShortcut {
    /// `x`
    Identity(Mark),
    /// `conv1x1(mean2x2(act(x) / beta))`
    Projection(ScaledProjection),
}

/// `conv1x1(mean2x2(x))`
#[derive(Module, Debug)]
pub struct ScaledProjection {
    /// The 1x1 convolution.
    pub conv: ScaledConv2d,
    /// Whether means are taken before it.
    #[module(skip)]
    pub halves: bool,
}

impl NormFreeBlockConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        self.planes * NormFreeBlock::EXPANSION
    }

    /// Whether the short path changes the shape, so that the variance starts anew.
    pub fn changes_shape(&self) -> bool {
        self.stride > 1 || self.in_channels != self.out_channels()
    }

    /// The variance that the output is expected to have.
    pub fn out_variance(&self) -> f64 {
        let short = match self.changes_shape() {
            true => 1.0,
            false => self.variance,
        };
        short + self.alpha * self.alpha
    }

    /// Whether the block can be made.
    ///
    /// # Errors
    /// If a size is zero, the stride is above 2, the variance is not positive, the probability is
    /// outside `[0, 1)`, or the attention cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("in_channels", self.in_channels)?;
        check::positive("planes", self.planes)?;
        ensure!(
            [1, 2].contains(&self.stride),
            "stride = {}: must be 1 or 2",
            self.stride
        );
        ensure!(
            self.variance > 0.0 && self.variance.is_finite(),
            "variance = {}: must be positive",
            self.variance
        );
        check::probability("drop_probability", self.drop_probability)?;
        let mut attention = self.attention.iter();
        attention.try_for_each(|attention| attention.check(self.out_channels()))
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics where [`NormFreeBlockConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> NormFreeBlock {
        check::or_panic(self.check());
        let Self {
            in_channels,
            planes,
            ..
        } = *self;
        let out_channels = self.out_channels();
        let scaled = |conv: Conv2dConfig| ScaledConv2d::new(conv, self.act.gain(), device);
        let conv3 = scaled(conv1x1(planes, out_channels));
        let conv3 = match self.skip_init {
            true => conv3,
            false => conv3.with_gain(0.0),
        };
        NormFreeBlock {
            downsample: match self.changes_shape() {
                true => ScaledShortcut::Projection(ScaledProjection {
                    conv: scaled(conv1x1(in_channels, out_channels)),
                    halves: self.stride == 2,
                }),
                false => ScaledShortcut::Identity(Mark::new()),
            },
            conv1: scaled(conv1x1(in_channels, planes)),
            conv2: scaled(conv3x3(planes, planes).with_stride([self.stride; 2])),
            conv3,
            attn_last: self
                .attention
                .as_ref()
                .map(|attention| attention.init(out_channels, device)),
            drop_path: (self.drop_probability > 0.0)
                .then(|| StochasticDepth::new(self.drop_probability)),
            skipinit_gain: self.skip_init.then(|| SkipInit::new(device)),
            branch: Mark::new(),
            beta: self.variance.sqrt(),
            alpha: self.alpha,
            act: self.act,
        }
    }
}

impl NormFreeBlock {
    /// Channels that go out, for each of `planes`.
    pub const EXPANSION: usize = 4;

    /// What the result of an attention is multiplied by: it halves its input at first.
    const ATTENTION_GAIN: f64 = 2.0;

    /// Applies the block. See [`NormFreeBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, as_it_is] = split(x);
        let [x, activated] = split(scaled(act(x, self.act), 1.0 / self.beta));
        let shortcut = self.downsample.forward(as_it_is, activated);
        let x = scaled_conv(x, &self.conv1, self.act);
        let x = scaled_conv(x, &self.conv2, self.act);
        let mut x = scaled_conv(x, &self.conv3, Act::None);
        let mut alpha = self.alpha;
        if let Some(attention) = &self.attn_last {
            x = attention.forward(x);
            alpha *= Self::ATTENTION_GAIN;
        }
        if let Some(depth) = &self.drop_path {
            x = depth.forward(x);
        }
        if let Some(scalar) = &self.skipinit_gain {
            x = scalar.forward(x);
        }
        let branch = seam::output(&self.branch, scaled(x, alpha));
        add(branch, shortcut, Act::None)
    }
}

impl ScaledShortcut {
    /// `x` where the shape is kept, else what the projection makes of `activated`.
    fn forward(&self, x: Tensor<4>, activated: Tensor<4>) -> Tensor<4> {
        let x = match self {
            Self::Identity(_) => x,
            Self::Projection(ScaledProjection { conv, halves }) => {
                let x = match halves {
                    true => avg_pool_ceil(activated),
                    false => activated,
                };
                scaled_conv(x, conv, Act::None)
            }
        };
        seam::output(self, x)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, TensorData};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn noise(shape: [usize; 4], device: &Device) -> Tensor<4> {
        let normal = Distribution::Normal(0.0, 1.0);
        let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(7));
        Tensor::from_data(data, device)
    }

    /// The mean of the channels' variances, which is what the paper follows.
    fn variance(x: &Tensor<4>) -> f64 {
        let [batch, channels, height, width] = x.dims();
        let rows = x.clone().swap_dims(0, 1);
        let rows = rows.reshape([channels, batch * height * width]);
        let centred = rows.clone() - rows.mean_dim(1);
        f64::from(centred.powi_scalar(2).mean().into_scalar::<f32>())
    }

    #[test]
    fn each_block_adds_the_square_of_alpha_to_the_variance() {
        let device = Device::flex();
        let mut x = noise([2, 128, 16, 16], &device);
        let mut config = NormFreeBlockConfig::new(128, 32).with_alpha(0.5);
        for _ in 0..6 {
            let mut block = config.init(&device);
            block.conv3 = block.conv3.with_gain(1.0);
            x = block.forward(x);
            config.variance = config.out_variance();
            let ratio = variance(&x) / config.variance;
            assert!((ratio - 1.0).abs() < 0.1, "{ratio} of {}", config.variance);
        }
        assert!((config.variance - 2.5).abs() < 1e-9);
        // A block that changes the shape starts anew.
        let wider = NormFreeBlockConfig::new(128, 64).with_variance(config.variance);
        assert!((wider.out_variance() - 1.04).abs() < 1e-9);
        let y = wider.init(&device).forward(x);
        assert!((variance(&y) - 1.0).abs() < 0.15, "{}", variance(&y));
    }

    #[test]
    fn a_branch_starts_with_zeros_either_way() {
        let device = Device::flex();
        let x = noise([1, 32, 6, 6], &device);
        for skip_init in [false, true] {
            let config = NormFreeBlockConfig::new(32, 8).with_skip_init(skip_init);
            let y = config.init(&device).forward(x.clone());
            assert_eq!(y.to_data(), x.to_data());
        }
    }

    #[test]
    #[should_panic(expected = "stride = 3: must be 1 or 2")]
    fn a_wide_stride_is_refused() {
        let config = NormFreeBlockConfig::new(32, 8).with_stride(3);
        config.init(&Device::flex());
    }
}
