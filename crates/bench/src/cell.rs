//! One measured figure.

use std::time::Duration;

use serde::Serialize;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A forward pass as in evaluation.
    Inference,
    /// Forward, loss, backward, a step of SGD with momentum, reading the loss.
    Training,
}

/// The time of one model in one mode on one backend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The model's name.
    pub case: String,
    /// What was timed.
    pub mode: Mode,
    /// The backend's name.
    pub engine: String,
    /// Images at a time.
    pub batch: usize,
    /// Channels, height, width of an image.
    pub input: [usize; 3],
    /// Type of the numbers.
    pub dtype: &'static str,
    /// Median of the runs, in seconds.
    pub median_s: f64,
    /// Shortest run, in seconds.
    pub min_s: f64,
    /// Longest run, in seconds.
    pub max_s: f64,
    /// `batch / median_s`
    pub images_per_second: f64,
}

impl Cell {
    /// Sums up the times of one or more runs.
    ///
    /// # Panics
    /// Panics if there is no run.
    pub(crate) fn new(
        case: &crate::Case,
        mode: Mode,
        engine: &str,
        mut times: Vec<Duration>,
    ) -> Self {
        times.sort();
        let seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
        let median_s = median(&seconds);
        Self {
            case: case.entry.name.to_string(),
            mode,
            engine: engine.to_string(),
            batch: case.batch,
            input: case.entry.input.dims(),
            dtype: "f32",
            median_s,
            min_s: seconds[0],
            max_s: seconds[seconds.len() - 1],
            images_per_second: case.batch as f64 / median_s,
        }
    }
}

/// The middle of sorted values, or the mean of the middle two.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }
}
