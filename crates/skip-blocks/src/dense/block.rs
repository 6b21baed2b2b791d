use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::layer::{DenseLayer, DenseLayerConfig};
use crate::check::{self, ConfigError};
use crate::layers::{Act, NormKind, concat};
use crate::seam::{part, part_all, recomputes};

/// Configures a [`DenseBlock`].
#[derive(Config, Debug, PartialEq)]
pub struct DenseBlockConfig {
    /// Channels that come in.
    pub in_channels: usize,
    /// How many layers.
    pub layers: usize,
    /// Channels that each layer adds (`k` in the paper).
    pub growth_rate: usize,
    /// See [`DenseLayerConfig::bottleneck`]. Default: none.
    #[config(default = "None")]
    pub bottleneck: Option<usize>,
    /// See [`DenseLayerConfig::drop_probability`]. Default: 0.
    #[config(default = 0.0)]
    pub drop_probability: f64,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// The activation. Default: ReLU.
    #[config(default = "Act::Relu")]
    pub act: Act,
}

/// A dense block: `x_l = F_l([x_0, x_1, .., x_(l-1)])`, the output `[x_0, .., x_L]`.
///
/// From "Densely Connected Convolutional Networks" (Huang et al. 2016,
/// <https://arxiv.org/abs/1608.06993>), equation 2. Layers that a
/// [`Seam`](crate::seam::Seam) recomputes keep their new features alone, so that memory grows with
/// the layers and not with their square: "Memory-Efficient Implementation of DenseNets" (Pleiss et
/// al. 2017, <https://arxiv.org/abs/1707.06990>).
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, in_channels + layers * growth_rate, height, width]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::DenseBlockConfig;
///
/// let device = Device::flex();
/// let config = DenseBlockConfig::new(16, 3, 12).with_bottleneck(Some(4));
/// let y = config.init(&device).forward(Tensor::ones([1, 16, 5, 5], &device));
/// assert_eq!(y.dims(), [1, config.out_channels(), 5, 5]);
/// assert_eq!(config.out_channels(), 16 + 3 * 12);
/// ```
#[derive(Module, Debug)]
pub struct DenseBlock {
    /// The layers, each on the concatenated outputs of all before it.
    pub layers: Vec<DenseLayer>,
}

impl DenseBlockConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        self.in_channels + self.layers * self.growth_rate
    }

    /// Whether the block can be made.
    ///
    /// # Errors
    /// If there is no layer, or one cannot be made.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("layers", self.layers)?;
        (0..self.layers).try_for_each(|index| self.layer(index).check())
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics where [`DenseBlockConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> DenseBlock {
        check::or_panic(self.check());
        DenseBlock {
            layers: (0..self.layers)
                .map(|index| self.layer(index).init(device))
                .collect(),
        }
    }

    fn layer(&self, index: usize) -> DenseLayerConfig {
        let before = self.in_channels + index * self.growth_rate;
        DenseLayerConfig::new(before, self.growth_rate)
            .with_bottleneck(self.bottleneck)
            .with_drop_probability(self.drop_probability)
            .with_norm(self.norm)
            .with_act(self.act)
    }
}

impl DenseBlock {
    /// Applies the block. See [`DenseBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        // Where layers are recomputed, what was put side by side for them is so too.
        match self.layers.iter().any(recomputes) {
            true => self.forward_recomputing(x),
            false => self.layers.iter().fold(x, |x, layer| {
                part(layer, [x], |layer, [x]| layer.forward(x))
            }),
        }
    }

    /// Keeps each layer's new features alone, and puts them side by side anew wherever needed.
    fn forward_recomputing(&self, x: Tensor<4>) -> Tensor<4> {
        let mut features = vec![x];
        for layer in &self.layers {
            let new = part_all(layer, features.clone(), |layer, features| {
                layer.new_features(concat(features))
            });
            features.push(new);
        }
        concat(features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_sees_the_block_input_unchanged() {
        let device = Device::flex();
        let block = DenseBlockConfig::new(4, 3, 2).init(&device);
        let x = Tensor::<4>::ones([1, 4, 3, 3], &device) * 7.0;
        let y = block.forward(x.clone());
        assert_eq!(y.narrow(1, 0, 4).to_data(), x.to_data());
    }

    #[test]
    #[should_panic(expected = "layers = 0: must be at least 1")]
    fn a_block_without_layers_is_refused() {
        DenseBlockConfig::new(4, 0, 2).init(&Device::flex());
    }

    #[test]
    #[should_panic(expected = "growth_rate = 0: must be at least 1")]
    fn a_layer_that_adds_nothing_is_refused() {
        DenseBlockConfig::new(4, 1, 0).init(&Device::flex());
    }
}
