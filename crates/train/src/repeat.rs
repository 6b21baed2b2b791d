//! Several runs of one recipe: one number says little of a recipe, a spread says more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::ensemble::{Member, evaluate_together};
use crate::evaluate::Evaluation;
use crate::fit::{Summary, fit, resume};
use crate::observer::Observer;
use crate::recipe::Recipe;
use crate::run_folder::files::{read_json, write_json};
use crate::run_folder::{RunFolder, claim};

/// What is another in each of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// So many seeds, from the recipe's on.
    Seeds(usize),
    /// So many parts of the training images, of which each validates once.
    Folds(usize),
}

impl Times {
    fn count(self) -> usize {
        match self {
            Self::Seeds(count) | Self::Folds(count) => count,
        }
    }

    /// The recipe of a run, from 0, and what its folder is called.
    fn member(self, recipe: &Recipe, index: usize) -> Result<(Recipe, String)> {
        let seed = recipe.run.seed + index as u64;
        let (change, name) = match self {
            Self::Seeds(_) => (json!({"run": {"seed": seed}}), format!("seed-{seed}")),
            Self::Folds(count) => (
                json!({"data": {"fold": [index + 1, count]}}),
                format!("fold-{}", index + 1),
            ),
        };
        Ok((recipe.changed(change)?, name))
    }
}

/// What `summary.json` says of several runs.
#[derive(Clone, Debug, Serialize)]
pub struct Repeated {
    /// The folder of all.
    #[serde(skip)]
    pub folder: PathBuf,
    /// What is another in each.
    pub times: Times,
    /// The folders of the runs, in the folder of all.
    pub runs: Vec<String>,
    /// Each metric on the test images, over the runs.
    pub test: BTreeMap<String, Spread>,
    /// The mean answer of all runs' models; none where they were tested on different images.
    pub ensemble: Option<Evaluation>,
}

/// Several values of a metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Of each run.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, of a sample: over one less than their number.
    pub deviation: f64,
}

impl Spread {
    fn of(values: Vec<f64>) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Self {
            deviation: (squares / (count - 1.0).max(1.0)).sqrt(),
            mean,
            values,
        }
    }
}

/// What `repeat.json` says: enough to go on.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    times: Times,
    recipe: Recipe,
}

const PLAN: &str = "repeat.json";

/// Whether a folder is that of several runs.
pub fn is_repeated(folder: &Path) -> bool {
    folder.join(PLAN).is_file()
}

/// Trains as often as `times` says, each run in a folder of its own in `out`.
///
/// # Errors
/// If `out` is taken, or a run fails.
pub fn repeat(
    recipe: &Recipe,
    times: Times,
    out: &Path,
    observer: &mut dyn Observer,
) -> Result<Option<Repeated>> {
    ensure!(
        times.count() >= 2,
        "{} runs: there must be at least 2",
        times.count()
    );
    claim(out)?;
    write_json(
        &out.join(PLAN),
        &Plan {
            times,
            recipe: recipe.clone(),
        },
    )?;
    go_on(out, observer)
}

/// Goes on with several runs: those that have ended stay, one that was stopped goes on, and the
/// others begin. None where it is stopped again.
///
/// # Errors
/// If the folder is none of several runs, or a run fails.
pub fn go_on(out: &Path, observer: &mut dyn Observer) -> Result<Option<Repeated>> {
    let Plan { times, recipe } = read_json(&out.join(PLAN))?;
    let mut runs = Vec::new();
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for index in 0..times.count() {
        let (recipe, name) = times.member(&recipe, index)?;
        let path = out.join(&name);
        let run = RunFolder::open(&path);
        let test = match run.as_ref().ok().and_then(RunFolder::test) {
            Some(test) => test,
            None => {
                let summary = match run {
                    Ok(_) => resume(&path, None, observer)?,
                    Err(_) => begin(&recipe, &path, observer)?,
                };
                if summary.stopped {
                    return Ok(None);
                }
                summary.test
            }
        };
        for (name, value) in test {
            values.entry(name).or_default().extend(value);
        }
        runs.push(name);
    }
    let repeated = Repeated {
        folder: out.to_path_buf(),
        times,
        test: values
            .into_iter()
            .map(|(name, values)| (name, Spread::of(values)))
            .collect(),
        ensemble: run_on(
            &recipe.run.backend,
            Together {
                out,
                runs: &runs,
                device: recipe.run.device,
            },
        )?,
        runs,
    };
    write_json(&out.join("summary.json"), &repeated)?;
    Ok(Some(repeated))
}

fn begin(recipe: &Recipe, path: &Path, observer: &mut dyn Observer) -> Result<Summary> {
    // Of a program that was killed before the run had a configuration.
    if path.exists() {
        std::fs::remove_dir_all(path)
            .with_context(|| format!("'{}' cannot be removed", path.display()))?;
    }
    fit(recipe, Some(path), observer)
}

struct Together<'a> {
    out: &'a Path,
    runs: &'a [String],
    device: DeviceChoice,
}

impl BackendTask for Together<'_> {
    type Output = Option<Evaluation>;

    fn run<B: ComputeBackend>(self) -> Result<Self::Output> {
        let device = B::device(self.device)?;
        let runs = self.runs.iter().map(|name| self.out.join(name));
        let members = runs.map(|run| Member::of(&run, &device));
        evaluate_together(&members.collect::<Result<Vec<_>>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_that_of_a_sample() {
        let spread = Spread::of(vec![1.0, 2.0, 6.0]);
        assert_eq!(spread.mean, 3.0);
        assert_eq!(spread.deviation, 7.0_f64.sqrt());
        assert_eq!(Spread::of(vec![2.0]).deviation, 0.0);
    }
}
