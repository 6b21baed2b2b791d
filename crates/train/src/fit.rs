//! Training.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use burn::tensor::Device;
use models::Task;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::backend::{BackendTask, ComputeBackend, run_on};
use crate::balance::balanced;
use crate::checkpoint::{Keeper, progress_of};
use crate::data::{
    self, ClassWeights, DataSet, Duplicates, Splits, check_task, mixes_classes, size_after,
};
use crate::evaluate::evaluate;
use crate::loaders::to_test;
use crate::network::configured;
use crate::observer::{Event, Observer, Split};
use crate::recipe::{Model, Recipe, Size};
use crate::run_folder::files::{read_json, write_json};
use crate::run_folder::{Checkpoints, RunConfig, RunFolder, record};
use crate::samples::write_samples;
use crate::training::{Costs, Trained, Training};

/// What `summary.json` says.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The run's folder.
    #[serde(skip)]
    pub folder: PathBuf,
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
    /// The epoch that was best by validation, whose parameters were kept; none where the run was
    /// stopped in its first: then the last were.
    pub best_epoch: Option<usize>,
    /// What it was chosen by, and the value.
    pub best_by: String,
    /// See `best_by`.
    pub best_value: Option<f64>,
    /// Steps that were left out, since their loss or gradient was not a number or exploded.
    pub left_out: usize,
    /// How many values the model learned.
    pub parameters: usize,
    /// How long the epochs took, with their validation.
    pub seconds: f64,
    /// Training images seen in all.
    pub images: usize,
    /// These, by the seconds.
    pub images_per_second: f64,
    /// What its checkpoints cost.
    pub checkpoints: Costs,
    /// The metrics on the test images: the loss and the task's own. Fractions are 0 to 1. Empty
    /// until they are known.
    pub test: BTreeMap<String, Option<f64>>,
    /// Between what each of them but the loss lies in 95 % of 1,000 samples of as many images, drawn
    /// from the test images with replacement.
    pub test_intervals: BTreeMap<String, [f64; 2]>,
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

/// Goes on with a run that was stopped or killed, at the step after its last checkpoint; or, with
/// more epochs, with one that has ended.
///
/// On flex what comes of it is the same to the bit as if the run had never been stopped, unless it is
/// to last another time or number of epochs: then the schedule is laid over all of them from the next
/// step on, and the observer is told what the learning rate was and is.
///
/// # Errors
/// If the folder is no run, the run has ended, its data or its recipe are others than they were, or
/// another program is at work on it.
pub fn resume(run: &Path, epochs: Option<usize>, observer: &mut dyn Observer) -> Result<Summary> {
    let folder = RunFolder::open(run)?;
    let config = folder.read_config()?;
    let backend = config.recipe.run.backend.clone();
    let task = Resume {
        folder,
        config,
        epochs,
        observer,
    };
    run_on(&backend, task)
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
        let images = load(self.recipe)?;
        let (recipe, data) = prepare(self.recipe, images.clone())?;
        // All that can be wrong is found before there is a folder.
        let training = Training::new(&recipe, &data, &device)?;
        // And what takes long to find, at last.
        if recipe.data.duplicates == Duplicates::Tell {
            let pairs = images.duplicates(recipe.data.on_bad_image)?;
            if !pairs.0.is_empty() {
                self.observer.event(Event::Duplicates(&pairs));
            }
        }
        let folder = match self.out {
            Some(path) => RunFolder::create(path)?,
            None => RunFolder::create(&next_folder(&recipe))?,
        };
        let _lock = folder.lock()?;
        folder.write_config(&recipe, &data)?;
        let keeper = Keeper::new(&folder);
        let trained = training.run(&folder, keeper, self.observer)?;
        finish(trained, &recipe, &data, &device, &folder, self.observer)
    }
}

struct Resume<'a> {
    folder: RunFolder,
    config: RunConfig,
    epochs: Option<usize>,
    observer: &'a mut dyn Observer,
}

impl BackendTask for Resume<'_> {
    type Output = Summary;

    fn run<B: ComputeBackend>(self) -> Result<Summary> {
        let Self {
            folder,
            config,
            epochs,
            observer,
        } = self;
        let _lock = folder.lock()?;
        let checkpoints = Checkpoints::of(&folder.checkpoints());
        let (checkpoint, damaged) = checkpoints.newest_whole()?;
        for damaged in &damaged {
            observer.event(Event::Damaged(damaged));
        }
        ensure!(
            checkpoint.is_some() || !checkpoints.has_damaged()?,
            "the run '{}' cannot go on: none of its checkpoints is whole; start another run with its \
             recipe: fit --config {}",
            folder.path().display(),
            folder.config().display()
        );
        let mut recipe = config.recipe.clone();
        if let Some(epochs) = epochs {
            ensure!(
                recipe.run.minutes.is_none(),
                "--epochs {epochs}: the run lasts a time, not a number of epochs"
            );
            recipe.run.epochs = epochs;
        }
        let last = checkpoint.as_ref().map(progress_of).transpose()?;
        if let Some(last) = &last {
            same_recipe(&last.recipe, &recipe.tree()?)?;
            ensure!(
                !(last.is_done(&recipe.run) && folder.test().is_some()),
                "the run '{}' has ended, after {} epochs; give more with --epochs",
                folder.path().display(),
                last.epochs
            );
        }
        let device = B::device(recipe.run.device)?;
        let (recipe, data) = prepare(&recipe, load(&recipe)?)?;
        let splits: Splits = read_json(&folder.splits())?;
        let same = |what: &str, are: bool| {
            ensure!(
                are,
                "the {what} of '{}' are not those that the run '{}' was made with; bring them back, \
                 or start another run",
                recipe.data.path,
                folder.path().display()
            );
            Ok(())
        };
        same(
            "images",
            data.problem == config.problem
                && data.fingerprint()? == config.images
                && data.splits() == splits,
        )?;
        same(
            "answers",
            config.answers.is_empty() || data.fingerprint_of_answers()? == config.answers,
        )?;
        let mut training = Training::new(&recipe, &data, &device)?;
        let mut keeper = Keeper::new(&folder);
        if let Some(checkpoint) = checkpoint {
            training.resume(&mut keeper, checkpoint, observer)?;
        }
        // Without another number of epochs, all that it says is there already.
        if epochs.is_some() {
            folder.write_config(&recipe, &data)?;
        }
        let trained = training.run(&folder, keeper, observer)?;
        finish(trained, &recipe, &data, &device, &folder, observer)
    }
}

/// What may be another when a run goes on: how long it lasts, and what does not change its numbers.
const FREE: [&str; 8] = [
    "run.epochs",
    "run.minutes",
    "run.patience",
    "run.backend",
    "run.device",
    "run.checkpoint",
    "data.threads",
    "test.metrics",
];

/// Whether a run may go on with a recipe.
fn same_recipe(before: &Value, now: &Value) -> Result<()> {
    let changed = differences(before, now, "");
    let changed = changed
        .iter()
        .find(|path| !FREE.iter().any(|free| path.starts_with(free)));
    match changed {
        None => Ok(()),
        Some(path) => bail!(
            "{path} is another in config.json than when the run was stopped; put it back, or start \
             another run with this recipe: fit --config"
        ),
    }
}

/// The paths at which two trees differ.
fn differences(one: &Value, other: &Value, path: &str) -> Vec<String> {
    let (Value::Object(own), Value::Object(others)) = (one, other) else {
        return match one == other {
            true => vec![],
            false => vec![path.to_string()],
        };
    };
    let keys: BTreeSet<_> = own.keys().chain(others.keys()).collect();
    let below = keys.into_iter().flat_map(|key| {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        let of = |table: &Map<String, Value>| table.get(key).cloned().unwrap_or_default();
        differences(&of(own), &of(others), &path)
    });
    below.collect()
}

/// The images, as many as the recipe takes.
pub(crate) fn load(recipe: &Recipe) -> Result<DataSet> {
    let data = data::load(&recipe.data, recipe.run.seed)?;
    Ok(data.limited(recipe.data.limit))
}

/// The images as they are learned from, and the recipe with all that follows from them.
pub(crate) fn prepare(recipe: &Recipe, mut data: DataSet) -> Result<(Recipe, DataSet)> {
    let mut recipe = recipe.clone();
    let wanted = recipe.data.size.map(Size::sides);
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
    check_task(transforms, data.problem.task)?;
    let mixes_classes = mixes_classes(transforms);
    data = data.cached(&recipe.data)?;
    if recipe.data.class_weights == ClassWeights::Balanced {
        let weights = data.class_weights(recipe.data.on_bad_image)?;
        recipe.loss = balanced(&recipe.loss, &weights)?;
    }
    data = data.in_tiles(recipe.data.on_bad_image)?;
    let outputs = data.problem.classes.len();
    recipe.loss.check(data.problem.task, outputs)?;
    ensure!(
        !(recipe.loss.needs_labels() && mixes_classes),
        "augmentation: mixup makes parts of several classes of each pixel's label, and \
         boundary_cross_entropy needs the label; leave one of them out, or take cutmix"
    );
    let config = configured(&recipe.model, &data.problem)?;
    let Model { name, fields, .. } = &mut recipe.model;
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

/// The first of `runs/DATA-MODEL-1`, `runs/DATA-MODEL-2`, .. that is not taken.
pub fn next_folder(recipe: &Recipe) -> PathBuf {
    let data = recipe.data.path.trim_end_matches(['/', '\\']);
    let data = data.rsplit(['/', '\\']).next().unwrap_or("data");
    let name = |number: usize| format!("{data}-{}-{number}", recipe.model.name);
    let paths = (1..).map(|number| Path::new("runs").join(name(number)));
    let mut free = paths.filter(|path| !path.exists());
    free.next().expect("there is always one more")
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
        folder: folder.path().to_path_buf(),
        model: recipe.model.name.clone(),
        data: recipe.data.path.clone(),
        task: problem.task,
        backend: recipe.run.backend.clone(),
        seed: recipe.run.seed,
        epochs: trained.epochs,
        stopped: trained.stopped,
        best_epoch: trained.best.map(|best| best.epoch),
        best_by: recipe.run.best.clone(),
        best_value: trained.best.map(|best| best.value),
        left_out: trained.skipped,
        parameters: trained.parameters,
        seconds: trained.seconds,
        images: trained.images,
        images_per_second: trained.images as f64 / trained.seconds,
        checkpoints: trained.costs,
        test: BTreeMap::new(),
        test_intervals: BTreeMap::new(),
    };
    // Written twice: who stops the run again, in the test, still has it.
    write_json(&folder.summary(), &summary)?;
    if summary.stopped {
        // Whoever wants it to end wants it now; the test comes when it goes on, or with `eval`.
        observer.event(Event::End {
            folder: folder.path(),
        });
        return Ok(summary);
    }
    let loader = to_test(recipe, problem, test, device);
    let evaluation = evaluate(&trained.model, recipe, problem, &loader)?;
    let epoch = trained.best.map_or(trained.epochs, |best| best.epoch);
    record::append(&folder.metrics(), epoch, Split::Test, &evaluation.values)?;
    if let Some(confusion) = &evaluation.confusion {
        write_json(&folder.confusion(), confusion)?;
    }
    write_samples(
        &trained.model,
        problem,
        test.as_ref(),
        device,
        &folder.samples(),
    )?;
    summary.test = evaluation.values.record();
    summary.test_intervals = evaluation.intervals;
    write_json(&folder.summary(), &summary)?;
    observer.event(Event::End {
        folder: folder.path(),
    });
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_recipe_may_last_longer_and_not_be_another() {
        let before = json!({"run": {"epochs": 3, "seed": 1}, "data": {"threads": null}});
        let longer = json!({"run": {"epochs": 5, "seed": 1}, "data": {"threads": 2}});
        same_recipe(&before, &longer).expect("the same numbers");
        let other = json!({"run": {"epochs": 3, "seed": 2}, "data": {"threads": null}});
        let error = same_recipe(&before, &other).expect_err("another seed");
        assert!(
            error.to_string().starts_with("run.seed is another"),
            "{error}"
        );
    }
}
