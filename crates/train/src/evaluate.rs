//! What a trained network is worth, on images that it has not seen.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use burn::data::dataloader::DataLoader;
use models::{Model, Task};
use serde::Serialize;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::data::{Batch, MaskValues, Problem, Tiles};
use crate::learned::{Learned, Origin};
use crate::metric::{Confusion, Metrics, Sample, Values};
use crate::outcome::Outcome;
use crate::recipe::Recipe;
use crate::step::TrainStep;
use crate::task;
use crate::tiled::see_in_tiles;

/// What a test says. As JSON: the values by name, and beside them `intervals`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// The loss and the metrics over all images.
    #[serde(flatten)]
    pub values: Values,
    /// Between what each metric but the loss lies in 95 % of 1,000 samples of as many images, drawn
    /// from these with replacement.
    pub intervals: BTreeMap<String, [f64; 2]>,
    /// Which class was taken for which, of answers that are classes.
    #[serde(skip)]
    pub confusion: Option<ConfusionMatrix>,
}

/// How many images, or pixels, of each class were taken for each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConfusionMatrix {
    /// The classes' names, in the order of rows and columns.
    pub classes: Vec<String>,
    /// A row for each true class, with a column for each predicted one.
    pub counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    fn new(confusion: &Confusion, classes: &[String]) -> Self {
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        for (truth, predicted, count) in confusion.cells() {
            counts[truth][predicted] = count;
        }
        Self {
            classes: classes.to_vec(),
            counts,
        }
    }
}

/// The loss and the metrics of a recipe and a problem over all images. The intervals are drawn by the
/// recipe's seed.
///
/// # Errors
/// If an image or a result cannot be read, or a metric is not for the problem's task.
pub fn evaluate(
    model: &Model,
    recipe: &Recipe,
    problem: &Problem,
    loader: &dyn DataLoader<Batch>,
) -> Result<Evaluation> {
    let step = TrainStep {
        model,
        loss: &recipe.loss,
        seam: None,
    };
    let tiles = problem.preprocessing.tiles();
    let outcomes = loader.iter().map(|batch| step.test(batch?, tiles));
    judge(outcomes, recipe, problem)
}

/// What the outcomes of all images are worth.
///
/// # Errors
/// If there is none of a batch, or a metric is not for the problem's task.
pub(crate) fn judge(
    outcomes: impl Iterator<Item = Result<Outcome>>,
    recipe: &Recipe,
    problem: &Problem,
) -> Result<Evaluation> {
    let names = task::test_metrics(&recipe.test.metrics, problem.task)?;
    let mut sample = Sample::new(Metrics::new(&names)?.with_classes(&problem.classes));
    for outcome in outcomes {
        sample.update(outcome?)?;
    }
    let confusion = sample.confusion();
    Ok(Evaluation {
        values: sample.values(),
        intervals: sample.intervals(recipe.run.seed),
        confusion: confusion.map(|confusion| ConfusionMatrix::new(confusion, &problem.classes)),
    })
}

/// The evaluation of a network.
#[derive(Clone, Debug)]
pub struct Examination<'a> {
    /// Where the network comes from.
    pub origin: Origin<'a>,
    /// Other data than its recipe's, of the same classes.
    pub data: Option<&'a str>,
    /// The names of the metrics beside the task's own, or `all`; none: as its recipe says.
    pub metrics: &'a [String],
    /// Tiles in which images are seen, at their own scale; none: as was learned.
    pub tiles: Option<Tiles>,
    /// The backend's name.
    pub backend: &'a str,
    /// Which of its devices.
    pub device: DeviceChoice,
}

/// The metrics of a network on the test images of its recipe's data, or of other data with the same
/// classes.
///
/// # Errors
/// If the network, the data, a metric or the backend is not to be had.
pub fn evaluate_run(examination: Examination<'_>) -> Result<Evaluation> {
    run_on(examination.backend, examination)
}

impl BackendTask for Examination<'_> {
    type Output = Evaluation;

    fn run<B: ComputeBackend>(self) -> Result<Evaluation> {
        let device = B::device(self.device)?;
        let mut learned = Learned::load(self.origin, &device)?;
        if let Some(tiles) = self.tiles {
            see_in_tiles(&mut learned, tiles)?;
        }
        let Learned {
            recipe, problem, ..
        } = &mut learned;
        if !self.metrics.is_empty() {
            recipe.test.metrics = self.metrics.to_vec();
        }
        if let Some(path) = self.data {
            recipe.data.path = path.to_string();
        }
        ensure!(
            !recipe.data.path.is_empty(),
            "{} comes without data; give the images to test on with --data",
            self.origin
        );
        // Found before an image is read.
        task::test_metrics(&recipe.test.metrics, problem.task)?;
        let loader = learned.to_test(&device);
        let loader = match (self.origin, self.data) {
            // A run's own data was there once.
            (Origin::Run(_), None) => loader?,
            _ => loader.with_context(|| {
                format!(
                    "{} is tested on {}",
                    self.origin,
                    tested_on(&learned.problem)
                )
            })?,
        };
        evaluate(&learned.model, &learned.recipe, &learned.problem, &loader)
    }
}

/// The data that a network is tested on, in words.
fn tested_on(problem: &Problem) -> String {
    const LISTED: usize = 10;
    let names = &problem.classes;
    let classes = match names.len() {
        ..=LISTED => names.join(", "),
        count => format!("{} and {} more", names[..LISTED].join(", "), count - LISTED),
    };
    let answers = match (&problem.mask_values, problem.task) {
        (Some(MaskValues::Objects { .. }), _) => {
            format!("masks that give each object a number of its own, for the classes {classes}")
        }
        (_, Task::Segmentation) => format!("masks of the classes {classes}"),
        (_, Task::Classification) => format!("the classes {classes}"),
        (_, Task::KeyPoints) => format!("the points {classes}"),
        _ => format!("values: {classes}"),
    };
    format!("images with {answers}; give such with --data FOLDER")
}
