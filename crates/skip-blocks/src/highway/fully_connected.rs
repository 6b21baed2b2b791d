use burn::config::Config;
use burn::module::Module;
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use crate::check::{self, ConfigError};
use crate::join::{Join, constant_bias};
use crate::layers::{Act, Linear, LinearConfig, linear};

/// Configures a [`Highway`].
#[derive(Config, Debug, PartialEq)]
pub struct HighwayConfig {
    /// Units that come in and go out.
    pub units: usize,
    /// Value that the gate's bias starts at. The lower, the more of the input is carried. The
    /// paper searches -1 to -10. Default: -2.
    #[config(default = -2.0)]
    pub gate_bias: f64,
    /// Whether the layer is its plain twin, `y = H(x)`: the same transform, which nothing bypasses.
    /// Default: not.
    #[config(default = false)]
    pub plain: bool,
    /// How the weights of `H` start; its biases start at 0. Default: as Burn's linear layers do,
    /// uniform with variance `1 / (3 units)`.
    #[config(
        default = "Initializer::KaimingUniform { gain: 1.0 / 3f64.sqrt(), fan_out_only: false }"
    )]
    pub initializer: Initializer,
}

/// A fully connected highway layer: `y = T(x) * H(x) + (1 - T(x)) * x` with
/// `H(x) = relu(x W_H + b_H)` and the gate `T(x) = sigmoid(x W_T + b_T)`, `b_T` negative at first.
///
/// From "Training Very Deep Networks" (Srivastava et al. 2015,
/// <https://arxiv.org/abs/1507.06228>), equation 3.
///
/// # Shapes
/// `[.., units]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor, Tolerance};
/// use skip_blocks::HighwayConfig;
///
/// let device = Device::flex();
/// // A gate that is shut carries its input.
/// let highway = HighwayConfig::new(8).with_gate_bias(-100.0).init(&device);
/// let x = Tensor::<2>::ones([2, 8], &device);
/// let y = highway.forward(x.clone());
/// y.to_data().assert_approx_eq::<f32>(&x.to_data(), Tolerance::absolute(1e-6));
/// ```
#[derive(Module, Debug)]
pub struct Highway {
    /// `H`
    pub transform: Linear,
    /// `T`, and what joins by it; none in a plain layer.
    pub gate: Option<Join>,
}

impl HighwayConfig {
    /// Whether the layer can be made.
    ///
    /// # Errors
    /// If `units` is zero.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("units", self.units)
    }

    /// Makes the layer.
    ///
    /// # Panics
    /// Panics where [`HighwayConfig::check`] gives an error.
    pub fn init(&self, device: &Device) -> Highway {
        check::or_panic(self.check());
        let units = self.units;
        let mut transform = LinearConfig::new(units, units)
            .with_initializer(self.initializer.clone())
            .init(device);
        transform.bias = constant_bias(units, 0.0, device);
        let gate = (!self.plain).then(|| Join::linear_gate(units, self.gate_bias, device));
        Highway { transform, gate }
    }
}

impl Highway {
    /// Applies the layer. See [`Highway`].
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let h = linear(x.clone(), &self.transform, Act::Relu);
        match &self.gate {
            Some(gate) => gate.forward(vec![x], h),
            None => h,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter_count;

    #[test]
    fn closed_gate_is_identity() {
        let device = Device::flex();
        let highway = HighwayConfig::new(4).with_gate_bias(-1e4).init(&device);
        let x = Tensor::<2>::from_data([[1.0, -2.0, 3.0, -4.0]], &device);
        assert_eq!(highway.forward(x.clone()).to_data(), x.to_data());
    }

    #[test]
    fn open_gate_is_the_transform() {
        let device = Device::flex();
        let highway = HighwayConfig::new(4).with_gate_bias(1e4).init(&device);
        let x = Tensor::<2>::from_data([[1.0, -2.0, 3.0, -4.0]], &device);
        let transformed = linear(x.clone(), &highway.transform, Act::Relu);
        let difference = (highway.forward(x) - transformed).abs().max();
        assert!(difference.into_scalar::<f32>() < 1e-6);
    }

    #[test]
    fn the_plain_twin_is_the_transform_alone() {
        let device = Device::flex();
        let plain = HighwayConfig::new(4).with_plain(true).init(&device);
        let x = Tensor::<2>::from_data([[1.0, -2.0, 3.0, -4.0]], &device);
        let transformed = linear(x.clone(), &plain.transform, Act::Relu);
        assert_eq!(plain.forward(x).to_data(), transformed.to_data());
        assert_eq!(parameter_count(&plain), 4 * 4 + 4);
    }

    #[test]
    fn gate_starts_negative_by_default() {
        let highway = HighwayConfig::new(4).init(&Device::flex());
        let Some(Join::LinearGate(gate)) = highway.gate else {
            unreachable!("a gate of a linear layer")
        };
        let bias = gate.bias.expect("gates have a bias").val();
        assert!(bias.max().into_scalar::<f32>() < 0.0);
    }

    #[test]
    #[should_panic(expected = "units = 0: must be at least 1")]
    fn no_units_are_refused() {
        HighwayConfig::new(0).init(&Device::flex());
    }
}
