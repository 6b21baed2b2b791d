//! What is measured of every model of the registry: how far its answer is from its twin's, and how
//! long it takes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use models::Variant;
use serde::{Deserialize, Serialize};
use twins::{Case as TwinCase, Outputs, outputs};

use crate::case::{Case, Mode, find};
use crate::engine::Engine;
use crate::machine::Machine;
use crate::measure::{Plan, measure};
use crate::work::Size;

/// What was measured, and on which machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Catalogue {
    pub machine: Machine,
    /// By name.
    pub models: BTreeMap<String, Measured>,
}

/// What was measured of a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The largest difference between its outputs and those of its twin in `f64`, over the largest
    /// value; none without a twin.
    pub difference: Option<f64>,
    /// Seconds of a forward pass of one image.
    pub forward_s: f64,
    /// Seconds of a training step of one image.
    pub training_s: f64,
}

impl Catalogue {
    /// Of this machine, empty.
    pub fn new() -> Self {
        Self {
            machine: Machine::here(BTreeMap::new()),
            models: BTreeMap::new(),
        }
    }

    /// Of a file; empty if there is none.
    ///
    /// # Errors
    /// If the file cannot be read, or is no catalogue.
    pub fn read(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Ok(Self::new());
        }
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("'{}' cannot be read", path.display()))?;
        serde_json::from_str(&text)
            .with_context(|| format!("'{}' holds no measurements of models", path.display()))
    }

    /// Into a file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(path, text)
            .with_context(|| format!("'{}' cannot be written", path.display()))
    }

    /// Drops those with a name like the pattern; all, if they are of another machine.
    pub fn forget(&mut self, pattern: &str) {
        let here = Self::new();
        if self.machine != here.machine {
            *self = here;
        }
        for variant in models::list(pattern) {
            self.models.remove(variant.name());
        }
    }

    /// Those with a name like the pattern that are still to be measured.
    ///
    /// # Errors
    /// If others were measured on another machine, or with other versions.
    pub fn missing(&self, pattern: &str) -> Result<Vec<Variant>> {
        let here = Machine::here(BTreeMap::new());
        ensure!(
            self.models.is_empty() || self.machine == here,
            "the measurements at hand are of {}, and this is {}; measure all anew with --again",
            self.machine.line(),
            here.line()
        );
        let mut found = models::list(pattern);
        found.retain(|variant| !self.models.contains_key(variant.name()));
        Ok(found)
    }
}

impl Measured {
    /// Measures a model on an engine.
    ///
    /// # Errors
    /// If it differs from its twin in names and shapes, or could not be timed.
    pub fn of(variant: &Variant, engine: &Engine, plan: Plan) -> Result<Self> {
        let case = Case::model(find(variant.name())?, 1);
        let size = Size::of(&case)?;
        let seconds = |mode| {
            let outcome = measure(&case, size, mode, std::slice::from_ref(engine), plan);
            let cell = outcome.cells.first();
            cell.map(|cell| cell.median_s)
                .with_context(|| outcome.failures.join("\n"))
        };
        Ok(Self {
            difference: difference(variant)?,
            forward_s: seconds(Mode::Inference)?,
            training_s: seconds(Mode::Training)?,
        })
    }
}

/// The largest over all images, and strides, for which the twin's outputs are at hand.
fn difference(variant: &Variant) -> Result<Option<f64>> {
    let cases = TwinCase::<Outputs>::all().into_iter();
    let cases = cases.filter(|case| case.variant() == variant.name());
    let differences = cases.map(|case| Ok(outputs::compare(&case, &Device::flex())?.largest));
    let differences: Vec<f64> = differences.collect::<Result<_>>()?;
    Ok(differences.into_iter().reduce(f64::max))
}
