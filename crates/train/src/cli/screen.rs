//! Progress on Burn's screen.

use std::sync::Arc;

use burn::train::logger::TrainingProgressLogger;
use burn::train::metric::{
    MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry,
};
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::renderer::{MetricState, MetricsRenderer, MetricsRendererTraining};
use train::{Better, Event, Observer, Split, Values, better};

use super::lines::{beginning, ending, going_on, warning};
use super::stdout::say;
use super::stop::Stop;

/// Burn's screen while the epochs go on, and lines before and after.
pub struct Screen {
    stop: Stop,
    screen: Option<TuiMetricsRendererWrapper>,
    split: Split,
    /// To be shown when the screen is gone.
    warnings: Vec<String>,
}

impl Screen {
    pub fn new(stop: Stop) -> Self {
        Self {
            stop,
            screen: None,
            split: Split::Train,
            warnings: Vec::new(),
        }
    }
}

impl Observer for Screen {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Begin(begin) => {
                // Training goes on whether its progress can be shown or not.
                let _ = say(beginning(&begin));
                let mut screen = TuiMetricsRendererWrapper::new(self.stop.interrupter(), None);
                for name in &begin.metrics {
                    screen.register_metric(definition(name));
                }
                screen.start(begin.epochs, 1, None, None);
                self.screen = Some(screen);
            }
            Event::Resumed {
                epochs,
                steps,
                rates,
            } => {
                let _ = say(going_on(epochs, steps, rates));
            }
            Event::TrainingEnd => {
                // The screen goes away with its renderer.
                self.screen = None;
                for warning in self.warnings.drain(..) {
                    eprintln!("{warning}");
                }
            }
            Event::End { folder } => {
                let _ = say(ending(folder));
            }
            event => {
                self.warnings.extend(warning(&event));
                self.draw(event);
            }
        }
    }

    fn should_stop(&self) -> bool {
        self.stop.wanted()
    }
}

impl Screen {
    fn draw(&mut self, event: Event<'_>) {
        let Some(screen) = &mut self.screen else {
            return;
        };
        match event {
            Event::SplitBegin { split, images, .. } => {
                self.split = split;
                screen.start_split(split.name(), images);
            }
            Event::Batch { seen, values } => {
                for state in states(values, seen) {
                    match self.split {
                        Split::Train => screen.update_train(state),
                        _ => screen.update_valid(state),
                    }
                }
                screen.update_split(seen);
            }
            Event::EpochEnd { epoch, .. } => {
                screen.end_split();
                screen.update_epoch(epoch);
            }
            _ => {}
        }
    }
}

fn id(name: &str) -> MetricId {
    MetricId::new(Arc::new(name.to_string()))
}

fn definition(name: &str) -> MetricDefinition {
    let attributes = NumericAttributes {
        unit: None,
        higher_is_better: better(name).is_ok_and(|better| better == Better::Higher),
    };
    MetricDefinition {
        metric_id: id(name),
        name: Arc::new(name.replace('_', " ")),
        description: None,
        attributes: attributes.into(),
    }
}

/// The metrics of the split so far, in Burn's form.
fn states(values: &Values, seen: usize) -> Vec<MetricState> {
    let state = |(name, value): (&str, f64)| {
        let entry = NumericEntry::Aggregated {
            aggregated_value: value,
            count: seen,
        };
        let text = SerializedEntry::new(format!("{value:.4}"), entry.serialize());
        MetricState::Numeric(MetricEntry::new(id(name), text), Some(entry))
    };
    values.iter().map(state).collect()
}
