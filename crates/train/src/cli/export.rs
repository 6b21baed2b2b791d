//! `train export`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{ArgGroup, Args, ValueEnum};
use onnx::{Answer, Range};
use train::{Export, OnnxSettings, Origin, Subject};
use weights::Precision;

use super::source::shipped_origin;
use super::stdout::say;

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("files").required(true).multiple(true).args(["safetensors", "onnx"])))]
pub struct ExportArgs {
    /// Folder of a run, a network that comes with the program, or a model's name
    #[arg(value_name = "RUN|MODEL")]
    subject: PathBuf,
    /// New file for the weights, which PyTorch and others read
    #[arg(long, value_name = "FILE")]
    safetensors: Option<PathBuf>,
    /// With half the digits in half the space
    #[arg(long, requires = "safetensors")]
    half: bool,
    /// New file for the network, which ONNX Runtime and others compute; the program computes it
    /// itself before it is there
    #[arg(long, value_name = "FILE")]
    onnx: Option<PathBuf>,
    /// ONNX: make batch normalisations part of the convolutions before them
    #[arg(long, requires = "onnx")]
    fold: bool,
    /// ONNX: give probabilities of which one is right, with the sum 1
    #[arg(long, requires = "onnx")]
    softmax: bool,
    /// ONNX: give a probability for each output on its own
    #[arg(long, requires = "onnx", conflicts_with = "softmax")]
    sigmoid: bool,
    /// ONNX, of a run: take pixels that are not normalised, from 0 to 1 (unit) or from 0 to 255
    /// (bytes)
    #[arg(long, value_name = "RANGE", requires = "onnx")]
    normalise: Option<Pixels>,
    /// ONNX: take images of any size, and stretch them to the network's
    #[arg(long, requires = "onnx")]
    resize: bool,
    #[command(flatten)]
    made: Made,
    /// Backend: flex, ndarray, wgpu or cuda
    #[arg(long, value_name = "NAME", default_value = "flex")]
    backend: String,
}

/// How a model of the registry is made.
#[derive(Args, Debug)]
struct Made {
    /// Model: file of its weights; without it they are drawn
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Model: what its weights are drawn by [default: 1]
    #[arg(long, value_name = "SEED", conflicts_with = "weights")]
    seed: Option<u64>,
    /// Model: height and width of its images [default: what it was made for]
    #[arg(long, value_name = "PIXELS")]
    image_size: Option<usize>,
    /// Model: how many classes or values it gives [default: what it was made for]
    #[arg(long, value_name = "N")]
    outputs: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pixels {
    Unit,
    Bytes,
}

impl ExportArgs {
    pub fn run(self) -> Result<()> {
        let settings = OnnxSettings {
            pixels: self.normalise.map(|pixels| match pixels {
                Pixels::Unit => Range::Unit,
                Pixels::Bytes => Range::Bytes,
            }),
            resize: self.resize,
            answer: match (self.softmax, self.sigmoid) {
                (true, _) => Answer::Softmax,
                (_, true) => Answer::Sigmoid,
                _ => Answer::Plain,
            },
            fold: self.fold,
        };
        let export = Export {
            subject: self.made.subject(&self.subject)?,
            safetensors: self.safetensors.as_deref(),
            precision: match self.half {
                true => Precision::Half,
                false => Precision::Single,
            },
            onnx: self.onnx.as_deref().map(|file| (file, settings)),
            backend: &self.backend,
        };
        let exported = export.run()?;
        if let Some(file) = &self.safetensors {
            say(format_args!("the weights are in '{}'", file.display()))?;
        }
        if let (Some(file), Some(exported)) = (&self.onnx, exported) {
            say(format_args!(
                "the network is in '{}'; tract computes the same of it, up to {:.1e} of the largest \
                 answer",
                file.display(),
                exported.difference
            ))?;
        }
        Ok(())
    }
}

impl Made {
    fn subject<'a>(&'a self, given: &'a Path) -> Result<Subject<'a>> {
        let learned = match given.is_dir() {
            true => Some(Origin::Run(given)),
            false => shipped_origin(given),
        };
        if let Some(origin) = learned {
            let is_given = [
                ("weights", self.weights.is_some()),
                ("seed", self.seed.is_some()),
                ("image-size", self.image_size.is_some()),
                ("outputs", self.outputs.is_some()),
            ];
            if let Some((flag, _)) = is_given.into_iter().find(|(_, is_given)| *is_given) {
                bail!("--{flag} is for a model's name; a run has its own");
            }
            return Ok(Subject::Learned(origin));
        }
        let name = given.to_str().unwrap_or_default();
        if let Err(error) = models::find(name) {
            bail!(
                "'{}' is no folder of a run, and no model either: {error}",
                given.display()
            );
        }
        Ok(Subject::Model {
            name,
            weights: self.weights.as_deref(),
            seed: self.seed.unwrap_or(1),
            image_size: self.image_size,
            outputs: self.outputs,
        })
    }
}
