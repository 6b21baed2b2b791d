//! Weights of the hub, brought here before anything begins, with progress on standard error.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use anyhow::Result;
use hub::Progress;
use train::{is_shipped, weights_file};

/// How long it stays silent at the most.
const SILENCE: Duration = Duration::from_secs(10);
/// How often a line is renewed on a terminal.
const RENEWAL: Duration = Duration::from_millis(200);

/// Makes sure that the weights of this name are here.
///
/// # Errors
/// If they are not to be had.
pub fn fetch(weights: &str) -> Result<()> {
    if is_shipped(weights) {
        return Ok(());
    }
    let is_terminal = stderr().is_terminal();
    let pause = if is_terminal { RENEWAL } else { SILENCE };
    let mut last: Option<Instant> = None;
    let mut is_begun = false;
    let found = weights_file(weights, &mut |progress| {
        let is_whole = Some(progress.bytes) == progress.total;
        if !is_whole && last.is_some_and(|last| last.elapsed() < pause) {
            return;
        }
        last = Some(Instant::now());
        // A download goes on whether its progress can be shown or not.
        let _ = match is_terminal {
            true => write!(stderr(), "\r{}\x1b[K", line(progress)),
            false => writeln!(stderr(), "{}", line(progress)),
        };
        is_begun = true;
    });
    if is_terminal && is_begun {
        let _ = writeln!(stderr());
    }
    found.map(|_| ())
}

fn line(progress: &Progress<'_>) -> String {
    let Progress { file, bytes, total } = progress;
    let mib = |bytes: u64| bytes as f64 / (1 << 20) as f64;
    match total {
        Some(total) => format!("{file}: {:.1} of {:.1} MiB", mib(*bytes), mib(*total)),
        None => format!("{file}: {:.1} MiB", mib(*bytes)),
    }
}
