//! Highway layers: `y = T(x) * H(x) + (1 - T(x)) * x`, a learned gate between both paths.

mod conv;
mod fully_connected;

pub use conv::{HighwayConv, HighwayConvConfig};
pub use fully_connected::{Highway, HighwayConfig};

use burn::module::Param;
use burn::tensor::{Device, Tensor};

/// A bias of so many units that starts at `value`.
fn constant_bias(units: usize, value: f64, device: &Device) -> Option<Param<Tensor<1>>> {
    Some(Param::from_tensor(Tensor::full([units], value, device)))
}
