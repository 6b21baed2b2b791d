//! A network as a file for others.

mod checked;
mod settings;
mod subject;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use onnx::to_onnx;
use weights::{Precision, to_safetensors_in};

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::run_folder::write_aside;
pub use settings::OnnxSettings;
use subject::Network;
pub use subject::Subject;

/// The writing of a network for others: its parameters as `.safetensors`, or all of it as ONNX.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    /// What is written.
    pub subject: Subject<'a>,
    /// New file for its parameters and running statistics by their public names, if any.
    pub safetensors: Option<&'a Path>,
    /// How many digits they have there.
    pub precision: Precision,
    /// New file for the network as ONNX, if any, and how.
    pub onnx: Option<(&'a Path, OnnxSettings)>,
    /// The backend's name.
    pub backend: &'a str,
}

/// What came of an ONNX file.
#[derive(Clone, Copy, Debug)]
pub struct Exported {
    /// How far tract's answers to a few images are from the network's, at most: as a part of the
    /// largest answer.
    pub difference: f64,
}

impl Export<'_> {
    /// Writes the files. An ONNX file is there only if tract computes the same of it.
    ///
    /// # Errors
    /// If there is no such network, a file is there already or cannot be written, or what was to be
    /// written as ONNX cannot be, or is not the network.
    pub fn run(self) -> Result<Option<Exported>> {
        run_on(self.backend, self)
    }
}

impl BackendTask for Export<'_> {
    type Output = Option<Exported>;

    fn run<B: ComputeBackend>(self) -> Result<Option<Exported>> {
        let onnx = self.onnx.as_ref().map(|(file, _)| *file);
        for file in self.safetensors.into_iter().chain(onnx) {
            ensure!(
                !file.exists(),
                "'{}' is taken; give another file, or remove it",
                file.display()
            );
        }
        let device = B::device(DeviceChoice::Default)?;
        let network = self.subject.network(&device)?;
        if let Some(file) = self.safetensors {
            let bytes = to_safetensors_in(&network.model, &network.config, self.precision)?;
            write_aside(file, &bytes)?;
        }
        let Some((file, settings)) = self.onnx else {
            return Ok(None);
        };
        let exported = write_onnx(&network, file, settings, &device);
        let exported = exported.with_context(|| format!("'{}' was not written", file.display()))?;
        Ok(Some(exported))
    }
}

fn write_onnx(
    network: &Network,
    file: &Path,
    settings: OnnxSettings,
    device: &Device,
) -> Result<Exported> {
    let options = settings.options(network)?;
    let bytes = to_onnx(&network.model, &network.config, network.image, &options)?;
    let difference = checked::difference(&bytes, network, &options, device)?;
    write_aside(file, &bytes)?;
    Ok(Exported { difference })
}
