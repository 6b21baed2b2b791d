//! Ending a run before its end.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use burn::train::Interrupter;

/// What shells give a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Whether the run is to end: by Ctrl-C, or by `q` in Burn's screen. A clone shares it.
#[derive(Clone)]
pub struct Stop {
    interrupter: Interrupter,
    by_signal: Arc<AtomicBool>,
}

impl Stop {
    /// From now on Ctrl-C ends the run after the step, and again Ctrl-C the program at once.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn install() -> Result<Self> {
        let stop = Self {
            interrupter: Interrupter::new(),
            by_signal: Arc::default(),
        };
        let handler = stop.clone();
        ctrlc::set_handler(move || {
            if handler.by_signal.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED.into());
            }
            handler.interrupter.stop(Some("Ctrl-C"));
            eprintln!("stopping after this step; again Ctrl-C ends at once");
        })
        .context("Ctrl-C cannot be watched")?;
        Ok(stop)
    }

    /// What Burn's screen stops by.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Whether the run is to end.
    pub fn wanted(&self) -> bool {
        self.interrupter.should_stop()
    }

    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        match self.by_signal.load(Ordering::Relaxed) {
            true => ExitCode::from(INTERRUPTED),
            false => ExitCode::SUCCESS,
        }
    }
}
