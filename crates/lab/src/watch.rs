//! Looking at a network while it learns.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use train::{Event, Look, Observer};

/// Whoever looks at a network before some of its steps.
pub trait Watcher {
    /// What is seen at a step.
    type Seen: Serialize + DeserializeOwned;

    /// What decides what is seen, besides the run.
    fn key(&self) -> Value;

    /// What is seen of the network; none: it is not looked at now.
    ///
    /// # Errors
    /// Whatever goes wrong in looking.
    fn look(&mut self, network: Look<'_>) -> Result<Option<Self::Seen>>;
}

/// Nobody watches.
pub(crate) struct Nobody;

impl Watcher for Nobody {
    type Seen = ();

    fn key(&self) -> Value {
        Value::Null
    }

    fn look(&mut self, _: Look<'_>) -> Result<Option<()>> {
        Ok(None)
    }
}

/// What is seen at a step, as a line of a file beside the run.
#[derive(Serialize, Deserialize)]
struct Line<S> {
    step: usize,
    seen: S,
}

/// An observer that writes down what a watcher sees, as it comes: a run that is stopped and goes on
/// has not forgotten it.
pub(crate) struct Watched<'a, W: Watcher> {
    pub watcher: &'a mut W,
    pub path: PathBuf,
    pub inner: &'a mut dyn Observer,
}

impl<W: Watcher> Observer for Watched<'_, W> {
    fn event(&mut self, event: Event<'_>) {
        self.inner.event(event);
    }

    fn should_stop(&self) -> bool {
        self.inner.should_stop()
    }

    fn look(&mut self, network: Look<'_>) -> Result<()> {
        let step = network.steps;
        let Some(seen) = self.watcher.look(network)? else {
            return Ok(());
        };
        append(&self.path, &Line { step, seen })
    }
}

/// Adds a line, on a line of its own whatever stands before it: the last may be cut off.
fn append(path: &Path, line: &Line<impl Serialize>) -> Result<()> {
    let text = format!("\n{}\n", serde_json::to_string(line)?);
    let append = || {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(text.as_bytes())
    };
    append().with_context(|| format!("'{}' cannot be written", path.display()))
}

/// What was seen, by step. A step that a run went back over was seen twice, and was the same. A line
/// that is cut off, by a kill while it was written, is left out: the step comes again.
pub(crate) fn read<S: DeserializeOwned>(path: &Path) -> Result<BTreeMap<usize, S>> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let text =
        fs::read_to_string(path).with_context(|| format!("'{}' cannot be read", path.display()))?;
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(lines.map(|Line { step, seen }| (step, seen)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_cut_off_takes_none_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.seen.jsonl");
        let add = |step, seen: f64| append(&path, &Line { step, seen }).expect("writes");
        assert!(read::<f64>(&path).expect("none").is_empty());
        add(0, 0.5);
        let whole = fs::read_to_string(&path).expect("a file");
        fs::write(&path, format!("{whole}{{\"step\":1,\"se")).expect("cuts");
        add(1, 1.5);
        add(2, 2.5);
        let seen = read::<f64>(&path).expect("reads");
        assert_eq!(seen, BTreeMap::from([(0, 0.5), (1, 1.5), (2, 2.5)]));
    }
}
