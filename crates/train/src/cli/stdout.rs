//! Standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Result, Write};

/// Standard output, for which it is no error that whoever read it has stopped (`.. | head`): they
/// have what they wanted.
pub struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        match std::io::stdout().write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> Result<()> {
        match std::io::stdout().flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

/// Writes a line.
///
/// # Errors
/// If it cannot be written.
pub fn say(line: impl Display) -> Result<()> {
    writeln!(Stdout, "{line}")
}
