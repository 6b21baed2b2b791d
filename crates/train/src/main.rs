//! The command line of the trainer. What it does is in the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    program::run(|| cli::Cli::parse().run())
}
