//! How large each variant is, as the committed table has it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// How large a model is, at the input and the outputs that it was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Values that it learns.
    pub parameters: usize,
    /// Multiply-adds of its convolutions and linear layers, for one image.
    pub macs: u64,
}

static TABLE: LazyLock<BTreeMap<String, Size>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("table.json")).expect("written by `table::measured`")
});

/// The size of the variant of this name.
pub(crate) fn size_of(name: &str) -> Option<Size> {
    TABLE.get(name).copied()
}
