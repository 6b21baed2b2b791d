//! Checks of configurations: each names the argument, its value and what is allowed. For the blocks
//! here, and for whatever is built of them.

/// A configuration from which nothing can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    /// With this message: the argument, its value, and what is allowed.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Returns a [`ConfigError`](crate::ConfigError) with this message unless the condition holds.
#[macro_export]
macro_rules! ensure_config {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::check::ConfigError::new(format!($($message)+)));
        }
    };
}
pub use ensure_config as ensure;

/// For `init`, which panics where `check` gives an error.
///
/// # Panics
/// Panics with the error's words.
#[track_caller]
pub fn or_panic(outcome: Result<(), ConfigError>) {
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// `value` is at least one.
///
/// # Errors
/// If not.
pub fn positive(name: &str, value: usize) -> Result<(), ConfigError> {
    ensure!(value > 0, "{name} = {value}: must be at least 1");
    Ok(())
}

/// `groups` divides `value`.
///
/// # Errors
/// If not.
pub fn divisible(name: &str, value: usize, groups: usize) -> Result<(), ConfigError> {
    positive("groups", groups)?;
    ensure!(
        value.is_multiple_of(groups),
        "{name} = {value}: must be a multiple of groups = {groups}"
    );
    Ok(())
}

/// `value` is a probability below one: `[0, 1)`.
///
/// # Errors
/// If not.
pub fn probability(name: &str, value: f64) -> Result<(), ConfigError> {
    ensure!(
        (0.0..1.0).contains(&value),
        "{name} = {value}: must be in [0, 1)"
    );
    Ok(())
}

/// `value` is a finite number.
///
/// # Errors
/// If not.
pub fn finite(name: &str, value: f64) -> Result<(), ConfigError> {
    ensure!(value.is_finite(), "{name} = {value}: must be finite");
    Ok(())
}
