//! `metrics.jsonl`: one line per epoch and split.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use burn::train::logger::MetricLogger;
use burn::train::metric::store::{EpochSummary, MetricsUpdate, Split};
use burn::train::metric::{MetricDefinition, MetricId, MetricName, NumericEntry};
use serde::Serialize;

/// A line of the file.
#[derive(Serialize)]
pub struct Record {
    /// Counted from 1.
    pub epoch: usize,
    /// `train`, `valid` or `test`.
    pub split: String,
    /// The metrics over the whole split; none where one is not a number.
    #[serde(flatten)]
    pub metrics: BTreeMap<String, Option<f64>>,
}

/// Burn's metrics as lines of JSON.
pub struct JsonLines {
    file: File,
    names: HashMap<MetricId, MetricName>,
    /// The metrics of the split that is about to end.
    finals: BTreeMap<String, f64>,
    history: HashMap<(String, usize, String), f64>,
}

impl JsonLines {
    /// Appends to the file, which is made if it is not there.
    pub fn append(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .with_context(|| format!("'{}' cannot be written", path.display()))?;
        Ok(Self {
            file,
            names: HashMap::new(),
            finals: BTreeMap::new(),
            history: HashMap::new(),
        })
    }

    /// Writes a line.
    pub fn write(&mut self, record: &Record) -> Result<()> {
        let line = serde_json::to_string(record)?;
        writeln!(self.file, "{line}")?;
        Ok(())
    }

    /// The key of a metric in the file: its name in lower case, words joined.
    pub fn key(name: &str) -> String {
        name.to_lowercase().replace(' ', "_")
    }
}

impl MetricLogger for JsonLines {
    fn log(&mut self, update: MetricsUpdate, epoch: usize, split: &Split) {
        for entry in &update.entries_numeric {
            let name = self.names.get(&entry.entry.metric_id);
            if let (Some(NumericEntry::Final(value)), Some(name)) = (&entry.numeric_entry, name) {
                self.finals.insert(Self::key(name), *value);
                let key = (name.to_string(), epoch, split.to_string());
                self.history.insert(key, *value);
            }
        }
    }

    fn read_numeric(
        &mut self,
        name: &str,
        epoch: usize,
        split: &Split,
    ) -> Result<Vec<NumericEntry>, String> {
        let key = (name.to_string(), epoch, split.to_string());
        let value = self.history.get(&key).copied();
        Ok(value.map(NumericEntry::Final).into_iter().collect())
    }

    fn log_metric_definition(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name);
    }

    fn log_epoch_summary(&mut self, summary: EpochSummary) {
        let metrics = std::mem::take(&mut self.finals);
        let record = Record {
            epoch: summary.epoch_number,
            split: summary.split.to_string(),
            metrics: metrics
                .into_iter()
                .map(|(name, value)| (name, value.is_finite().then_some(value)))
                .collect(),
        };
        // Burn's logger thread must not panic; a full disk stops the run at its next checkpoint.
        let _ = self.write(&record);
    }
}
