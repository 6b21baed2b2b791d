//! An identity for parts without parameters.

use burn::module::{Flag, Module, Param};

/// Makes a part without parameters one that can be found: its flag has an id, is never read, and
/// is in no record.
#[derive(Module, Debug)]
pub struct Mark {
    id: Param<Flag>,
}

impl Mark {
    /// A mark that is no other's.
    pub fn new() -> Self {
        Self {
            id: Param::from_bool(true),
        }
    }
}

impl Default for Mark {
    fn default() -> Self {
        Self::new()
    }
}
