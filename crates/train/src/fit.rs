//! Training.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use models::Task;
use serde::Serialize;
use serde_json::Value;

use crate::backend::{BackendTask, ComputeBackend, run_on};
use crate::data::{self, DataSet, size_after};
use crate::evaluate::evaluate;
use crate::loaders::in_order;
use crate::network::configure;
use crate::observer::{Event, Observer, Split};
use crate::recipe::{Model, Recipe, Size};
use crate::run_folder::files::write_json;
use crate::run_folder::{RunFolder, record};
use crate::samples::write_samples;
use crate::training::{Trained, Training};

/// What `summary.json` says.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The model's name.
    pub model: String,
    /// The data set's name or folder.
    pub data: String,
    /// What was learned.
    pub task: Task,
    /// The backend's name.
    pub backend: String,
    /// What started every random draw.
    pub seed: u64,
    /// How many epochs were trained to their end.
    pub epochs: usize,
    /// Whether the run was stopped before the last.
    pub stopped: bool,
    /// The epoch with the lowest validation loss, whose parameters were kept; none where the run was
    /// stopped in its first: then the last were.
    pub best_epoch: Option<usize>,
    /// How many values the model learned.
    pub parameters: usize,
    /// How long the epochs took, with their validation.
    pub seconds: f64,
    /// Training images seen in all.
    pub images: usize,
    /// These, by the seconds.
    pub images_per_second: f64,
    /// The metrics on the test images: the loss and the task's own. Fractions are 0 to 1. Empty
    /// until they are known.
    pub test: BTreeMap<String, Option<f64>>,
}

/// Trains as the recipe says and leaves a folder: `out`, or the next free one in `runs`.
///
/// # Errors
/// If the backend, data set or output folder is not to be had, or the run fails.
pub fn fit(recipe: &Recipe, out: Option<&Path>, observer: &mut dyn Observer) -> Result<Summary> {
    let task = Fit {
        recipe,
        out,
        observer,
    };
    run_on(&recipe.run.backend, task)
}

struct Fit<'a> {
    recipe: &'a Recipe,
    out: Option<&'a Path>,
    observer: &'a mut dyn Observer,
}

impl BackendTask for Fit<'_> {
    type Output = Summary;

    fn run<B: ComputeBackend>(self) -> Result<Summary> {
        let device = B::device(self.recipe.run.device)?;
        let (recipe, data) = prepare(self.recipe)?;
        // All that can be wrong is found before there is a folder.
        let training = Training::new(&recipe, &data, &device)?;
        let folder = match self.out {
            Some(path) => RunFolder::create(path)?,
            None => RunFolder::create_numbered(&default_name(&recipe))?,
        };
        folder.write_config(&recipe, &data.problem)?;
        let trained = training.run(&folder, self.observer)?;
        finish(trained, &recipe, &data, &device, &folder, self.observer)
    }
}

/// The images, and the recipe with all that follows from them.
fn prepare(recipe: &Recipe) -> Result<(Recipe, DataSet)> {
    let mut recipe = recipe.clone();
    let wanted = recipe.data.size.map(Size::sides);
    let mut data = data::load(&recipe.data, recipe.run.seed)?;
    let size = [data.problem.image.height, data.problem.image.width];
    if let Some(wanted) = wanted.filter(|wanted| *wanted != size) {
        bail!(
            "--image-size {}x{}: the images of '{}' are {}x{}, and are taken as they are",
            wanted[0],
            wanted[1],
            recipe.data.path,
            size[0],
            size[1]
        );
    }
    recipe.data.size = Some(size.into());
    let transforms = recipe
        .augmentation
        .get_or_insert_with(|| data.transforms.clone());
    let [height, width] = size_after(transforms, size)?;
    if let Some(count) = recipe.data.limit {
        data = data.limited(count);
    }
    let outputs = data.problem.classes.len();
    recipe.loss.check(outputs)?;
    let Model { name, fields } = &mut recipe.model;
    let config = configure(name, fields, data.problem.image, outputs)?;
    config.answer_size(height, width).with_context(|| {
        format!(
            "model '{name}' cannot take what the augmentation leaves of the images; without any: \
             --set augmentation=[]"
        )
    })?;
    if let Value::Object(all) = serde_json::to_value(config)? {
        *fields = all;
    }
    Ok((recipe, data))
}

/// A run's name: that of its data and its model.
fn default_name(recipe: &Recipe) -> String {
    let data = recipe.data.path.trim_end_matches(['/', '\\']);
    let data = data.rsplit(['/', '\\']).next().unwrap_or("data");
    format!("{data}-{}", recipe.model.name)
}

/// What the trained network is worth, and what the run leaves of it.
fn finish(
    trained: Trained,
    recipe: &Recipe,
    data: &DataSet,
    device: &Device,
    folder: &RunFolder,
    observer: &mut dyn Observer,
) -> Result<Summary> {
    let DataSet { problem, test, .. } = data;
    let mut summary = Summary {
        model: recipe.model.name.clone(),
        data: recipe.data.path.clone(),
        task: problem.task,
        backend: recipe.run.backend.clone(),
        seed: recipe.run.seed,
        epochs: trained.epochs,
        stopped: trained.stopped,
        best_epoch: trained.best_epoch,
        parameters: trained.parameters,
        seconds: trained.seconds,
        images: trained.images,
        images_per_second: trained.images as f64 / trained.seconds,
        test: BTreeMap::new(),
    };
    // Written twice: who stops the run again, in the test, still has it.
    write_json(&folder.summary(), &summary)?;
    let loader = in_order(recipe, problem, test, device);
    let values = evaluate(&trained.model, &recipe.loss, &loader, problem.task)?;
    let epoch = trained.best_epoch.unwrap_or(trained.epochs + 1);
    record::append(&folder.metrics(), epoch, Split::Test, &values)?;
    write_samples(
        &trained.model,
        problem,
        test.as_ref(),
        device,
        &folder.samples(),
    )?;
    summary.test = values.record();
    write_json(&folder.summary(), &summary)?;
    observer.event(Event::End {
        folder: folder.path(),
    });
    Ok(summary)
}
