//! A network as a file for others.

mod checked;
mod declared;
mod settings;
mod subject;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use onnx::to_onnx;
use weights::{Precision, to_safetensors_in};

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::run_folder::write_aside;
pub use declared::Declared;
use declared::Saying;
pub use settings::OnnxSettings;
use subject::Network;
pub use subject::Subject;

/// The writing of a network for others: its parameters as `.safetensors`, or all of it as ONNX.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    /// What is written.
    pub subject: Subject<'a>,
    /// New file for its parameters and running statistics by their public names, if any. Beside it, in
    /// `config.json`, is what timm or segmentation_models.pytorch says of its own such weights.
    pub safetensors: Option<&'a Path>,
    /// How many digits they have there.
    pub precision: Precision,
    /// New file for the network as ONNX, if any, and how.
    pub onnx: Option<(&'a Path, OnnxSettings)>,
    /// The backend's name.
    pub backend: &'a str,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Exported {
    /// What lies beside the weights, where these were.
    pub declared: Option<Declared>,
    /// How far tract's answers to a few images are from the network's, at most, as a part of the
    /// largest answer, where an ONNX file was.
    pub difference: Option<f64>,
}

impl Export<'_> {
    /// Writes the files. An ONNX file is there only if tract computes the same of it.
    ///
    /// # Errors
    /// If there is no such network, a file is there already or cannot be written, a `config.json` beside
    /// it says something else, or what was to be written as ONNX cannot be, or is not the network.
    pub fn run(self) -> Result<Exported> {
        run_on(self.backend, self)
    }
}

impl BackendTask for Export<'_> {
    type Output = Exported;

    fn run<B: ComputeBackend>(self) -> Result<Exported> {
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
        let declared = match self.safetensors {
            Some(file) => Some(write_weights(&network, file, self.precision)?),
            None => None,
        };
        let difference = match self.onnx {
            Some((file, settings)) => {
                let difference = write_onnx(&network, file, settings, &device);
                let named = || format!("'{}' was not written", file.display());
                Some(difference.with_context(named)?)
            }
            None => None,
        };
        Ok(Exported {
            declared,
            difference,
        })
    }
}

fn write_weights(network: &Network, file: &Path, precision: Precision) -> Result<Declared> {
    let saying = Saying::beside(file, network)?;
    let bytes = to_safetensors_in(&network.model, &network.config, precision)?;
    if let Some(folder) = file.parent() {
        let named = || format!("the folder '{}' cannot be made", folder.display());
        fs::create_dir_all(folder).with_context(named)?;
    }
    write_aside(file, &bytes)?;
    saying.write()
}

fn write_onnx(
    network: &Network,
    file: &Path,
    settings: OnnxSettings,
    device: &Device,
) -> Result<f64> {
    let options = settings.options(network)?;
    let bytes = to_onnx(&network.model, &network.config, network.image, &options)?;
    let difference = checked::difference(&bytes, network, &options, device)?;
    write_aside(file, &bytes)?;
    Ok(difference)
}
