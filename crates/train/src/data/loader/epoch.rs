//! The batches of an epoch, each by its number alone.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rand::seq::SliceRandom;

use super::Work;
use crate::data::batch::Stack;
use crate::data::normalization::Scale;
use crate::data::random::{BATCH, ORDER, generator};
use crate::data::source::{Item, Source};
use crate::data::transform::{Mixing, draw, size_after};

/// An epoch's order, and what makes its batches.
pub(super) struct Epoch {
    source: Arc<dyn Source>,
    work: Work,
    number: u64,
    order: Vec<usize>,
}

impl Epoch {
    pub fn new(source: Arc<dyn Source>, work: Work, number: usize) -> Self {
        let mut order: Vec<_> = (0..source.len()).collect();
        let number = number as u64;
        if work.shuffle {
            order.shuffle(&mut generator(work.seed, number, ORDER));
        }
        Self {
            source,
            work,
            number,
            order,
        }
    }

    pub fn batches(&self) -> usize {
        self.order.len().div_ceil(self.work.batch_size)
    }

    /// How many items a batch has.
    pub fn items(&self, batch: usize) -> usize {
        let before = batch * self.work.batch_size;
        self.work.batch_size.min(self.order.len() - before)
    }

    /// Makes a batch; none if `stop` says so in between.
    pub fn batch(&self, batch: usize, stop: impl Fn() -> bool) -> Option<Result<Stack>> {
        let count = self.items(batch);
        let start = batch * self.work.batch_size;
        let mut stack: Option<Stack> = None;
        for &index in &self.order[start..start + count] {
            if stop() {
                return None;
            }
            let pushed = self.item(index).and_then(|(item, scale)| match &mut stack {
                Some(stack) => stack.push(index, item, &scale),
                None => {
                    stack = Some(Stack::new(index, item, &scale, count));
                    Ok(())
                }
            });
            if let Err(error) = pushed {
                return Some(Err(error));
            }
        }
        let mut stack = stack?;
        let mut random = generator(self.work.seed, self.number, BATCH + batch as u64);
        let Work {
            transforms,
            classes,
            ..
        } = &self.work;
        let mixing = Mixing::draw(transforms, count, stack.size(), &mut random);
        let mixed = mixing.map_or(Ok(()), |mixing| stack.mix(&mixing, *classes));
        Some(mixed.map(|()| stack))
    }

    /// Reads and transforms an item. A decoder that panics at a file is an error that names it.
    fn item(&self, index: usize) -> Result<(Item, Scale)> {
        catch_unwind(AssertUnwindSafe(|| self.transformed(index))).unwrap_or_else(|panic| {
            let name = self.source.name(index);
            Err(anyhow!("'{name}' cannot be read: {}", message(&*panic)))
        })
    }

    fn transformed(&self, index: usize) -> Result<(Item, Scale)> {
        let preprocessing = &self.work.preprocessing;
        let item = preprocessing.fit_item(self.source.get(index)?);
        // The scale is the whole image's, also where only a part of it is seen.
        let scale = preprocessing.normalization.scale_of(&item.picture);
        let size = item.picture.size();
        let transforms = &self.work.transforms;
        size_after(transforms, size).with_context(|| format!("'{}'", item.name))?;
        let mut random = generator(self.work.seed, self.number, index as u64);
        let drawn = draw(transforms, size, &mut random);
        let scale = scale.exposed(drawn.exposed);
        Ok((drawn.apply(item)?, scale))
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (_, Some(message)) => message,
        _ => "it stopped without a word",
    }
}
