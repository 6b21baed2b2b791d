//! Progress as plain lines, for where there is no terminal to draw on.

use std::time::{Duration, Instant};

use train::{BatchTimes, Begin, Event, Observer, Values};

use super::source::told;
use super::stdout::say;
use super::stop::Stop;

/// A line when an epoch ends, on standard output, and one now and then in between, on standard
/// error.
pub struct Lines {
    stop: Stop,
    epochs: usize,
    /// What goes on, as a line begins, and of how many images.
    going: (String, usize),
    last_line: Instant,
}

/// How long it stays silent at the most.
const SILENCE: Duration = Duration::from_secs(10);

impl Lines {
    pub fn new(stop: Stop) -> Self {
        Self {
            stop,
            epochs: 0,
            going: (String::new(), 0),
            last_line: Instant::now(),
        }
    }
}

impl Observer for Lines {
    fn event(&mut self, event: Event<'_>) {
        // Training goes on whether its progress can be shown or not.
        let _ = match event {
            Event::Begin(begin) => {
                self.epochs = begin.epochs;
                say(beginning(&begin))
            }
            Event::SplitBegin {
                epoch,
                split,
                images,
            } => {
                let start = format!("epoch {epoch}/{}  {}", self.epochs, split.name());
                self.going = (start, images);
                Ok(())
            }
            Event::Batch { seen, .. } => {
                if self.last_line.elapsed() >= SILENCE {
                    self.last_line = Instant::now();
                    eprintln!("{} {seen}/{}", self.going.0, self.going.1);
                }
                Ok(())
            }
            Event::EpochEnd {
                epoch,
                seconds,
                batches,
                train,
                valid,
            } => {
                self.last_line = Instant::now();
                say(format_args!(
                    "epoch {epoch}/{}  {seconds:.1} s  train: {}  valid: {}  {}",
                    self.epochs,
                    listed(train),
                    listed(valid),
                    shared(batches)
                ))
            }
            Event::Resumed {
                epochs,
                steps,
                rates,
            } => say(going_on(epochs, steps, rates)),
            Event::End { folder } => say(ending(folder)),
            event => {
                if let Some(warning) = warning(&event) {
                    eprintln!("{warning}");
                }
                Ok(())
            }
        };
    }

    fn should_stop(&self) -> bool {
        self.stop.wanted()
    }
}

fn listed(values: &Values) -> String {
    let values = values.iter();
    let values = values.map(|(name, value)| format!("{} {value:.4}", name.replace('_', " ")));
    values.collect::<Vec<_>>().join("  ")
}

/// Where the time of a batch goes.
fn shared(batches: BatchTimes) -> String {
    let BatchTimes {
        decode,
        augment,
        wait,
        step,
    } = batches;
    let [decode, augment, wait, step] = [decode, augment, wait, step].map(|time| 1000.0 * time);
    format!(
        "(decode {decode:.0} ms, augment {augment:.0} ms, wait {wait:.0} ms, step {step:.0} ms)"
    )
}

/// What somebody should know of who looks on.
pub fn warning(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Weights(report) => return told(report),
        Event::Damaged(damaged) => format!(
            "a checkpoint cannot be used and is kept as '{}': {:#}",
            damaged.path.display(),
            damaged.error
        ),
        Event::LeftOut { epoch, why, .. } => {
            format!("epoch {epoch}: a step is left out, {why}")
        }
        Event::Duplicates(pairs) => format!(
            "{pairs}; what is measured by such images says too much. `train data` lists all, and with \
             data.duplicates=refuse a run does not begin"
        ),
        Event::BadImage(image) => format!("'{}' is left out: {}", image.name, image.error),
        Event::WentBack { steps, why, rate } => {
            format!("{why}; back to step {steps}, and on with {rate} times the learning rate")
        }
        _ => return None,
    })
}

/// The line with which a run goes on.
pub fn going_on(epochs: usize, steps: usize, [before, now]: [f64; 2]) -> String {
    let rate = match before == now {
        true => String::new(),
        false => format!(
            "; the schedule is laid over all epochs: the learning rate is {now:.3e}, and was to be \
             {before:.3e}"
        ),
    };
    format!("goes on after {epochs} epochs and {steps} steps{rate}")
}

/// The line that a run begins with.
pub fn beginning(begin: &Begin<'_>) -> String {
    let [train, valid, test] = begin.images;
    format!(
        "{} ({} parameters) learns {} from {train} images on {} ({valid} to validate, {test} to \
         test)",
        begin.model, begin.parameters, begin.data, begin.backend
    )
}

/// The line that it ends with.
pub fn ending(folder: &std::path::Path) -> String {
    format!("the run is in '{}'", folder.display())
}
