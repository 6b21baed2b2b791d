//! Where a run computes: one marker type per backend, chosen by name at the edge.

use anyhow::{Result, bail};
#[cfg(feature = "wgpu")]
use burn::tensor::DeviceKind;
#[cfg(any(feature = "wgpu", feature = "cuda"))]
use burn::tensor::DeviceType;
use burn::tensor::{DType, Device};
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

/// A backend of Burn that a run can compute on, and what differs between them.
pub trait ComputeBackend: Send + Sync + 'static {
    /// What `--backend` calls it, which is also its cargo feature.
    const NAME: &'static str;

    /// Whether the same seed gives the same bits again on the same machine.
    const REPEATS: bool;

    /// The device of this choice; it is opened by its first use.
    ///
    /// # Errors
    /// If the backend has no device of that kind.
    fn device(choice: DeviceChoice) -> Result<Device>;

    /// The devices that are there.
    fn devices() -> Vec<Device>;

    /// What a device is called.
    fn describe(device: &Device) -> String;

    /// The precisions that a device can compute in.
    fn precisions(device: &Device) -> Vec<&'static str> {
        let all = [
            ("f64", DType::F64),
            ("f32", DType::F32),
            ("f16", DType::F16),
            ("bf16", DType::BF16),
        ];
        let supported = all
            .into_iter()
            .filter(|(_, dtype)| device.supports_dtype(*dtype));
        supported.map(|(name, _)| name).collect()
    }

    /// Sets threads and memory up, once, before the first work. The calling thread is the one that
    /// will do it.
    fn set_up() {}
}

/// Burn's CPU backend.
#[cfg(feature = "flex")]
pub struct Flex;

#[cfg(feature = "flex")]
impl ComputeBackend for Flex {
    const NAME: &'static str = "flex";
    const REPEATS: bool = true;

    fn device(choice: DeviceChoice) -> Result<Device> {
        cpu_only::<Self>(choice, Device::flex)
    }

    fn devices() -> Vec<Device> {
        vec![Device::flex()]
    }

    fn describe(_: &Device) -> String {
        processor()
    }

    fn set_up() {
        skip_blocks::keep_freed_memory();
        skip_blocks::compute_on_this_thread();
    }
}

/// Burn's deprecated CPU backend.
#[cfg(feature = "ndarray")]
pub struct NdArray;

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // Kept for comparison; Burn 0.22 is the last to have it.
impl ComputeBackend for NdArray {
    const NAME: &'static str = "ndarray";
    const REPEATS: bool = true;

    fn device(choice: DeviceChoice) -> Result<Device> {
        cpu_only::<Self>(choice, Device::ndarray)
    }

    fn devices() -> Vec<Device> {
        vec![Device::ndarray()]
    }

    fn describe(_: &Device) -> String {
        processor()
    }

    fn set_up() {
        skip_blocks::keep_freed_memory();
    }
}

/// Graphics cards through Vulkan, Metal or DirectX 12.
#[cfg(feature = "wgpu")]
pub struct Wgpu;

#[cfg(feature = "wgpu")]
impl ComputeBackend for Wgpu {
    const NAME: &'static str = "wgpu";
    /// Which kernel is taken is decided by timing.
    const REPEATS: bool = false;

    fn device(choice: DeviceChoice) -> Result<Device> {
        Ok(Device::wgpu(match choice {
            DeviceChoice::Default => DeviceKind::DefaultDevice,
            DeviceChoice::Cpu => DeviceKind::Cpu,
            DeviceChoice::Gpu(index) => DeviceKind::DiscreteGpu(index),
        }))
    }

    fn devices() -> Vec<Device> {
        Device::enumerate(DeviceType::Wgpu).into_iter().collect()
    }

    fn describe(device: &Device) -> String {
        identity(device)
    }
}

/// NVIDIA's graphics cards.
#[cfg(feature = "cuda")]
pub struct Cuda;

#[cfg(feature = "cuda")]
impl ComputeBackend for Cuda {
    const NAME: &'static str = "cuda";
    /// Which kernel is taken is decided by timing.
    const REPEATS: bool = false;

    fn device(choice: DeviceChoice) -> Result<Device> {
        match choice {
            DeviceChoice::Default => Ok(Device::cuda(0)),
            DeviceChoice::Gpu(index) => Ok(Device::cuda(index)),
            DeviceChoice::Cpu => {
                bail!("backend 'cuda' has no device 'cpu'; use default or gpu:NUMBER")
            }
        }
    }

    fn devices() -> Vec<Device> {
        Device::enumerate(DeviceType::Cuda).into_iter().collect()
    }

    fn describe(device: &Device) -> String {
        identity(device)
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

#[cfg(any(feature = "flex", feature = "ndarray"))]
fn processor() -> String {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get());
    format!("processor, {threads} threads")
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn identity(device: &Device) -> String {
    match device.identity() {
        Some(identity) => identity.name,
        None => format!("{device:?}"),
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
        Flex::NAME => on::<Flex, T>(task),
        #[cfg(feature = "ndarray")]
        NdArray::NAME => on::<NdArray, T>(task),
        #[cfg(feature = "wgpu")]
        Wgpu::NAME => on::<Wgpu, T>(task),
        #[cfg(feature = "cuda")]
        Cuda::NAME => on::<Cuda, T>(task),
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

#[cfg(any(
    feature = "flex",
    feature = "ndarray",
    feature = "wgpu",
    feature = "cuda"
))]
fn on<B: ComputeBackend, T: BackendTask>(task: T) -> Result<T::Output> {
    B::set_up();
    task.run::<B>()
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
