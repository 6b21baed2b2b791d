//! Progress as plain lines, for where there is no terminal to draw on.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::{Duration, Instant};

use burn::train::LearnerSummary;
use burn::train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
use burn::train::metric::{MetricDefinition, MetricId, MetricName, NumericEntry};
use burn::train::renderer::{
    EvaluationName, MetricState, MetricsRenderer, MetricsRendererEvaluation,
    MetricsRendererTraining,
};

use crate::stdout::say;

/// A line when an epoch ends, and one now and then in between.
pub struct LineRenderer {
    names: HashMap<MetricId, MetricName>,
    epochs: usize,
    epoch: usize,
    split: String,
    items: usize,
    /// The metrics of each split of this epoch, as far as they are complete.
    finals: BTreeMap<String, Vec<(String, f64)>>,
    last_line: Instant,
    epoch_start: Instant,
}

/// How long it stays silent at the most.
const SILENCE: Duration = Duration::from_secs(10);

impl LineRenderer {
    /// Training goes on whether its progress can be shown or not.
    fn say(&self, line: std::fmt::Arguments<'_>) {
        say(line).ok();
    }

    pub fn new() -> Self {
        let now = Instant::now();
        Self {
            names: HashMap::new(),
            epochs: 0,
            epoch: 1,
            split: String::new(),
            items: 0,
            finals: BTreeMap::new(),
            last_line: now,
            epoch_start: now,
        }
    }

    fn update(&mut self, split: &str, state: MetricState) {
        let MetricState::Numeric(entry, Some(NumericEntry::Final(value))) = state else {
            return;
        };
        if let Some(name) = self.names.get(&entry.metric_id) {
            let finals = self.finals.entry(split.to_string()).or_default();
            finals.push((name.to_lowercase(), value));
        }
    }

    fn metrics(&self, split: &str) -> String {
        let finals = self
            .finals
            .get(split)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let metrics = finals
            .iter()
            .map(|(name, value)| format!("{name} {value:.4}"));
        metrics.collect::<Vec<_>>().join("  ")
    }
}

impl MetricsRendererTraining for LineRenderer {
    fn update_train(&mut self, state: MetricState) {
        self.update("train", state);
    }

    fn update_valid(&mut self, state: MetricState) {
        self.update("valid", state);
    }

    fn on_train_end(&mut self, _summary: Option<LearnerSummary>) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

impl TrainingProgressLogger for LineRenderer {
    fn start(
        &mut self,
        total_epochs: usize,
        starting_epoch: usize,
        _total_items: Option<usize>,
        _label: Option<&str>,
    ) {
        self.epochs = total_epochs;
        self.epoch = starting_epoch;
        self.epoch_start = Instant::now();
    }

    fn start_split(&mut self, split: &str, total_items: usize) {
        self.split = split.to_string();
        self.items = total_items;
    }

    fn update_split(&mut self, items_processed: usize) {
        if self.last_line.elapsed() < SILENCE {
            return;
        }
        self.last_line = Instant::now();
        self.say(format_args!(
            "epoch {}/{}  {} {items_processed}/{}",
            self.epoch, self.epochs, self.split, self.items
        ));
    }

    fn end_split(&mut self) {}

    fn update_epoch(&mut self, epoch: usize) {
        self.say(format_args!(
            "epoch {epoch}/{}  {:.1} s  train: {}  valid: {}",
            self.epochs,
            self.epoch_start.elapsed().as_secs_f64(),
            self.metrics("train"),
            self.metrics("valid")
        ));
        self.finals.clear();
        self.epoch = epoch + 1;
        self.epoch_start = Instant::now();
        self.last_line = Instant::now();
    }

    fn end(&mut self) {}

    fn log_event_training(&mut self, _event: String) {}
}

// Burn's renderers show evaluations too; the trainer evaluates by itself.
impl EvaluationProgressLogger for LineRenderer {
    fn start_global_progress(&mut self, _total_tests: usize) {}
    fn start_test(&mut self, _name: &str, _total_items: usize) {}
    fn update_test_progress(&mut self, _items_processed: usize) {}
    fn end_test(&mut self) {}
    fn end_global_progress(&mut self) {}
    fn log_event_evaluation(&mut self, _event: String) {}
}

impl MetricsRendererEvaluation for LineRenderer {
    fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
}

impl MetricsRenderer for LineRenderer {
    fn manual_close(&mut self) {}

    fn register_metric(&mut self, definition: MetricDefinition) {
        self.names.insert(definition.metric_id, definition.name);
    }
}
