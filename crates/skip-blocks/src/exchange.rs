//! Maps of several sizes, each added to all others.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError};
use crate::join::{Join, JoinKind};
use crate::layers::{Act, Conv2dConfig, NormKind, Resize, act, branches, conv1x1, conv3x3, resize};
use crate::pair::ConvNorm;
use crate::seam::Mark;

/// Configures an [`Exchange`].
#[derive(Config, Debug, PartialEq)]
pub struct ExchangeConfig {
    /// Channels of each map, the largest map's first. Each map is half the size of the one before.
    pub channels: Vec<usize>,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
}

/// An exchange unit: a skip connection across sizes, `y_i = act(sum_j f_ij(x_j))` for maps `x_j` of
/// several sizes. `f_ij` is the identity for `i = j`; from a smaller map a 1x1 convolution, repeated
/// to the size; from a larger one 3x3 convolutions of stride 2, one for each halving.
///
/// From "Deep High-Resolution Representation Learning for Visual Recognition" (Wang et al. 2019,
/// <https://arxiv.org/abs/1908.07919>), section 3.2 and figure 3.
///
/// # Shapes
/// maps `[batch, channels_j, height_j, width_j]`, each of half the size of the one before, rounded
/// up, to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::ExchangeConfig;
///
/// let device = Device::flex();
/// let exchange = ExchangeConfig::new(vec![4, 8, 16]).init(&device);
/// let map = |channels, size| Tensor::<4>::ones([1, channels, size, size], &device);
/// let maps = exchange.forward(vec![map(4, 9), map(8, 5), map(16, 3)]);
/// let dims: Vec<_> = maps.iter().map(|map| map.dims()).collect();
/// assert_eq!(dims, [[1, 4, 9, 9], [1, 8, 5, 5], [1, 16, 3, 3]]);
/// ```
#[derive(Module, Debug)]
pub struct Exchange {
    /// `f_ij`, in the rows of `i`.
    pub fuse_layers: Vec<Vec<ExchangePath>>,
    /// The sum of each row.
    pub joins: Vec<Join>,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

/// How a map gets to another's size.
#[derive(Module, Debug)]
pub enum ExchangePath {
    /// It has that size.
    Identity(Mark),
    /// From a smaller one.
    Up(ConvNorm),
    /// From a larger one, in halvings.
    Down(Vec<ConvNorm>),
}

impl ExchangeConfig {
    /// Whether the unit can be made.
    ///
    /// # Errors
    /// If there are no maps or no channels, or the normalisation cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("channels.len()", self.channels.len())?;
        self.channels.iter().try_for_each(|&channels| {
            check::positive("channels", channels)?;
            self.norm.check(channels)
        })
    }

    /// Makes the unit.
    ///
    /// # Panics
    /// Panics where [`ExchangeConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> Exchange {
        check::or_panic(self.check());
        let maps = self.channels.len();
        let row = |to: usize| (0..maps).map(|from| self.path(from, to, device)).collect();
        let join = |&channels: &usize| JoinKind::Add.init(channels, channels, device);
        Exchange {
            fuse_layers: (0..maps).map(row).collect(),
            joins: self.channels.iter().map(join).collect(),
            act: self.act,
        }
    }

    fn path(&self, from: usize, to: usize, device: &Device) -> ExchangePath {
        let (here, there) = (self.channels[from], self.channels[to]);
        let layer = |config: Conv2dConfig| {
            ConvNorm::new(config.with_bias(self.norm.wants_bias()), self.norm, device)
        };
        if from == to {
            return ExchangePath::Identity(Mark::new());
        }
        if from > to {
            return ExchangePath::Up(layer(conv1x1(here, there)));
        }
        // Channels change with the last halving.
        let halving = |step: usize| {
            let channels = if step == to { there } else { here };
            layer(conv3x3(here, channels).with_stride([2; 2]))
        };
        ExchangePath::Down((from + 1..=to).map(halving).collect())
    }
}

impl Exchange {
    /// Adds each map to all others. See [`Exchange`].
    ///
    /// # Panics
    /// Panics if there are not as many maps as were configured.
    pub fn forward(&self, maps: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
        let count = self.fuse_layers.len();
        assert_eq!(maps.len(), count, "maps that go in");
        let sizes: Vec<_> = maps
            .iter()
            .map(|map| [map.dims()[2], map.dims()[3]])
            .collect();
        // The maps of each row.
        let mut inputs = vec![vec![]; count];
        for map in maps {
            for (input, map) in inputs.iter_mut().zip(branches(map, count)) {
                input.push(map);
            }
        }
        let rows = self.fuse_layers.iter().zip(&self.joins).zip(inputs);
        let row = |(own, ((paths, join), inputs)): (usize, ((&Vec<ExchangePath>, &Join), _))| {
            let inputs: Vec<Tensor<4>> = inputs;
            let arrived = paths.iter().zip(inputs);
            let arrived = arrived.map(|(path, map)| path.forward(map, sizes[own], self.act));
            let mut arrived: Vec<_> = arrived.collect();
            let x = arrived.remove(own);
            act(join.forward(arrived, x), self.act)
        };
        rows.enumerate().map(row).collect()
    }
}

impl ExchangePath {
    /// The map at another's `size`. Between halvings there is an activation.
    fn forward(&self, x: Tensor<4>, size: [usize; 2], act: Act) -> Tensor<4> {
        match self {
            Self::Identity(_) => x,
            Self::Up(layer) => resize(layer.forward(x, Act::None), size, Resize::Nearest),
            Self::Down(layers) => {
                let last = layers.len() - 1;
                let layers = layers.iter().enumerate();
                layers.fold(x, |x, (index, layer)| {
                    layer.forward(x, if index == last { Act::None } else { act })
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter_count;

    #[test]
    fn one_map_is_only_activated() {
        let device = Device::flex();
        let exchange = ExchangeConfig::new(vec![2]).init(&device);
        let x = Tensor::<4>::from_data([[[[-1.0, 2.0]], [[3.0, -4.0]]]], &device);
        let y = exchange.forward(vec![x]).remove(0);
        assert_eq!(y.to_data(), [[[[0.0f32, 2.0]], [[3.0, 0.0]]]].into());
    }

    #[test]
    fn paths_have_a_convolution_for_each_halving() {
        let device = Device::flex();
        let exchange = ExchangeConfig::new(vec![2, 3, 5]).init(&device);
        let count = |to: usize, from: usize| parameter_count(&exchange.fuse_layers[to][from]);
        assert_eq!(count(1, 1), 0);
        assert_eq!(count(0, 2), 5 * 2 + 2 * 2);
        assert_eq!(count(2, 0), (2 * 2 * 9 + 2 * 2) + (2 * 5 * 9 + 2 * 5));
    }

    #[test]
    #[should_panic(expected = "channels = 0: must be at least 1")]
    fn a_map_without_channels_is_refused() {
        ExchangeConfig::new(vec![2, 0]).init(&Device::flex());
    }
}
