//! Applying a trained network to images, one after the other as they are read.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use image::DynamicImage;
use serde_json::{Map, Value};

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::data::Tiles;
use crate::drawing::write_png;
use crate::instances::{Instances, Table};
use crate::learned::{Learned, Origin};
use crate::numpy_array::to_npy;
use crate::records::Records;
use crate::run_folder::write_aside;
use crate::task::{self, Answer};
use crate::tiled::{answers, see_in_tiles};

/// What is reported of an image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Predicted {
    /// What the network says, with the image's path under `image`.
    Record(Map<String, Value>),
    /// Where the pictures are that it gives; the first is the answer itself.
    Pictures(Vec<PathBuf>),
}

/// The application of a network to images.
#[derive(Clone, Debug)]
pub struct Prediction<'a> {
    /// Where the network comes from.
    pub origin: Origin<'a>,
    /// The images' files.
    pub images: &'a [PathBuf],
    /// For records, the JSON file to write; none: they are only reported. For pictures, the folder.
    pub out: Option<&'a Path>,
    /// Whether the objects in masks are told apart: a picture of their numbers for each image, and a
    /// table of them, `objects.csv`.
    pub instances: bool,
    /// Whether what the network says of each pixel that it sees is written as numbers too, as a file of
    /// NumPy for each image: probabilities of the classes, or the values.
    pub scores: bool,
    /// Tiles in which images are seen, at their own scale; none: as was learned.
    pub tiles: Option<Tiles>,
    /// The backend's name.
    pub backend: &'a str,
    /// Which of its devices.
    pub device: DeviceChoice,
}

impl Prediction<'_> {
    /// Reads each image, applies the network, writes and reports what it says, in turn.
    ///
    /// # Errors
    /// If the network or backend is not to be had, `out` is taken, an image cannot be read, or objects or
    /// numbers are wanted of what has none. What was reported before stays.
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
            origin,
            images,
            out,
            instances,
            scores,
            tiles,
            device,
            ..
        } = self.prediction;
        let device = B::device(device)?;
        let mut learned = Learned::load(origin, &device)?;
        if let Some(tiles) = tiles {
            see_in_tiles(&mut learned, tiles)?;
        }
        let problem = &learned.problem;
        ensure!(
            !instances || problem.task == models::Task::Segmentation,
            "{origin} has learned {}; objects are parts of masks, which segmentation learns",
            problem.task
        );
        let has_maps = learned.config.decoder.is_some() && problem.task != models::Task::KeyPoints;
        ensure!(
            !scores || has_maps,
            "{origin} has learned {}; scores are of pixels, and its answers are numbers already",
            problem.task
        );
        // A mistyped name is found before anything is written.
        for path in images {
            fs::metadata(path)
                .with_context(|| format!("the image '{}' cannot be opened", path.display()))?;
        }
        let mut sink = None;
        let mut answer_all = || {
            for path in images {
                let picture = problem.preprocessing.read(path)?;
                let named = || format!("the image '{}'", path.display());
                learned.check_size(picture.size()).with_context(named)?;
                let input = problem.preprocessing.tensor(picture.clone(), &device);
                let answers = answers(&learned.model, input, problem.preprocessing.tiles())?;
                let found = match instances {
                    true => {
                        let mask = task::mask(problem, &picture, answers.clone())?;
                        let found = Instances::of(problem, &mask);
                        Some(found.with_context(|| format!("in '{}'", path.display()))?)
                    }
                    false => None,
                };
                let scores = match scores {
                    true => Some(numbers(problem.task, answers.clone())?),
                    false => None,
                };
                let answer = task::of(problem.task).answer(problem, &picture, answers)?;
                let sink = match &mut sink {
                    Some(sink) => sink,
                    none => none.insert(Sink::open(&answer, images, out)?),
                };
                (self.report)(sink.take(path, answer, found, scores)?)?;
            }
            Ok(())
        };
        let outcome = answer_all();
        // What was answered before a failure is a whole list too.
        if let Some(Sink::File(path, list)) = sink {
            list.end().with_context(|| cannot_be_written(&path))?;
        }
        outcome
    }
}

/// What is said of each pixel, `[outputs, height, width]`, as a file of NumPy: of classes, how likely
/// each is.
fn numbers(task: models::Task, answers: Tensor<4>) -> Result<Vec<u8>> {
    let answers = match task {
        models::Task::Segmentation => softmax(answers, 1),
        _ => answers,
    };
    let shape = answers.dims();
    to_npy(&shape[1..], &answers.try_into_vec_as::<f32>()?)
}

/// Where answers go.
enum Sink {
    /// Nowhere: they are only reported.
    None,
    /// Records, into a file.
    File(PathBuf, Records<BufWriter<File>>),
    /// Pictures, into a folder, with the table of objects once there are some.
    Folder(PathBuf, Option<Table>),
}

impl Sink {
    /// For answers like this one to these images.
    fn open(answer: &Answer, images: &[PathBuf], out: Option<&Path>) -> Result<Self> {
        match (answer, out) {
            (Answer::Record(_), None) => Ok(Self::None),
            (Answer::Record(_), Some(out)) => {
                ensure!(
                    !out.exists(),
                    "'{}' is taken; give another file with --out, or remove it",
                    out.display()
                );
                let file = File::create_new(out).with_context(|| cannot_be_written(out))?;
                let list = Records::new(BufWriter::new(file));
                Ok(Self::File(out.to_path_buf(), list))
            }
            (Answer::Pictures(_), None) => {
                bail!("masks need a folder; give one with --out")
            }
            (Answer::Pictures(_), Some(out)) => {
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
                Ok(Self::Folder(out.to_path_buf(), None))
            }
        }
    }

    /// Writes an answer, and what was found in it, and says what is reported of it.
    fn take(
        &mut self,
        image: &Path,
        answer: Answer,
        found: Option<Instances>,
        scores: Option<Vec<u8>>,
    ) -> Result<Predicted> {
        match (self, answer) {
            (Self::Folder(folder, table), Answer::Pictures(mut pictures)) => {
                let name = stem(image);
                if let Some(found) = found {
                    pictures.push(("instances", found.picture()));
                    let table = match table {
                        Some(table) => table,
                        none => none.insert(Table::create(&folder.join("objects.csv"))?),
                    };
                    table.push(image, &found)?;
                }
                let write = |(kind, picture): (&str, DynamicImage)| {
                    let path = folder.join(format!("{name}_{kind}.png"));
                    write_png(&picture, &path)?;
                    Ok(path)
                };
                let paths = pictures.into_iter().map(write);
                let paths = paths.collect::<Result<_>>()?;
                if let Some(scores) = scores {
                    write_aside(&folder.join(format!("{name}_scores.npy")), &scores)?;
                }
                Ok(Predicted::Pictures(paths))
            }
            (sink, Answer::Record(answer)) => {
                let image = ("image".to_string(), image.to_string_lossy().into());
                let record: Map<String, Value> = std::iter::once(image).chain(answer).collect();
                if let Self::File(path, list) = sink {
                    list.push(&record)
                        .with_context(|| cannot_be_written(path))?;
                }
                Ok(Predicted::Record(record))
            }
            (_, Answer::Pictures(_)) => bail!("a task gives either records or pictures"),
        }
    }
}

fn cannot_be_written(path: &Path) -> String {
    format!("'{}' cannot be written", path.display())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
