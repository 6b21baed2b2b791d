//! `train predict`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use train::{Predicted, Prediction, Records};

use super::place::Place;
use super::source::{WeightsArgs, origin};
use super::stdout::{Stdout, say};
use super::tiling::Tiling;

#[derive(Args, Debug)]
pub struct PredictArgs {
    /// Folder of a finished run, or a network that comes with the program (resnet20.cifar10,
    /// unet.denoise, unet.nuclei), and image files; with weights, image files alone
    #[arg(required = true, value_name = "RUN|IMAGE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    weights: WeightsArgs,
    /// Classification: JSON file to write instead of standard output. Segmentation: new folder
    /// for masks and overlays
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Segmentation: tell the objects in masks apart; their numbers as a PNG of 16 bits for each
    /// image, and all of them in objects.csv
    #[arg(long)]
    instances: bool,
    /// Segmentation, pictures: write the probability of each class, or the values, of each pixel that
    /// is seen too, as NAME_scores.npy
    #[arg(long)]
    scores: bool,
    #[command(flatten)]
    tiling: Tiling,
    #[command(flatten)]
    place: Place,
}

impl PredictArgs {
    pub fn run(self) -> Result<()> {
        let (run, images) = self.weights.run_and_rest(&self.paths)?;
        let recipe = self.weights.recipe(json!({}))?;
        let prediction = Prediction {
            origin: origin(run, recipe.as_ref())?,
            images,
            out: self.out.as_deref(),
            instances: self.instances,
            scores: self.scores,
            tiles: self.tiling.tiles(),
            backend: &self.place.backend,
            device: self.place.device,
        };
        let mut list = None;
        let outcome = prediction.run(&mut |predicted| {
            match predicted {
                Predicted::Record(_) if self.out.is_some() => {}
                Predicted::Record(record) => {
                    let list = list.get_or_insert_with(|| Records::new(Stdout));
                    list.push(&record)?;
                }
                Predicted::Pictures(paths) => say(paths[0].display())?,
                _ => {}
            }
            Ok(())
        });
        // What was answered before a failure is a whole list too.
        if let Some(list) = list {
            list.end()?;
        }
        outcome
    }
}
