//! The command line of the laboratory. What it does is in the library.

mod cli;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // What is not foreseen is told as an error, too.
    panic::set_hook(Box::new(|_| {}));
    match panic::catch_unwind(|| cli::Cli::parse().run()) {
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
