//! Which parameters are kept: those of the best epoch by validation, and the last.

use std::path::Path;

use anyhow::{Context, Result};
use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use models::Model;

use crate::run_folder::{Best, Manifest, Progress};

/// The parameters of the best epoch.
const BEST: &str = "best.bpk";

/// Everything that changes in training.
pub(crate) struct State {
    pub model: Model,
    pub optimizer: ModuleOptimizer,
    pub scheduler: ModuleLrScheduler,
}

/// The checkpoints of a run that goes on.
pub(crate) struct Checkpoints {
    manifest: Manifest,
}

impl Checkpoints {
    /// In a folder that has none yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            manifest: Manifest::new(folder),
        }
    }

    /// The epoch with the lowest validation loss; none before the first, or if none was finite.
    pub fn best(&self) -> Option<Best> {
        self.manifest.best
    }

    /// Keeps the state as the last, and as the best where `loss`, that of validation, is lower than
    /// any before. What is neither any more is dropped.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&mut self, state: &State, progress: Progress, loss: Option<f64>) -> Result<()> {
        let epoch = progress.epoch;
        let model = state.model.clone().into_record().into_bytes()?;
        let better = |best: Best| loss.is_some_and(|loss| loss < best.loss);
        if let Some(loss) = loss.filter(|loss| loss.is_finite())
            && self.manifest.best.is_none_or(better)
        {
            self.manifest.best = Some(Best { epoch, loss });
            self.manifest.add(BEST, &model)?;
        }
        self.manifest.add(&format!("model-{epoch}.bpk"), &model)?;
        let optimizer = state.optimizer.to_record().into_bytes()?;
        self.manifest
            .add(&format!("optim-{epoch}.bpk"), &optimizer)?;
        let scheduler = state.scheduler.to_record().into_bytes()?;
        self.manifest
            .add(&format!("scheduler-{epoch}.bpk"), &scheduler)?;
        self.manifest.last = Some(progress);
        let last = format!("-{epoch}.bpk");
        self.manifest
            .keep_only(|name| name == BEST || name.ends_with(&last))
    }

    /// Keeps the last parameters as the best where no epoch was validated.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn keep_last(&mut self, state: &State) -> Result<()> {
        if self.manifest.best.is_none() {
            let model = state.model.clone().into_record().into_bytes()?;
            self.manifest.add(BEST, &model)?;
            self.manifest.keep_only(|_| true)?;
        }
        Ok(())
    }

    /// The model with the parameters that were kept as the best.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn load_best(&self, model: Model) -> Result<Model> {
        load_best(&self.manifest, model)
    }
}

/// The model with a run's best parameters.
///
/// # Errors
/// If they are damaged or of another model.
pub(crate) fn load_best(manifest: &Manifest, model: Model) -> Result<Model> {
    let bytes = manifest.load(BEST)?;
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes))
        .with_context(|| format!("'{BEST}' cannot be read"))?;
    model
        .try_load_record(record)
        .with_context(|| format!("'{BEST}' is of another model"))
}
