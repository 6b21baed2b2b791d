//! Where to compute.

use clap::Args;
use train::backend::DeviceChoice;

#[derive(Args, Debug)]
pub struct Place {
    /// Backend: flex, ndarray, wgpu or cuda
    #[arg(long, value_name = "NAME", default_value = "flex")]
    pub backend: String,
    /// Device: default, cpu or gpu:NUMBER
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    pub device: DeviceChoice,
}
