//! The batches of an epoch, each by its number alone.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::Work;
use super::skipped::SkippedItems;
use super::timing::Times;
use crate::data::batch::Stack;
use crate::data::normalization::Scale;
use crate::data::random::{BATCH, ORDER, generator};
use crate::data::settings::OnBadImage;
use crate::data::source::{Item, Source};
use crate::data::transform::{Mixing, draw, size_after};

/// An epoch's order, and what makes its batches.
pub(super) struct Epoch {
    source: Arc<dyn Source>,
    work: Work,
    number: u64,
    order: Vec<usize>,
    /// How often the item at each place has come before; empty where items come once.
    before: Vec<u64>,
    skipped: SkippedItems,
    times: Arc<Times>,
}

impl Epoch {
    pub fn new(
        source: Arc<dyn Source>,
        work: Work,
        number: usize,
        skipped: SkippedItems,
        times: Arc<Times>,
    ) -> Self {
        let mut order: Vec<_> = (0..source.len()).collect();
        let number = number as u64;
        let mut random = generator(work.seed, number, ORDER);
        if let Some(weights) = &work.weights {
            order = drawn(weights, &mut random);
        }
        if work.shuffle {
            order.shuffle(&mut random);
        }
        let before = match work.weights {
            Some(_) => times_before(&order),
            None => Vec::new(),
        };
        Self {
            source,
            work,
            number,
            order,
            before,
            skipped,
            times,
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

    /// Makes a batch; none if `stop` says so in between. It holds nothing where all of its items
    /// were left out.
    pub fn batch(&self, batch: usize, stop: impl Fn() -> bool) -> Option<Result<Option<Stack>>> {
        let count = self.items(batch);
        let start = batch * self.work.batch_size;
        let mut stack: Option<Stack> = None;
        for place in start..start + count {
            if stop() {
                return None;
            }
            let index = self.order[place];
            let item = match self.item(index, self.before.get(place).copied().unwrap_or(0)) {
                Err(error) if self.work.on_bad_image == OnBadImage::Skip => {
                    self.skipped.add(self.source.name(index), &error);
                    continue;
                }
                item => item,
            };
            let pushed = item.and_then(|(item, scale)| match &mut stack {
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
        let Some(mut stack) = stack else {
            return Some(Ok(None));
        };
        let mut random = generator(self.work.seed, self.number, BATCH + batch as u64);
        let Work {
            transforms,
            classes,
            ..
        } = &self.work;
        let mixing = Mixing::draw(transforms, stack.len(), stack.size(), &mut random);
        let mixed = mixing.map_or(Ok(()), |mixing| stack.mix(&mixing, *classes));
        Some(mixed.map(|()| Some(stack)))
    }

    /// Reads and transforms an item, which has come so many times before. A decoder that panics at a file is an error that names it.
    fn item(&self, index: usize, before: u64) -> Result<(Item, Scale)> {
        catch_unwind(AssertUnwindSafe(|| self.transformed(index, before))).unwrap_or_else(|panic| {
            let name = self.source.name(index);
            Err(anyhow!("'{name}' cannot be read: {}", message(&*panic)))
        })
    }

    fn transformed(&self, index: usize, before: u64) -> Result<(Item, Scale)> {
        let preprocessing = &self.work.preprocessing;
        let since = Instant::now();
        let item = self.source.get(index)?;
        preprocessing
            .check_channels(&item.picture)
            .with_context(|| format!("the image '{}'", item.name))?;
        let item = preprocessing.fit_item(item);
        self.times.add_decoding(since);
        // The scale is the whole image's, also where only a part of it is seen.
        let scale = preprocessing.normalization.scale_of(&item.picture);
        let size = item.picture.size();
        let transforms = &self.work.transforms;
        size_after(transforms, size).with_context(|| format!("'{}'", item.name))?;
        // Each time that an item comes in an epoch it is seen otherwise.
        let word = index as u64 + before * self.source.len() as u64;
        let mut random = generator(self.work.seed, self.number, word);
        let drawn = draw(transforms, size, &mut random);
        let scale = scale.exposed(drawn.exposed);
        Ok((drawn.apply(item, &self.work.mirrored)?, scale))
    }
}

/// How often the item at each place of an order has come before.
fn times_before(order: &[usize]) -> Vec<u64> {
    let mut counts = vec![0; order.len()];
    let count = |&index: &usize| {
        counts[index] += 1;
        counts[index] - 1
    };
    order.iter().map(count).collect()
}

/// As many places as there are weights, each by its weight.
fn drawn(weights: &[f64], random: &mut StdRng) -> Vec<usize> {
    let mut sum = 0.0;
    let sums: Vec<f64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect();
    let place = |_| {
        let drawn = random.random::<f64>() * sum;
        let place = sums.partition_point(|&sum| sum <= drawn);
        place.min(weights.len() - 1)
    };
    (0..weights.len()).map(place).collect()
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (_, Some(message)) => message,
        _ => "it stopped without a word",
    }
}
