//! Highway layers: `y = T(x) * H(x) + (1 - T(x)) * x`, a learned gate between both paths.

mod conv;
mod fully_connected;

pub use conv::{HighwayConv, HighwayConvConfig};
pub use fully_connected::{Highway, HighwayConfig};
