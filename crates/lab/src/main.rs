//! The command line of the laboratory. What it does is in the library.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    program::run(|| cli::Cli::parse().run())
}
