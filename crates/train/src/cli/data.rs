//! `train data`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use train::data::{Data, DataSet, Loader, OnBadImage, Report, check_task, load, size_after};
use train::recipe::Layers;
use train::{preview, tables};

use super::flags::Setting;
use super::stdout::say;

/// How many images a sheet shows.
const SHOWN: usize = 36;

#[derive(Args, Debug)]
pub struct DataArgs {
    /// Embedded data set, folder or index
    #[arg(value_name = "NAME|PATH")]
    path: String,
    /// Draw images as training sees them, with their masks and points
    #[arg(long, value_name = "FILE.png")]
    preview: Option<PathBuf>,
    /// A value of a recipe's data or augmentation, as augmentation=["flip_horizontal"]; may be given
    /// again
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<Setting>,
    /// Starts every random draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// As a JSON object
    #[arg(long)]
    json: bool,
}

impl DataArgs {
    pub fn run(self) -> Result<()> {
        let layers = Layers::default().over(None, json!({"data": {"path": self.path}}));
        let (settings, augmentation) = Setting::over_all(self.set, layers).data()?;
        // What cannot be read is told of, with all the rest.
        let settings = Data {
            on_bad_image: OnBadImage::Skip,
            ..settings
        };
        let mut data = load(&settings, self.seed)?;
        if let Some(transforms) = augmentation {
            data.transforms = transforms;
        }
        let image = data.problem.image;
        size_after(&data.transforms, [image.height, image.width])?;
        check_task(&data.transforms, data.problem.task)?;
        let report = Report::of(&data)?;
        match self.json {
            true => say(serde_json::to_string_pretty(&report)?)?,
            false => say(tables::of_report(&report).trim_end())?,
        }
        match self.preview {
            Some(path) => {
                let data = data.in_tiles(settings.on_bad_image)?;
                write_sheet(&data, &settings, self.seed, &path)
            }
            None => Ok(()),
        }
    }
}

fn write_sheet(data: &DataSet, settings: &Data, seed: u64, path: &std::path::Path) -> Result<()> {
    let loader = Loader::new(
        data.train.clone(),
        data.problem.preprocessing.clone(),
        SHOWN,
    )
    .for_training(data.transforms.clone(), seed)
    .with_classes(data.problem.classes.len())
    .with_weights(data.weights.clone())
    .with_mirrored(data.mirrored.clone())
    .on_bad_image(settings.on_bad_image);
    let sheet = preview::sheet(&loader, &data.problem.classes, SHOWN)?;
    let written = sheet.picture.save(path);
    written.with_context(|| format!("'{}' cannot be written", path.display()))?;
    say(format!("\n{} shows, row by row:", path.display()))?;
    for row in sheet.legend.chunks(sheet.columns) {
        say(row.join(", "))?;
    }
    Ok(())
}
