//! Applying a trained network to images.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};
use image::imageops::{FilterType, resize as resize_picture};
use image::{DynamicImage, GrayImage, Luma};
use models::Task;
use serde::Serialize;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice};
use crate::data::{ImageBatcher, Problem, Sample, read_image, resize};
use crate::evaluate::load_network;
use crate::network::Network;
use crate::overlay::{cover, write_png};
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
        let images = self.images.iter().map(|path| read_image(path));
        let images = images.collect::<Result<Vec<_>>>()?;
        let images: Vec<_> = self.images.into_iter().zip(images).collect();
        let predictor = Predictor {
            batcher: ImageBatcher::plain(&config.problem),
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
    batcher: ImageBatcher,
    device: Device,
}

impl Predictor {
    fn classify(&self, images: Vec<(PathBuf, DynamicImage)>, out: Option<&Path>) -> Result<()> {
        if let Some(out) = out {
            ensure!(
                !out.exists(),
                "'{}' is taken; give another file with --out, or remove it",
                out.display()
            );
        }
        let mut predictions = Vec::new();
        for (path, image) in images {
            let probabilities = self.probabilities(&image)?;
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

    fn segment(&self, images: Vec<(PathBuf, DynamicImage)>, out: Option<&Path>) -> Result<()> {
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
            let mask = self.mask(&image)?;
            let classes: Vec<i32> = mask.pixels().map(|pixel| i32::from(pixel.0[0])).collect();
            let overlay = cover(&image.to_rgb8(), &classes);
            let mask_path = out.join(format!("{name}_mask.png"));
            visible(mask, self.problem.classes.len())
                .save(&mask_path)
                .with_context(|| format!("'{}' cannot be written", mask_path.display()))?;
            write_png(&overlay, &out.join(format!("{name}_overlay.png")))?;
            say(mask_path.display())?;
        }
        Ok(())
    }

    /// The probability of each class.
    fn probabilities(&self, image: &DynamicImage) -> Result<Vec<f32>> {
        let logits = self.logits(image);
        Ok(softmax(logits, 1).try_into_vec_as::<f32>()?)
    }

    /// The class of each pixel, at the image's own size.
    fn mask(&self, image: &DynamicImage) -> Result<GrayImage> {
        let logits = self.logits(image);
        let [_, _, height, width] = logits.dims();
        let classes = logits.argmax(1).try_into_vec_as::<i32>()?;
        let spec = self.problem.image;
        // A network with valid convolutions speaks of the middle only: the rest is background.
        let mut mask = GrayImage::new(spec.width as u32, spec.height as u32);
        let (top, left) = ((spec.height - height) / 2, (spec.width - width) / 2);
        for (position, class) in classes.into_iter().enumerate() {
            let (row, column) = (top + position / width, left + position % width);
            mask.put_pixel(column as u32, row as u32, Luma([class as u8]));
        }
        Ok(resize_picture(
            &mask,
            image.width(),
            image.height(),
            FilterType::Nearest,
        ))
    }

    fn logits(&self, image: &DynamicImage) -> Tensor<4> {
        let sample = Sample {
            name: String::new(),
            pixels: resize(image, self.problem.image),
            target: match self.problem.task {
                Task::Classification => vec![0],
                Task::Segmentation => {
                    vec![0; self.problem.image.height * self.problem.image.width]
                }
            },
        };
        let batch = self.batcher.batch(vec![sample], &self.device);
        self.network.forward(batch.images)
    }
}

/// Two classes as black and white, more as their numbers.
fn visible(mut mask: GrayImage, classes: usize) -> GrayImage {
    if classes == 2 {
        mask.pixels_mut().for_each(|pixel| pixel.0[0] *= 255);
    }
    mask
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
