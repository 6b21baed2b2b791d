//! `train export`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::{ArgGroup, Args, ValueEnum};
use onnx::{Answer, Range};
use serde_json::json;
use train::{Declared, Export, OnnxSettings, Origin, Recipe, Subject};
use weights::Precision;

use super::source::{WeightsArgs, shipped_origin, with_weights};
use super::stdout::say;

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("files").required(true).multiple(true).args(["safetensors", "onnx"])))]
pub struct ExportArgs {
    /// Folder of a run, a network that comes with the program, or a model's name
    #[arg(
        value_name = "RUN|MODEL",
        required_unless_present = "weights",
        conflicts_with = "model"
    )]
    subject: Option<PathBuf>,
    #[command(flatten)]
    weights: WeightsArgs,
    /// New file for the weights, which PyTorch and others read, with config.json beside it where timm
    /// or segmentation_models.pytorch has the network
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
    /// ONNX, where it is known how images were seen: take pixels that are not normalised, from 0 to 1
    /// (unit) or from 0 to 255 (bytes)
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
    /// Model without weights: what they are drawn by [default: 1]
    #[arg(long, value_name = "SEED", conflicts_with = "weights")]
    seed: Option<u64>,
    /// Model: height and width of its images [default: what it was made for]
    #[arg(long, value_name = "PIXELS")]
    image_size: Option<usize>,
    /// Model without weights: how many classes or values it gives [default: what it was made for]
    #[arg(long, value_name = "N", conflicts_with = "weights")]
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
        let subject = self.subject.as_deref();
        let recipe = self.made.recipe(self.weights, subject)?;
        let export = Export {
            subject: match &recipe {
                Some(recipe) => Subject::Learned(with_weights(recipe)),
                None => self.made.subject(subject.context("no run is given")?)?,
            },
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
        match &exported.declared {
            Some(Declared::File(file)) => say(format_args!(
                "what they are of, and how it sees images, is in '{}'",
                file.display()
            ))?,
            Some(Declared::Nothing { reason }) => {
                eprintln!("no config.json is beside them: {reason}");
            }
            _ => {}
        }
        if let (Some(file), Some(difference)) = (&self.onnx, exported.difference) {
            say(format_args!(
                "the network is in '{}'; tract computes the same of it, up to {:.1e} of the largest \
                 answer",
                file.display(),
                difference
            ))?;
        }
        Ok(())
    }
}

impl Made {
    /// The recipe of a model with weights of others, where these are given.
    fn recipe(&self, weights: WeightsArgs, model: Option<&Path>) -> Result<Option<Recipe>> {
        if !weights.are_given() {
            return Ok(None);
        }
        let mut given = json!({});
        if let Some(model) = model {
            let name = model.to_string_lossy();
            ensure!(
                models::find(&name).is_ok() || learned(model).is_none(),
                "--weights is for a model's name; a run has its own"
            );
            given["model"] = json!({"name": name});
        }
        if let Some(size) = self.image_size {
            given["data"] = json!({"size": size});
        }
        weights.recipe(given)
    }

    fn subject<'a>(&'a self, given: &'a Path) -> Result<Subject<'a>> {
        if let Some(origin) = learned(given) {
            let is_given = [
                ("seed", self.seed.is_some()),
                ("image-size", self.image_size.is_some()),
                ("outputs", self.outputs.is_some()),
            ];
            if let Some((flag, _)) = is_given.into_iter().find(|(_, is_given)| *is_given) {
                bail!("--{flag} is for a model's name; a run has its own");
            }
            return Ok(Subject::Learned(origin));
        }
        Ok(Subject::Model {
            name: name_of(given)?,
            seed: self.seed.unwrap_or(1),
            image_size: self.image_size,
            outputs: self.outputs,
        })
    }
}

/// The run, or the network that comes with the program, that is meant, if one is.
fn learned(given: &Path) -> Option<Origin<'_>> {
    match given.is_dir() {
        true => Some(Origin::Run(given)),
        false => shipped_origin(given),
    }
}

/// The model's name that is meant.
fn name_of(given: &Path) -> Result<&str> {
    let name = given.to_str().unwrap_or_default();
    let found = models::find(name);
    found.with_context(|| {
        format!(
            "'{}' is no folder of a run, and no model either",
            given.display()
        )
    })?;
    Ok(name)
}
