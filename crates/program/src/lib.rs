//! What the programs of the workspace have in common: how they end, and what Ctrl-C does. For
//! `main` and the command line alone, since it prints and exits.

use std::panic::{self, UnwindSafe};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// What shells give a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Runs a program. What goes wrong, a panic too, is an error in a line, and an exit code that says
/// so.
pub fn run(program: impl FnOnce() -> Result<ExitCode> + UnwindSafe) -> ExitCode {
    panic::set_hook(Box::new(|_| {}));
    match panic::catch_unwind(program) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            eprintln!("error: {}", text.unwrap_or("something unforeseen happened"));
            ExitCode::FAILURE
        }
    }
}

/// Whether somebody has pressed Ctrl-C, or the system has asked the program to end. A clone shares
/// it.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on the first Ctrl-C does this and no more, so that the program can end in its own
    /// time, and the second ends the program at once.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn watch(at_first: impl Fn() + Send + 'static) -> Result<Self> {
        let interrupt = Self(Arc::default());
        let seen = interrupt.clone();
        ctrlc::set_handler(move || {
            if seen.0.swap(true, Ordering::Relaxed) {
                std::process::exit(INTERRUPTED.into());
            }
            at_first();
            eprintln!("stopping after this step; again Ctrl-C ends at once");
        })
        .context("Ctrl-C cannot be watched")?;
        Ok(interrupt)
    }

    /// Whether it has come.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// How the program ends that could not do all for it.
    pub fn exit_code(&self) -> ExitCode {
        match self.came() {
            true => ExitCode::from(INTERRUPTED),
            false => ExitCode::SUCCESS,
        }
    }
}
