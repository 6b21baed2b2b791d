//! One measured figure.

use serde::{Deserialize, Serialize};

use crate::case::{Case, Mode};
use crate::work::Size;

/// The time of one case in one mode on one engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// The model's or block's name.
    pub case: String,
    /// What was timed.
    pub mode: Mode,
    /// The backend's or the peer's name.
    pub engine: String,
    /// Whether the engine is a peer, and not this project's.
    pub peer: bool,
    /// Images at a time.
    pub batch: usize,
    /// Channels, height, width of an image.
    pub input: [usize; 3],
    /// Type of the numbers.
    pub dtype: String,
    /// How many threads the engine was allowed.
    pub threads: usize,
    /// Values that the model learns.
    pub parameters: usize,
    /// Multiply-adds of a forward pass of one image.
    pub macs: u64,
    /// How many runs were timed.
    pub runs: usize,
    /// Median of the runs, in seconds.
    pub median_s: f64,
    /// Shortest run, in seconds.
    pub min_s: f64,
    /// Longest run, in seconds.
    pub max_s: f64,
    /// `batch / median_s`
    pub images_per_second: f64,
    /// `2 * forwards * macs * batch / median_s / 1e9`, with [`Mode::forwards`].
    pub gflops: f64,
    /// The most memory that the process of this cell had, in MiB, where the system tells.
    pub peak_rss_mib: Option<f64>,
    /// Images per second of this engine over those of the fastest peer in the same case and mode;
    /// none for a peer, and where no peer was.
    pub ratio: Option<f64>,
}

/// What an engine's worker has told.
pub(crate) struct Timing {
    /// Of one or more runs.
    pub seconds: Vec<f64>,
    pub peak_rss_mib: Option<f64>,
}

impl Cell {
    /// Sums up an engine's runs.
    ///
    /// # Panics
    /// Panics if there is no run.
    pub(crate) fn new(
        case: &Case,
        size: Size,
        mode: Mode,
        (engine, peer): (&str, bool),
        threads: usize,
        timing: Timing,
    ) -> Self {
        let mut seconds = timing.seconds;
        seconds.sort_by(f64::total_cmp);
        let median_s = median(&seconds);
        let batch = case.batch(mode);
        let images_per_second = batch as f64 / median_s;
        Self {
            case: case.name().to_string(),
            mode,
            engine: engine.to_string(),
            peer,
            batch,
            input: case.image.dims(),
            dtype: "float32".to_string(),
            threads,
            parameters: size.parameters,
            macs: size.macs,
            runs: seconds.len(),
            median_s,
            min_s: seconds[0],
            max_s: seconds[seconds.len() - 1],
            images_per_second,
            gflops: (2 * mode.forwards() * size.macs) as f64 * images_per_second / 1e9,
            peak_rss_mib: timing.peak_rss_mib,
            ratio: None,
        }
    }
}

/// Compares the cells of one case and mode: each engine that is not a peer with the fastest peer.
pub(crate) fn compare(cells: &mut [Cell]) {
    let peers = cells.iter().filter(|cell| cell.peer);
    let Some(best) = peers
        .map(|cell| cell.images_per_second)
        .max_by(f64::total_cmp)
    else {
        return;
    };
    for cell in cells.iter_mut().filter(|cell| !cell.peer) {
        cell.ratio = Some(cell.images_per_second / best);
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

    fn cell(engine: &str, peer: bool, seconds: &[f64]) -> Cell {
        let case = Case::model(crate::case::find("resnet20").expect("a model"), 4);
        let size = Size {
            parameters: 1,
            macs: 500_000_000,
        };
        let timing = Timing {
            seconds: seconds.to_vec(),
            peak_rss_mib: None,
        };
        Cell::new(&case, size, Mode::Training, (engine, peer), 1, timing)
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
    }

    #[test]
    fn a_training_step_counts_three_forwards() {
        let cell = cell("flex", false, &[4.0, 1.0, 2.0]);
        assert_eq!((cell.min_s, cell.median_s, cell.max_s), (1.0, 2.0, 4.0));
        assert_eq!(cell.images_per_second, 2.0);
        assert_eq!(cell.gflops, 2.0 * 3.0 * 0.5 * 2.0);
    }

    #[test]
    fn ours_is_compared_with_the_fastest_peer() {
        let mut cells = [
            cell("flex", false, &[2.0]),
            cell("torch", true, &[4.0]),
            cell("onnxruntime", true, &[1.0]),
        ];
        compare(&mut cells);
        assert_eq!(cells.map(|cell| cell.ratio), [Some(0.5), None, None]);
    }

    #[test]
    fn without_a_peer_there_is_no_ratio() {
        let mut cells = [cell("flex", false, &[2.0])];
        compare(&mut cells);
        assert_eq!(cells[0].ratio, None);
    }
}
