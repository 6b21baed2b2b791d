//! Ending a run before its end.

use std::process::ExitCode;

use anyhow::Result;
use burn::train::Interrupter;
use program::Interrupt;

/// Whether the run is to end: by Ctrl-C, or by `q` in Burn's screen. A clone shares it.
#[derive(Clone)]
pub struct Stop {
    interrupter: Interrupter,
    interrupt: Interrupt,
}

impl Stop {
    /// From now on Ctrl-C ends the run after the step, and again Ctrl-C the program at once.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn install() -> Result<Self> {
        let interrupter = Interrupter::new();
        let stopped = interrupter.clone();
        Ok(Self {
            interrupt: Interrupt::watch(move || stopped.stop(Some("Ctrl-C")))?,
            interrupter,
        })
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
        self.interrupt.exit_code()
    }
}
