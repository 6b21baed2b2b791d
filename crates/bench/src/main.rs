//! The command line of the bench. Everything it does is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    skip_blocks::keep_freed_memory();
    skip_blocks::compute_on_this_thread();
    program::run(|| {
        bench::cli::Cli::parse().run()?;
        Ok(ExitCode::SUCCESS)
    })
}
