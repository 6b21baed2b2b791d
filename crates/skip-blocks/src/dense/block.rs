use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::check;
use crate::layers::{concat_all, recompute_all};
use crate::{DenseLayer, DenseLayerConfig};

/// Configures a [`DenseBlock`].
#[derive(Config, Debug)]
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
    /// Whether what a layer computes is computed again on the way back, instead of being kept:
    /// memory then grows with the layers, not with their square. Default: false.
    #[config(default = false)]
    pub recompute: bool,
}

/// A dense block: `x_l = F_l([x_0, x_1, .., x_(l-1)])`, the output `[x_0, .., x_L]`.
///
/// From "Densely Connected Convolutional Networks" (Huang et al. 2016,
/// <https://arxiv.org/abs/1608.06993>), equation 2. Recomputing is from "Memory-Efficient
/// Implementation of DenseNets" (Pleiss et al. 2017, <https://arxiv.org/abs/1707.06990>).
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
    /// Whether what a layer computes is computed again on the way back.
    pub recompute: bool,
}

impl DenseBlockConfig {
    /// Channels that go out.
    pub fn out_channels(&self) -> usize {
        self.in_channels + self.layers * self.growth_rate
    }

    /// Makes the block.
    ///
    /// # Panics
    /// Panics if a size is zero, if the drop probability is outside `[0, 1)`, or if it is not 0
    /// and layers are recomputed: they would drop others the second time.
    pub fn init(&self, device: &Device) -> DenseBlock {
        check::positive("layers", self.layers);
        assert!(
            !self.recompute || self.drop_probability == 0.0,
            "recompute = true: needs drop_probability = 0, not {}",
            self.drop_probability
        );
        let layer = |index| {
            DenseLayerConfig::new(
                self.in_channels + index * self.growth_rate,
                self.growth_rate,
            )
            .with_bottleneck(self.bottleneck)
            .with_drop_probability(self.drop_probability)
            .init(device)
        };
        DenseBlock {
            layers: (0..self.layers).map(layer).collect(),
            recompute: self.recompute,
        }
    }
}

impl DenseBlock {
    /// Applies the block. See [`DenseBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self.recompute {
            true => self.forward_recomputing(x),
            false => self.layers.iter().fold(x, |x, layer| layer.forward(x)),
        }
    }

    /// Keeps each layer's new features alone, and puts them side by side anew wherever needed.
    fn forward_recomputing(&self, x: Tensor<4>) -> Tensor<4> {
        let mut features = vec![x];
        for layer in &self.layers {
            let new = recompute_all(layer, features.clone(), |layer, features| {
                layer.new_features(concat_all(features))
            });
            features.push(new);
        }
        concat_all(features)
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
    #[should_panic(expected = "recompute = true: needs drop_probability = 0, not 0.2")]
    fn dropped_features_cannot_be_recomputed() {
        DenseBlockConfig::new(4, 1, 2)
            .with_drop_probability(0.2)
            .with_recompute(true)
            .init(&Device::flex());
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
