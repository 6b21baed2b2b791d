//! What a run keeps: all that is needed to go on, and the parameters of its best epoch.

use std::fs;

use anyhow::{Context, Result};
use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use models::Model;

use crate::average::Average;
use crate::progress::Progress;
use crate::run_folder::{Checkpoint, Checkpoints, Content, RunFolder, write_aside};
use crate::state::State;

/// The parameters that learn.
const MODEL: &str = "model.bpk";
/// What the optimizer remembers.
const OPTIMIZER: &str = "optimizer.bpk";
/// The averaged parameters, if there are any.
const AVERAGE: &str = "average.bpk";
/// The parameters that the best epoch answered with, once there is one.
const BEST: &str = "best.bpk";
/// The rest, and the lines that were written so far.
const PROGRESS: &str = "progress.json";
const METRICS: &str = "metrics.jsonl";

/// The parameters of the best epoch.
#[derive(Default)]
enum BestEpoch {
    /// There is none yet.
    #[default]
    None,
    /// It was after the last checkpoint.
    Since(Vec<u8>),
    /// The last checkpoint has them.
    Before,
}

/// The checkpoints of a run that goes on.
pub(crate) struct Keeper<'a> {
    folder: &'a RunFolder,
    checkpoints: Checkpoints,
    last: Option<Checkpoint>,
    best: BestEpoch,
}

impl<'a> Keeper<'a> {
    /// Of a run that has none yet.
    pub fn new(folder: &'a RunFolder) -> Self {
        Self {
            folder,
            checkpoints: Checkpoints::of(&folder.checkpoints()),
            last: None,
            best: BestEpoch::None,
        }
    }

    /// Takes the parameters of an epoch that is better than those before.
    ///
    /// # Errors
    /// If they cannot be read from the device.
    pub fn keep_best(&mut self, state: &State) -> Result<()> {
        self.best = BestEpoch::Since(parameters(state.answering())?);
        Ok(())
    }

    /// Writes a checkpoint.
    ///
    /// # Errors
    /// If it cannot be written; those before stay.
    pub fn save(&mut self, state: &State, progress: &Progress) -> Result<&Checkpoint> {
        // A running statistic is an update behind until somebody asks for the value.
        drop(state.model.valid());
        let model = parameters(state.model.clone())?;
        let optimizer = state.optimizer.to_record().into_bytes()?;
        let average = state.average.as_ref();
        let average = average.map(|average| parameters(average.model.clone()));
        let average = average.transpose()?;
        let told = serde_json::to_vec_pretty(progress)?;
        let metrics = fs::read(self.folder.metrics()).unwrap_or_default();
        let mut files = vec![
            (MODEL, Content::Bytes(&model)),
            (OPTIMIZER, Content::Bytes(&optimizer)),
            (PROGRESS, Content::Bytes(&told)),
            (METRICS, Content::Bytes(&metrics)),
        ];
        if let Some(average) = &average {
            files.push((AVERAGE, Content::Bytes(average)));
        }
        match (&self.best, &self.last) {
            (BestEpoch::Since(best), _) => files.push((BEST, Content::Bytes(best))),
            (BestEpoch::Before, Some(last)) => files.push((BEST, Content::SameAs(last))),
            _ => {}
        }
        let written = self.checkpoints.write(&files)?;
        if !matches!(self.best, BestEpoch::None) {
            self.best = BestEpoch::Before;
        }
        Ok(self.last.insert(written))
    }

    /// Goes back to a checkpoint: the state as it was, and `metrics.jsonl` too. `around` makes a state
    /// around the model, which has the parameters, and their ids, by then.
    ///
    /// # Errors
    /// If it is of another model, or a file cannot be read or written.
    pub fn load(
        &mut self,
        checkpoint: Checkpoint,
        model: Model,
        around: impl FnOnce(Model) -> Result<State>,
    ) -> Result<(State, Progress)> {
        let bytes = |name: &str| checkpoint.load(name);
        let mut state = around(with_parameters(model, &checkpoint, MODEL)?)?;
        state.optimizer = state
            .optimizer
            .from_bytes(Bytes::from_bytes_vec(bytes(OPTIMIZER)?))
            .with_context(|| format!("'{OPTIMIZER}' cannot be read"))?;
        if let Some(Average { model }) = state.average {
            let model = with_parameters(model, &checkpoint, AVERAGE)?;
            state.average = Some(Average { model });
        }
        let progress = progress_of(&checkpoint)?;
        write_aside(&self.folder.metrics(), &bytes(METRICS)?)?;
        self.best = match checkpoint.has(BEST) {
            true => BestEpoch::Before,
            false => BestEpoch::None,
        };
        self.last = Some(checkpoint);
        Ok((state, progress))
    }

    /// The last checkpoint that was written or gone back to.
    pub fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }
}

/// How far a run had come.
///
/// # Errors
/// If the checkpoint is damaged, or of another version of the program.
pub(crate) fn progress_of(checkpoint: &Checkpoint) -> Result<Progress> {
    serde_json::from_slice(&checkpoint.load(PROGRESS)?)
        .with_context(|| format!("'{}' is wrong", checkpoint.path().join(PROGRESS).display()))
}

fn parameters(model: Model) -> Result<Vec<u8>> {
    Ok(model.into_record().into_bytes()?.to_vec())
}

fn with_parameters(model: Model, checkpoint: &Checkpoint, name: &str) -> Result<Model> {
    let bytes = Bytes::from_bytes_vec(checkpoint.load(name)?);
    let record =
        ModuleRecord::from_bytes(bytes).with_context(|| format!("'{name}' cannot be read"))?;
    model
        .try_load_record(record)
        .with_context(|| format!("'{name}' is of another model"))
}

/// The model with the parameters that a run answers with: those of its best epoch; before the first,
/// the last.
///
/// # Errors
/// If they are damaged or of another model.
pub(crate) fn load_best(checkpoint: &Checkpoint, model: Model) -> Result<Model> {
    let names = [BEST, AVERAGE, MODEL];
    let name = names.into_iter().find(|name| checkpoint.has(name));
    with_parameters(model, checkpoint, name.unwrap_or(MODEL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    #[test]
    fn damaged_parameters_are_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::of(folder.path());
        let config = models::create("resnet8").expect("a model");
        let config = config.set("encoder.width", 1.into()).expect("a field");
        let model = config.init(&burn::tensor::Device::flex());
        let whole = parameters(model.clone()).expect("writes");
        for bytes in mutations(&whole, 200) {
            // With a checksum that fits: not even then is there a panic.
            let files = [(MODEL, Content::Bytes(&bytes))];
            let checkpoint = checkpoints.write(&files).expect("writes");
            load_best(&checkpoint, model.clone()).ok();
        }
    }
}
