//! Applying a trained network to images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use burn::tensor::activation::softmax;
use image::GrayImage;
use models::Task;
use serde::Serialize;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice};
use crate::data::{Mask, Picture, Problem, read_picture};
use crate::evaluate::load_network;
use crate::network::Network;
use crate::overlay::{cover, predict, write_png};
use crate::run_folder::{RunFolder, write_json};
use crate::stdout::say;

/// The application of a run's network to images.
pub struct Prediction {
    /// The run's folder.
    pub run: PathBuf,
    /// The images' files.
    pub images: Vec<PathBuf>,
    /// Classification: the JSON file to write; none: standard output. Segmentation: the folder for
    /// masks and overlays.
    pub out: Option<PathBuf>,
    /// Which of the backend's devices.
    pub device: DeviceChoice,
}

/// What a classifier says of an image.
#[derive(Serialize)]
struct ImageClass {
    image: PathBuf,
    class: String,
    probabilities: BTreeMap<String, f32>,
}

impl BackendTask for Prediction {
    type Output = ();

    fn run<B: ComputeBackend>(self) -> Result<()> {
        let device = B::device(self.device)?;
        let folder = RunFolder::open(&self.run)?;
        let (config, network) = load_network(&folder, &device)?;
        // All are read first: one that cannot be leaves nothing half done.
        let images = self.images.iter().map(|path| read_picture(path));
        let images = images.collect::<Result<Vec<_>>>()?;
        let images: Vec<_> = self.images.into_iter().zip(images).collect();
        let predictor = Predictor {
            problem: config.problem,
            network,
            device,
        };
        match predictor.problem.task {
            Task::Classification => predictor.classify(images, self.out.as_deref()),
            Task::Segmentation => predictor.segment(images, self.out.as_deref()),
        }
    }
}

struct Predictor {
    network: Network,
    problem: Problem,
    device: Device,
}

impl Predictor {
    fn classify(&self, images: Vec<(PathBuf, Picture)>, out: Option<&Path>) -> Result<()> {
        if let Some(out) = out {
            ensure!(
                !out.exists(),
                "'{}' is taken; give another file with --out, or remove it",
                out.display()
            );
        }
        let mut predictions = Vec::new();
        for (path, image) in images {
            let probabilities = self.probabilities(image)?;
            let likeliest = argmax(&probabilities);
            predictions.push(ImageClass {
                image: path,
                class: self.problem.classes[likeliest].clone(),
                probabilities: self
                    .problem
                    .classes
                    .iter()
                    .cloned()
                    .zip(probabilities)
                    .collect(),
            });
        }
        match out {
            Some(out) => write_json(out, &predictions)?,
            None => say(serde_json::to_string_pretty(&predictions)?)?,
        }
        Ok(())
    }

    fn segment(&self, images: Vec<(PathBuf, Picture)>, out: Option<&Path>) -> Result<()> {
        let Some(out) = out else {
            bail!("masks need a folder; give one with --out");
        };
        let taken = out.exists() && (out.is_file() || out.read_dir()?.next().is_some());
        ensure!(
            !taken,
            "'{}' is taken; give another folder with --out, or remove it",
            out.display()
        );
        let names: Vec<_> = images.iter().map(|(path, _)| stem(path)).collect();
        for (index, name) in names.iter().enumerate() {
            ensure!(
                !names[..index].contains(name),
                "two images are called '{name}'; predict them into different folders"
            );
        }
        std::fs::create_dir_all(out)
            .with_context(|| format!("the folder '{}' cannot be made", out.display()))?;
        for (name, (_, image)) in names.iter().zip(images) {
            let overlay = image.to_rgb8();
            let mask = self.mask(image)?;
            let overlay = cover(&overlay, mask.classes());
            let mask_path = out.join(format!("{name}_mask.png"));
            visible(&mask, self.problem.classes.len())
                .save(&mask_path)
                .with_context(|| format!("'{}' cannot be written", mask_path.display()))?;
            write_png(&overlay, &out.join(format!("{name}_overlay.png")))?;
            say(mask_path.display())?;
        }
        Ok(())
    }

    /// The probability of each class.
    fn probabilities(&self, image: Picture) -> Result<Vec<f32>> {
        let image = self.problem.preprocessing.tensor(image, &self.device);
        let logits = self.network.forward(image);
        Ok(softmax(logits, 1).try_into_vec_as::<f32>()?)
    }

    /// The class of each pixel, at the image's own size.
    fn mask(&self, image: Picture) -> Result<Mask> {
        let own = image.size();
        let classes = predict(&self.network, &self.problem, image, &self.device)?;
        let size = [self.problem.image.height, self.problem.image.width];
        let mask = Mask::new(size, classes);
        Ok(self.problem.preprocessing.restore(&mask, own))
    }
}

/// Two classes as black and white, more as their numbers.
fn visible(mask: &Mask, classes: usize) -> GrayImage {
    let [height, width] = mask.size().map(|side| side as u32);
    let scale = if classes == 2 { 255 } else { 1 };
    let mut pixels = mask
        .classes()
        .iter()
        .map(|&class| class.max(0) as u8 * scale);
    GrayImage::from_fn(width, height, |_, _| {
        image::Luma([pixels.next().expect("a class for each pixel")])
    })
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn argmax(values: &[f32]) -> usize {
    let likeliest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    likeliest.map_or(0, |(index, _)| index)
}
