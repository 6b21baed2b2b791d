//! `train embed`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::{Map, json};
use train::{Embeddings, Records};

use super::place::Place;
use super::source::{WeightsArgs, origin};
use super::stdout::{Stdout, say};

#[derive(Args, Debug)]
pub struct EmbedArgs {
    /// Folder of a finished run, or a network that comes with the program, and image files or folders
    /// of them; with weights, images alone
    #[arg(required = true, value_name = "RUN|IMAGE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    weights: WeightsArgs,
    /// NumPy file for the embeddings, a row for each image; which is which, in a .csv beside it
    #[arg(long, value_name = "FILE.npy", required_unless_present = "near")]
    out: Option<PathBuf>,
    /// Print the images that are most like this one
    #[arg(long, value_name = "IMAGE")]
    near: Option<PathBuf>,
    /// How many of them
    #[arg(long, value_name = "N", default_value_t = 5, requires = "near")]
    count: usize,
    #[command(flatten)]
    place: Place,
}

impl EmbedArgs {
    pub fn run(self) -> Result<()> {
        let Place { backend, device } = self.place;
        let (run, images) = self.weights.run_and_rest(&self.paths)?;
        let recipe = self.weights.recipe(json!({}))?;
        let origin = origin(run, recipe.as_ref())?;
        let of = |origin, images: &[PathBuf]| Embeddings::of(origin, images, &backend, device);
        // A mistyped name is found before all others are read.
        let query = self.near.map(|query| of(origin.silent(), &[query]));
        let query = query.transpose()?;
        let embeddings = of(origin, images)?;
        if let Some(out) = &self.out {
            embeddings.write(out)?;
            say(format_args!(
                "{} images, {} features each, are in '{}'",
                embeddings.images.len(),
                embeddings.features,
                out.display()
            ))?;
        }
        let Some(query) = query else {
            return Ok(());
        };
        let mut list = Records::new(Stdout);
        for neighbour in embeddings.nearest(&query.values, self.count)? {
            let image = neighbour.image.to_string_lossy().into();
            let record: Map<_, _> = [
                ("image".to_string(), image),
                ("similarity".to_string(), neighbour.similarity.into()),
            ]
            .into_iter()
            .collect();
            list.push(&record)?;
        }
        Ok(list.end()?)
    }
}
