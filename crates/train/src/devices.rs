//! The devices that there are, for every backend.

use anyhow::Result;
use serde::Serialize;

use crate::backend::{
    BACKENDS, BackendTask, ComputeBackend, DeviceChoice, compiled_backends, run_on,
};

/// A backend with its devices.
#[derive(Clone, Debug, Serialize)]
pub struct BackendDevices {
    /// What `--backend` calls it.
    pub backend: &'static str,
    /// Whether it is compiled in; if not, nothing else is known of it.
    pub compiled: bool,
    /// Whether the same seed gives the same bits again.
    pub repeats: Option<bool>,
    /// What there is; none may be.
    pub devices: Vec<FoundDevice>,
}

/// A device.
#[derive(Clone, Debug, Serialize)]
pub struct FoundDevice {
    /// What `--device` calls it.
    pub device: String,
    /// What it is.
    pub name: String,
    /// The precisions that it can compute in.
    pub precisions: Vec<&'static str>,
}

/// All backends, compiled in or not.
///
/// # Errors
/// If a backend fails.
pub fn devices() -> Result<Vec<BackendDevices>> {
    let compiled = compiled_backends();
    let backends = BACKENDS.into_iter().map(|backend| {
        if compiled.contains(&backend) {
            return run_on(backend, List);
        }
        Ok(BackendDevices {
            backend,
            compiled: false,
            repeats: None,
            devices: Vec::new(),
        })
    });
    backends.collect()
}

struct List;

impl BackendTask for List {
    type Output = BackendDevices;

    fn run<B: ComputeBackend>(self) -> Result<BackendDevices> {
        let devices = B::devices().into_iter().map(|device| {
            let is = |choice: &DeviceChoice| B::device(*choice).is_ok_and(|own| own == device);
            let choices = std::iter::once(DeviceChoice::Cpu).chain((0..16).map(DeviceChoice::Gpu));
            FoundDevice {
                device: choices.into_iter().find(is).unwrap_or_default().to_string(),
                name: B::describe(&device),
                precisions: B::precisions(&device),
            }
        });
        Ok(BackendDevices {
            backend: B::NAME,
            compiled: true,
            repeats: Some(B::REPEATS),
            devices: devices.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_is_listed_and_flex_has_its_processor() {
        let backends = devices().expect("they are found");
        let names: Vec<_> = backends.iter().map(|backend| backend.backend).collect();
        assert_eq!(names, BACKENDS);
        for backend in &backends {
            assert_eq!(
                backend.compiled,
                compiled_backends().contains(&backend.backend)
            );
        }
        let flex = &backends[0];
        if flex.compiled {
            assert_eq!(flex.devices[0].device, "cpu");
            assert!(flex.devices[0].precisions.contains(&"f32"));
        }
    }
}
