//! Other names than ours.

use std::path::Path;

use models::keys::renamed;

use crate::WeightsError;

/// Where a file's names are not the model's: pairs of a path of ours and of the file's, of which each
/// speaks of all that stands below it, and the first that fits holds.
///
/// As [`models::keys::Names`]: `#` in a path of ours is an index, `{0}` in the file's is the first of
/// them, `{0+1}` one more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyMap {
    pairs: Vec<(String, String)>,
}

impl KeyMap {
    /// Of these pairs.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            pairs: pairs.into_iter().collect(),
        }
    }

    /// Reads a list of pairs in JSON: `[["stages.0.conv1", "inc.conv.0"], ..]`.
    ///
    /// # Errors
    /// If the file cannot be read or is something else.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let text = std::fs::read_to_string(path).map_err(|error| WeightsError::Io {
            path: path.to_path_buf(),
            error,
        })?;
        let pairs = serde_json::from_str(&text).map_err(|error| WeightsError::KeyMap {
            path: path.to_path_buf(),
            reason: format!("it must be a list of pairs of paths: {error}"),
        })?;
        Ok(Self { pairs })
    }

    /// What the file calls a parameter of ours.
    pub(crate) fn theirs(&self, ours: &str) -> String {
        renamed(&self.pairs, ours)
    }
}
