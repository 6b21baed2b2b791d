//! Items that could not be read and were left out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An item that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is called.
    pub name: String,
    /// Why it could not be read.
    pub error: String,
}

/// The items that were left out so far.
#[derive(Clone, Default)]
pub(super) struct SkippedItems(Arc<Mutex<BTreeMap<String, String>>>);

impl SkippedItems {
    pub fn add(&self, name: String, error: &anyhow::Error) {
        let mut items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.entry(name).or_insert_with(|| format!("{error:#}"));
    }

    pub fn list(&self) -> Vec<Skipped> {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let items = items.iter().map(|(name, error)| Skipped {
            name: name.clone(),
            error: error.clone(),
        });
        items.collect()
    }
}
