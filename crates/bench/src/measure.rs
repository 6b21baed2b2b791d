//! Timing engines side by side.
//!
//! All engines of a case and mode are started, then take turns, round after round: a run each, or
//! several where these are short. So a machine that is busy for a while is busy for all of them.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::case::{Case, Mode};
use crate::cell::{Cell, Timing, compare};
use crate::engine::Engine;
use crate::process::Worker;
use crate::protocol::Job;
use crate::work::Size;

/// Rounds that are not timed.
const WARM_UP: usize = 2;
/// Before each turn, for the threads of the engine before to go to sleep.
const SETTLE: Duration = Duration::from_millis(50);
/// A turn goes on until it has taken this long. Threads that mostly sleep are put on one core by
/// some systems, which a network in use does not see.
const TURN: Duration = Duration::from_millis(100);
/// A case whose runs are short has up to this many times more rounds.
const MORE: usize = 5;

/// How often each cell runs, and on what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Rounds at least, of a run or more.
    pub runs: usize,
    /// How long more rounds may take than are needed.
    pub patience: Duration,
    pub threads: usize,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub cells: Vec<Cell>,
    /// Which cells could not be had, and why.
    pub failures: Vec<String>,
}

/// An engine at work.
struct Turn<'a> {
    engine: &'a Engine,
    worker: Worker,
    seconds: Vec<f64>,
}

/// Times a case in one mode on all engines that take it. What fails in one does not keep the others.
pub(crate) fn measure(
    case: &Case,
    size: Size,
    mode: Mode,
    engines: &[Engine],
    plan: Plan,
) -> Outcome {
    let job = Job {
        case: case.name().to_string(),
        mode,
        batch: case.batch(mode),
        input: case.image.dims(),
        threads: plan.threads,
        weights: case.weights.map(Path::to_path_buf),
    };
    let mut failures = Failures {
        cell: format!("{} {mode}", case.name()),
        list: Vec::new(),
    };
    let mut turns = Vec::new();
    for engine in engines.iter().filter(|engine| engine.takes(case, mode)) {
        if let Some(worker) = failures.note(engine, Worker::start(engine, &job)) {
            turns.push(Turn {
                engine,
                worker,
                seconds: Vec::new(),
            });
        }
    }
    failures.each(&mut turns, |turn| same_size(turn.worker.ready()?, size));
    for _ in 0..WARM_UP {
        failures.each(&mut turns, |turn| turn.take().map(drop));
    }
    let start = Instant::now();
    for round in 0..MORE * plan.runs {
        if round >= plan.runs && start.elapsed() > plan.patience {
            break;
        }
        failures.each(&mut turns, |turn| {
            let seconds = turn.take()?;
            turn.seconds.extend(seconds);
            Ok(())
        });
    }
    let mut cells = Vec::new();
    for Turn {
        engine,
        worker,
        seconds,
    } in turns
    {
        if let Some(peak_rss_mib) = failures.note(engine, worker.end()) {
            let name = (engine.name.as_str(), engine.peer);
            let timing = Timing {
                seconds,
                peak_rss_mib,
            };
            cells.push(Cell::new(case, size, mode, name, plan.threads, timing));
        }
    }
    compare(&mut cells);
    Outcome {
        cells,
        failures: failures.list,
    }
}

impl Turn<'_> {
    /// The seconds of each of its runs.
    fn take(&mut self) -> Result<Vec<f64>> {
        sleep(SETTLE);
        let start = Instant::now();
        let mut seconds = vec![self.worker.run()?];
        while start.elapsed() < TURN {
            seconds.push(self.worker.run()?);
        }
        Ok(seconds)
    }
}

/// A peer with another model would be no comparison.
fn same_size(parameters: usize, size: Size) -> Result<()> {
    ensure!(
        parameters == size.parameters,
        "its model has {parameters} parameters and not {}",
        size.parameters
    );
    Ok(())
}

/// Notes what fails, and lets the others go on.
struct Failures {
    cell: String,
    list: Vec<String>,
}

impl Failures {
    fn note<T>(&mut self, engine: &Engine, outcome: Result<T>) -> Option<T> {
        outcome
            .with_context(|| format!("{} on {}", self.cell, engine.name))
            .map_err(|error| self.list.push(format!("{error:#}")))
            .ok()
    }

    /// Does something with each, and drops those with whom it fails.
    fn each(&mut self, turns: &mut Vec<Turn>, mut act: impl FnMut(&mut Turn) -> Result<()>) {
        turns.retain_mut(|turn| {
            let outcome = act(turn);
            self.note(turn.engine, outcome).is_some()
        });
    }
}
