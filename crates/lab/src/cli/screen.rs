//! Progress on standard error, and Ctrl-C.

use std::io::{IsTerminal, Write, stderr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use lab::Reporter;
use program::Interrupt;

/// Where there is no terminal, progress is told not more often than this.
const SELDOM: Duration = Duration::from_secs(60);

/// Says on standard error how it goes. On a terminal, what goes on takes the place of what went on
/// before.
pub struct Screen {
    is_terminal: bool,
    last: Instant,
    interrupt: Interrupt,
}

impl Screen {
    /// From now on Ctrl-C ends the run after the step, and again Ctrl-C the program at once.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn install() -> Result<Self> {
        Ok(Self {
            is_terminal: stderr().is_terminal(),
            last: Instant::now(),
            interrupt: Interrupt::watch(|| {})?,
        })
    }

    /// How the program ends.
    pub fn exit_code(&self) -> ExitCode {
        self.interrupt.exit_code()
    }

    /// Takes what goes on from the terminal's line.
    fn clear(&self) {
        if self.is_terminal {
            eprint!("\r\x1b[2K");
        }
    }
}

impl Reporter for Screen {
    fn progress(&mut self, line: &str) {
        if self.is_terminal {
            self.clear();
            eprint!("  {line}");
            stderr().flush().ok();
        } else if self.last.elapsed() >= SELDOM {
            self.last = Instant::now();
            eprintln!("  {line}");
        }
    }

    fn done(&mut self, line: &str) {
        self.clear();
        self.last = Instant::now();
        eprintln!("  {line}");
    }

    fn should_stop(&self) -> bool {
        self.interrupt.came()
    }
}
