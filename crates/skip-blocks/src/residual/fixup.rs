use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use super::ending::Ending;
use super::{BasicBlockConfig, BottleneckConfig, Order};
use crate::anti_aliasing::AntiAliasing;
use crate::check::{self, ConfigError, ensure};
use crate::layers::{Act, Conv2d, Conv2dConfig, NormKind, act, add, conv, scale_shift, split};
use crate::modifiers::{self, Modifier};
use crate::seam::Mark;
use crate::shortcut::{Shortcut, ShortcutConfig, ShortcutKind};

/// Configures a [`FixupBlock`].
#[derive(Config, Debug, PartialEq)]
pub struct FixupBlockConfig {
    /// The block whose convolutions, shortcut, activation and modifiers it has. Not normalised.
    pub of: FixupOf,
    /// How many residual blocks the network has, `L`.
    pub blocks: usize,
}

/// A residual block that Fixup starts.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FixupOf {
    /// Two convolutions: see [`BasicBlock`](super::BasicBlock).
    Basic(BasicBlockConfig),
    /// Three: see [`Bottleneck`](super::Bottleneck).
    Bottleneck(BottleneckConfig),
}

/// A residual block without normalisation that learns at any depth, by how it starts:
/// `y = act(S(x) + s * conv_m(.. act(conv_1(x + a_1) + b_1) .. + a_m) + b_m)`, with single numbers
/// `a_i` and `b_i` that start at 0 and `s` that starts at 1. `S` takes `x`, or `x + a_1` where it
/// changes the shape.
///
/// The last convolution starts with zeros, the others as He 2015 has them, times
/// `L^(-1 / (2m - 2))` for `m` convolutions and `L` blocks: so a step changes what the network says
/// by as much at any depth.
///
/// From "Fixup Initialization: Residual Learning Without Normalization" (Zhang et al. 2019,
/// <https://arxiv.org/abs/1901.09321>), section 3. Its other rule, a classifier that starts with
/// zeros, is the network's.
///
/// # Shapes
/// As those of the block that it is made of
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::NormKind;
/// use skip_blocks::{BasicBlockConfig, FixupBlockConfig, parameter_count};
///
/// let device = Device::flex();
/// let basic = BasicBlockConfig::new(8, 8).with_norm(NormKind::None);
/// let block = FixupBlockConfig::new(basic.into(), 9).init(&device);
/// let x = Tensor::<4>::ones([1, 8, 4, 4], &device);
/// assert_eq!(block.forward(x.clone()).to_data(), x.to_data());
/// assert_eq!(parameter_count(&block), 2 * (8 * 8 * 9 + 2) + 1);
/// ```
#[derive(Module, Debug)]
pub struct FixupBlock {
    /// The convolutions with the numbers that are added before and after each.
    pub convs: Vec<BiasedConv>,
    /// What the branch is multiplied by, `[1]`.
    pub scale: Param<Tensor<1>>,
    /// The short path; none in a plain block.
    pub downsample: Option<Shortcut>,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
    /// What the branch is known by to those who look inside.
    pub branch: Mark,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// `conv(x + a) + b`, with a number each.
#[derive(Module, Debug)]
pub struct BiasedConv {
    /// What is added before, `[1]`.
    pub before: Param<Tensor<1>>,
    /// The convolution.
    pub conv: Conv2d,
    /// What is added after, `[1]`.
    pub after: Param<Tensor<1>>,
}

impl From<BasicBlockConfig> for FixupOf {
    fn from(config: BasicBlockConfig) -> Self {
        Self::Basic(config)
    }
}

impl From<BottleneckConfig> for FixupOf {
    fn from(config: BottleneckConfig) -> Self {
        Self::Bottleneck(config)
    }
}

impl FixupOf {
    fn check(&self) -> Result<(), ConfigError> {
        let (norm, order, anti_aliasing, dropped) = match self {
            Self::Basic(config) => {
                config.check()?;
                let dropped = config.drop_probability;
                (config.norm, config.order, config.anti_aliasing, dropped)
            }
            Self::Bottleneck(config) => {
                config.check()?;
                (config.norm, config.order, config.anti_aliasing, 0.0)
            }
        };
        ensure!(
            norm == NormKind::None,
            "norm = {norm:?}: must be none with fixup, which stands in for it"
        );
        ensure!(
            order == Order::PostActivation,
            "order = {order:?}: must be post-activation with fixup"
        );
        ensure!(
            anti_aliasing == AntiAliasing::None,
            "anti_aliasing = {anti_aliasing:?}: must be none with fixup"
        );
        ensure!(
            dropped == 0.0,
            "drop_probability = {dropped}: must be 0 with fixup"
        );
        let shortcut = self.shortcut().kind;
        ensure!(
            !matches!(shortcut, ShortcutKind::ExclusiveGate(_)),
            "shortcut = {shortcut:?}: must leave the branch alone with fixup"
        );
        Ok(())
    }

    fn convs(&self) -> Vec<Conv2dConfig> {
        match self {
            Self::Basic(config) => config.convs().into(),
            Self::Bottleneck(config) => config.convs().into(),
        }
    }

    fn shortcut(&self) -> ShortcutConfig {
        match self {
            Self::Basic(config) => config.shortcut(),
            Self::Bottleneck(config) => config.shortcut(),
        }
    }

    fn act(&self) -> Act {
        match self {
            Self::Basic(config) => config.act,
            Self::Bottleneck(config) => config.act,
        }
    }

    fn modifiers(&self, device: &Device) -> Vec<Modifier> {
        match self {
            Self::Basic(config) => {
                modifiers::init_all(&config.modifiers, config.out_channels, device)
            }
            Self::Bottleneck(config) => {
                modifiers::init_all(&config.modifiers, config.out_channels(), device)
            }
        }
    }
}

impl FixupBlockConfig {
    /// Whether the block can be made.
    ///
    /// # Errors
    /// If there are no blocks, or the block that it is made of cannot be made, is normalised,
    /// activates first, is anti-aliased, drops values or is weighed by a gate.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("blocks", self.blocks)?;
        self.of.check()
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics where [`FixupBlockConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> FixupBlock {
        check::or_panic(self.check());
        let configs = self.of.convs();
        let last = configs.len() - 1;
        // `m - 1` factors in front of the last convolution make up `L^(-1/2)`.
        let factor = (self.blocks as f64).powf(-0.5 / last as f64);
        let conv = |(place, config): (usize, Conv2dConfig)| {
            let initializer = match place == last {
                true => Initializer::Zeros,
                false => scaled(&config.initializer, factor),
            };
            BiasedConv {
                before: number(0.0, device),
                conv: config
                    .with_bias(false)
                    .with_initializer(initializer)
                    .init(device),
                after: number(0.0, device),
            }
        };
        FixupBlock {
            convs: configs.into_iter().enumerate().map(conv).collect(),
            scale: number(1.0, device),
            downsample: self.of.shortcut().init(device),
            modifiers: self.of.modifiers(device),
            branch: Mark::new(),
            act: self.of.act(),
        }
    }
}

/// A normal distribution that is so many times as wide.
fn scaled(initializer: &Initializer, factor: f64) -> Initializer {
    match *initializer {
        Initializer::Normal { mean, std } => Initializer::Normal {
            mean,
            std: factor * std,
        },
        _ => unreachable!("residual blocks draw from normal distributions"),
    }
}

fn number(value: f64, device: &Device) -> Param<Tensor<1>> {
    Param::from_tensor(Tensor::full([1], value, device))
}

/// `act(x + number)`
fn shifted(x: Tensor<4>, number: &Param<Tensor<1>>, act: Act) -> Tensor<4> {
    scale_shift(x, None, Some(number.val()), act)
}

impl BiasedConv {
    /// `conv(x)`, where `x` has its number already.
    fn apply(&self, x: Tensor<4>) -> Tensor<4> {
        conv(x, &self.conv, Act::None)
    }
}

impl FixupBlock {
    /// Applies the block. See [`FixupBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (first, others) = self.convs.split_first().expect("two convolutions or more");
        let [x, as_it_is] = split(x);
        let [x, to_project] = split(shifted(x, &first.before, Act::None));
        let shortcut = self.downsample.as_ref().map(|shortcut| {
            shortcut.forward(match shortcut.is_identity() {
                true => as_it_is,
                false => to_project,
            })
        });
        let mut x = first.apply(x);
        let mut after = &first.after;
        for layer in others {
            x = shifted(x, after, self.act);
            x = layer.apply(shifted(x, &layer.before, Act::None));
            after = &layer.after;
        }
        let (scale, shift) = (Some(self.scale.val()), Some(after.val()));
        let x = scale_shift(x, scale, shift, Act::None);
        let ending = Ending {
            modifiers: &self.modifiers,
            branch: &self.branch,
        };
        let branch = ending.forward(x);
        match shortcut {
            Some(shortcut) => add(branch, shortcut, self.act),
            None => act(branch, self.act),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;

    fn basic(channels: usize) -> FixupOf {
        let basic = BasicBlockConfig::new(channels, channels);
        basic.with_norm(NormKind::None).into()
    }

    fn bottleneck(planes: usize) -> FixupOf {
        let bottleneck = BottleneckConfig::new(4 * planes, planes);
        bottleneck.with_norm(NormKind::None).into()
    }

    fn deviation(conv: &BiasedConv) -> f64 {
        let weight = conv.conv.weight.val();
        let mean_square = weight.powi_scalar(2).mean().into_scalar::<f32>();
        f64::from(mean_square).sqrt()
    }

    #[test]
    fn weights_start_as_the_formula_says() {
        let device = Device::flex();
        for blocks in [1, 9, 54] {
            let of = |of: FixupOf| FixupBlockConfig::new(of, blocks).init(&device).convs;
            let depth = blocks as f64;
            // sqrt(2 / (channels * kernel^2)) * L^(-1 / (2m - 2))
            let two = of(basic(64));
            let expected = (2.0 / (64.0 * 9.0_f64)).sqrt() * depth.powf(-0.5);
            assert!((deviation(&two[0]) / expected - 1.0).abs() < 0.03);
            assert_eq!(deviation(&two[1]), 0.0);
            let three = of(bottleneck(64));
            for (conv, kernel) in three[..2].iter().zip([1.0_f64, 9.0]) {
                let expected = (2.0 / (64.0 * kernel)).sqrt() * depth.powf(-0.25);
                assert!((deviation(conv) / expected - 1.0).abs() < 0.03);
            }
            assert_eq!(deviation(&three[2]), 0.0);
        }
    }

    #[test]
    fn every_number_stands_where_the_equation_has_it() {
        // One pixel and weights of 1: the equation by hand.
        let device = Device::flex();
        let mut block = FixupBlockConfig::new(basic(1), 1).init(&device);
        for conv in &mut block.convs {
            let weight = conv.conv.weight.val().ones_like();
            conv.conv.weight = Param::from_tensor(weight);
        }
        block.convs[0].before = number(0.5, &device);
        block.convs[0].after = number(-4.0, &device);
        block.convs[1].before = number(0.25, &device);
        block.convs[1].after = number(-1.0, &device);
        block.scale = number(2.0, &device);
        let y = |x: f64| {
            let y = block.forward(Tensor::full([1, 1, 1, 1], x, &device));
            y.into_scalar::<f32>()
        };
        // relu(6 + 0.5 - 4) = 2.5; 2 * (2.5 + 0.25) - 1 + 6
        assert_eq!(y(6.0), 10.5);
        // relu(1 + 0.5 - 4) = 0; 2 * 0.25 - 1 + 1
        assert_eq!(y(1.0), 0.5);
    }

    #[test]
    fn a_shortcut_that_changes_the_shape_takes_the_shifted_input() {
        let device = Device::flex();
        let wider = BasicBlockConfig::new(2, 4)
            .with_stride(2)
            .with_shortcut(ShortcutKind::ZeroPad)
            .with_norm(NormKind::None);
        let mut block = FixupBlockConfig::new(wider.into(), 3).init(&device);
        block.convs[0].before = number(0.5, &device);
        let y = block.forward(Tensor::ones([1, 2, 3, 3], &device));
        let shifted = y.slice([0..1, 1..3, 0..2, 0..2]);
        assert_eq!(
            shifted.to_data(),
            Tensor::<4>::full([1, 2, 2, 2], 1.5, &device).to_data()
        );
    }

    #[test]
    fn plain_blocks_start_with_zeros() {
        let device = Device::flex();
        let plain = BasicBlockConfig::new(2, 2)
            .with_shortcut(ShortcutKind::Plain)
            .with_norm(NormKind::None);
        let x = Tensor::<4>::random([1, 2, 3, 3], Distribution::Default, &device);
        let y = FixupBlockConfig::new(plain.into(), 3)
            .init(&device)
            .forward(x);
        assert_eq!(y.abs().max().into_scalar::<f32>(), 0.0);
    }

    #[test]
    #[should_panic(expected = "norm = Batch: must be none with fixup, which stands in for it")]
    fn a_normalisation_is_refused() {
        let of = BasicBlockConfig::new(2, 2);
        FixupBlockConfig::new(of.into(), 3).init(&Device::flex());
    }
}
