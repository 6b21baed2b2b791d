//! Applying a trained network to images, one after the other as they are read.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use image::DynamicImage;
use serde_json::{Map, Value};

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::data::{self, Problem, read_image};
use crate::network::Network;
use crate::picture::write_png;
use crate::records::Records;
use crate::restore::restore;
use crate::run_folder::RunFolder;
use crate::task::{self, Answer, AnswerForm};

/// What is reported of an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Predicted {
    /// What the network says, with the image's path under `image`.
    Record(Map<String, Value>),
    /// Where the pictures are that it gives; the first is the answer itself.
    Pictures(Vec<PathBuf>),
}

/// The application of a run's network to images.
#[derive(Clone, Debug)]
pub struct Prediction<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// The images' files.
    pub images: &'a [PathBuf],
    /// For records, the JSON file to write; none: they are only reported. For pictures, the folder.
    pub out: Option<&'a Path>,
    /// The backend's name.
    pub backend: &'a str,
    /// Which of its devices.
    pub device: DeviceChoice,
}

impl Prediction<'_> {
    /// Reads each image, applies the network, writes and reports what it says, in turn.
    ///
    /// # Errors
    /// If the run or backend is not to be had, `out` is taken, or an image cannot be read. What was
    /// reported before stays.
    pub fn run(self, report: &mut dyn FnMut(Predicted) -> Result<()>) -> Result<()> {
        let backend = self.backend;
        run_on(
            backend,
            Task {
                prediction: self,
                report,
            },
        )
    }
}

struct Task<'a> {
    prediction: Prediction<'a>,
    report: &'a mut dyn FnMut(Predicted) -> Result<()>,
}

impl BackendTask for Task<'_> {
    type Output = ();

    fn run<B: ComputeBackend>(self) -> Result<()> {
        let Prediction {
            run,
            images,
            out,
            device,
            ..
        } = self.prediction;
        let device = B::device(device)?;
        let (config, network) = restore(&RunFolder::open(run)?, &device)?;
        // A mistyped name is found before anything is written.
        for path in images {
            fs::metadata(path)
                .with_context(|| format!("the image '{}' cannot be opened", path.display()))?;
        }
        let predictor = Predictor {
            problem: config.problem,
            network,
            device,
        };
        match task::of(predictor.problem.task).form() {
            AnswerForm::Records => records(&predictor, images, out, self.report),
            AnswerForm::Pictures => pictures(&predictor, images, out, self.report),
        }
    }
}

struct Predictor {
    network: Network,
    problem: Problem,
    device: Device,
}

impl Predictor {
    fn answer(&self, path: &Path) -> Result<Answer> {
        let image: DynamicImage = read_image(path)?;
        let input = data::input(&image, &self.problem, &self.device);
        let answers = self.network.forward(input).swap_remove(0);
        task::of(self.problem.task).answer(&self.problem, &image, answers)
    }
}

fn records(
    predictor: &Predictor,
    images: &[PathBuf],
    out: Option<&Path>,
    report: &mut dyn FnMut(Predicted) -> Result<()>,
) -> Result<()> {
    let mut file = out.map(create).transpose()?;
    let unwritable = || {
        let out = out.unwrap_or(Path::new("")).display();
        format!("'{out}' cannot be written")
    };
    let mut answer_all = || {
        for path in images {
            let Answer::Record(answer) = predictor.answer(path)? else {
                bail!("this task answers with pictures");
            };
            let image = ("image".to_string(), path.to_string_lossy().into());
            let record: Map<String, Value> = std::iter::once(image).chain(answer).collect();
            if let Some(file) = &mut file {
                file.push(&record).with_context(unwritable)?;
            }
            report(Predicted::Record(record))?;
        }
        Ok(())
    };
    let outcome = answer_all();
    // What was answered before a failure is a whole list too.
    if let Some(file) = file {
        file.end().with_context(unwritable)?;
    }
    outcome
}

fn create(path: &Path) -> Result<Records<BufWriter<File>>> {
    ensure!(
        !path.exists(),
        "'{}' is taken; give another file with --out, or remove it",
        path.display()
    );
    let file = File::create_new(path)
        .with_context(|| format!("'{}' cannot be written", path.display()))?;
    Ok(Records::new(BufWriter::new(file)))
}

fn pictures(
    predictor: &Predictor,
    images: &[PathBuf],
    out: Option<&Path>,
    report: &mut dyn FnMut(Predicted) -> Result<()>,
) -> Result<()> {
    let Some(out) = out else {
        bail!("masks need a folder; give one with --out");
    };
    let taken = out.exists() && (out.is_file() || out.read_dir()?.next().is_some());
    ensure!(
        !taken,
        "'{}' is taken; give another folder with --out, or remove it",
        out.display()
    );
    let names: Vec<_> = images.iter().map(|path| stem(path)).collect();
    for (index, name) in names.iter().enumerate() {
        ensure!(
            !names[..index].contains(name),
            "two images are called '{name}'; predict them into different folders"
        );
    }
    fs::create_dir_all(out)
        .with_context(|| format!("the folder '{}' cannot be made", out.display()))?;
    for (name, path) in names.iter().zip(images) {
        let Answer::Pictures(pictures) = predictor.answer(path)? else {
            bail!("this task answers with records");
        };
        let mut paths = Vec::new();
        for (kind, picture) in pictures {
            let path = out.join(format!("{name}_{kind}.png"));
            write_png(&picture, &path)?;
            paths.push(path);
        }
        report(Predicted::Pictures(paths))?;
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
