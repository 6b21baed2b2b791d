//! Where a run computes: one marker type per backend, chosen by name at the edge.

use anyhow::{Result, bail};
use burn::tensor::Device;
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
use serde::{Deserialize, Serialize};

/// Which of a backend's devices computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The backend's own choice.
    #[default]
    Default,
    /// A processor: for wgpu, a software driver.
    Cpu,
    /// The graphics card of this number.
    Gpu(usize),
}

impl std::str::FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Self::Default),
            "cpu" => Ok(Self::Cpu),
            _ => text
                .strip_prefix("gpu:")
                .and_then(|index| index.parse().ok())
                .map(Self::Gpu)
                .ok_or_else(|| {
                    format!("there is no device '{text}'; there are: default, cpu, gpu:NUMBER")
                }),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => write!(formatter, "default"),
            Self::Cpu => write!(formatter, "cpu"),
            Self::Gpu(index) => write!(formatter, "gpu:{index}"),
        }
    }
}

/// A backend of Burn that a run can compute on.
pub trait ComputeBackend: Send + Sync + 'static {
    /// What `--backend` calls it, which is also its cargo feature.
    const NAME: &'static str;

    /// One of its devices.
    ///
    /// # Errors
    /// If it has no device of that kind.
    fn device(choice: DeviceChoice) -> Result<Device>;
}

/// Burn's CPU backend.
#[cfg(feature = "flex")]
pub struct Flex;

#[cfg(feature = "flex")]
impl ComputeBackend for Flex {
    const NAME: &'static str = "flex";

    fn device(choice: DeviceChoice) -> Result<Device> {
        cpu_only::<Self>(choice, Device::flex)
    }
}

/// Burn's deprecated CPU backend.
#[cfg(feature = "ndarray")]
pub struct NdArray;

#[cfg(feature = "ndarray")]
impl ComputeBackend for NdArray {
    const NAME: &'static str = "ndarray";

    #[allow(deprecated)] // Kept for comparison; Burn 0.22 is the last to have it.
    fn device(choice: DeviceChoice) -> Result<Device> {
        cpu_only::<Self>(choice, Device::ndarray)
    }
}

/// Graphics cards through Vulkan, Metal or DirectX 12.
#[cfg(feature = "wgpu")]
pub struct Wgpu;

#[cfg(feature = "wgpu")]
impl ComputeBackend for Wgpu {
    const NAME: &'static str = "wgpu";

    fn device(choice: DeviceChoice) -> Result<Device> {
        Ok(Device::wgpu(match choice {
            DeviceChoice::Default => DeviceKind::DefaultDevice,
            DeviceChoice::Cpu => DeviceKind::Cpu,
            DeviceChoice::Gpu(index) => DeviceKind::DiscreteGpu(index),
        }))
    }
}

/// NVIDIA's graphics cards.
#[cfg(feature = "cuda")]
pub struct Cuda;

#[cfg(feature = "cuda")]
impl ComputeBackend for Cuda {
    const NAME: &'static str = "cuda";

    fn device(choice: DeviceChoice) -> Result<Device> {
        match choice {
            DeviceChoice::Default => Ok(Device::cuda(0)),
            DeviceChoice::Gpu(index) => Ok(Device::cuda(index)),
            DeviceChoice::Cpu => {
                bail!("backend 'cuda' has no device 'cpu'; use default or gpu:NUMBER")
            }
        }
    }
}

#[cfg(any(feature = "flex", feature = "ndarray"))]
fn cpu_only<B: ComputeBackend>(choice: DeviceChoice, device: fn() -> Device) -> Result<Device> {
    match choice {
        DeviceChoice::Default | DeviceChoice::Cpu => Ok(device()),
        DeviceChoice::Gpu(_) => bail!(
            "backend '{}' has no device '{choice}'; use default or cpu",
            B::NAME
        ),
    }
}

/// Work that runs on a backend: a function that is generic over one, as a type.
pub trait BackendTask {
    /// What comes of it.
    type Output;

    /// Does the work on `B`.
    ///
    /// # Errors
    /// Whatever can go wrong in it.
    fn run<B: ComputeBackend>(self) -> Result<Self::Output>;
}

/// The backends that there are, compiled in or not.
pub const BACKENDS: [&str; 4] = ["flex", "ndarray", "wgpu", "cuda"];

/// The backends that are compiled in.
pub fn compiled_backends() -> Vec<&'static str> {
    vec![
        #[cfg(feature = "flex")]
        Flex::NAME,
        #[cfg(feature = "ndarray")]
        NdArray::NAME,
        #[cfg(feature = "wgpu")]
        Wgpu::NAME,
        #[cfg(feature = "cuda")]
        Cuda::NAME,
    ]
}

/// Runs `task` on the backend of this name.
///
/// # Errors
/// If there is no such backend, if it is not compiled in, or if the task fails.
pub fn run_on<T: BackendTask>(
    backend: &str,
    #[allow(unused_variables)] // Where no backend is compiled in.
    task: T,
) -> Result<T::Output> {
    match backend {
        #[cfg(feature = "flex")]
        Flex::NAME => task.run::<Flex>(),
        #[cfg(feature = "ndarray")]
        NdArray::NAME => task.run::<NdArray>(),
        #[cfg(feature = "wgpu")]
        Wgpu::NAME => task.run::<Wgpu>(),
        #[cfg(feature = "cuda")]
        Cuda::NAME => task.run::<Cuda>(),
        known if BACKENDS.contains(&known) => bail!(
            "backend '{known}' is not compiled in; add `--features {known}` before the `--` of \
             `cargo run`. Compiled in: {}",
            compiled_backends().join(", ")
        ),
        unknown => bail!(
            "there is no backend '{unknown}'; there are: {}",
            BACKENDS.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_written_as_they_are_read() {
        for text in ["default", "cpu", "gpu:3"] {
            let choice: DeviceChoice = text.parse().expect("a device");
            assert_eq!(choice.to_string(), text);
        }
    }

    #[test]
    fn an_unknown_device_is_named() {
        let error = "gpu".parse::<DeviceChoice>().expect_err("no number");
        assert_eq!(
            error,
            "there is no device 'gpu'; there are: default, cpu, gpu:NUMBER"
        );
    }
}
