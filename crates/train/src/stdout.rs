//! Standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Result, Write};

/// Writes a line. Whoever has stopped reading (`.. | head`) has what they wanted: that is no error.
///
/// # Errors
/// If it cannot be written for another reason.
pub(crate) fn say(line: impl Display) -> Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
