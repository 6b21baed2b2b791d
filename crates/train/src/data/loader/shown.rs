//! What a network would see, as pictures.

use anyhow::Result;

use super::epoch::Epoch;
use super::{Loader, Position};
use crate::data::source::Item;

impl Loader {
    /// The first items of the epoch to come as a network would see them, with colours from 0 to 1
    /// again. The epoch stays to come.
    ///
    /// # Errors
    /// If an item cannot be read.
    pub fn first(&self, count: usize) -> Result<Vec<Item>> {
        let Position { epoch, batch } = self.position();
        let epoch = Epoch::new(
            self.source.clone(),
            self.work.clone(),
            epoch,
            self.skipped.clone(),
            self.times.clone(),
        );
        let mut items = Vec::new();
        for batch in batch..epoch.batches() {
            if items.len() >= count {
                break;
            }
            if let Some(stack) = epoch.batch(batch, || false).transpose()?.flatten() {
                let normalization = &self.work.preprocessing.normalization;
                items.extend(stack.into_items(normalization, |index| self.source.name(index)));
            }
        }
        items.truncate(count);
        Ok(items)
    }
}
