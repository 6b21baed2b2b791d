//! How much weight the layers of a dense block give to what they read.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use train::Learned;
use weights::{Entry, entries};

use super::BySource;
use super::blocks::Block;

/// By block: the mean absolute weight on each source's channels, as a part of that over all
/// channels. With 1 for all, as in a network that has not learned, nothing is preferred.
pub(super) fn weights(learned: &Learned, blocks: &[Block]) -> Result<Vec<BySource>> {
    let entries = entries(&learned.model, &learned.config)?;
    let entries: BTreeMap<_, _> = entries.iter().map(|entry| (&entry.name, entry)).collect();
    let block = |block: &Block| {
        let readers = block.readers.iter().enumerate();
        let layers = readers.map(|(layer, reader)| {
            let entry = entries
                .get(&reader.name)
                .context("a weight without values")?;
            Ok(of_reader(entry, block, layer + 1))
        });
        layers.collect()
    };
    blocks.iter().map(block).collect()
}

fn of_reader(weight: &Entry, block: &Block, sources: usize) -> Vec<f64> {
    let shape = &weight.array.shape;
    let each: usize = shape[2..].iter().product();
    let mut sums = vec![0.0; shape[1]];
    for (place, value) in weight.array.values.iter().enumerate() {
        sums[place / each % shape[1]] += f64::from(value.abs());
    }
    let mean = |sums: &[f64]| sums.iter().sum::<f64>() / sums.len() as f64;
    let all = mean(&sums);
    let source = |source: usize| mean(&sums[block.channels(source)]) / all;
    (0..sources).map(source).collect()
}

#[cfg(test)]
mod tests {
    use weights::Array;

    use super::*;

    #[test]
    fn weights_are_counted_to_the_source_that_they_read() {
        // Two outputs, three inputs of two weights each.
        let values = [
            1.0, -1.0, 2.0, 2.0, 6.0, 6.0, 1.0, 1.0, -2.0, 2.0, 6.0, -6.0,
        ];
        let weight = Entry {
            name: String::new(),
            array: Array {
                shape: vec![2, 3, 1, 2],
                values: values.to_vec(),
            },
            is_turned: false,
        };
        assert_eq!(of_reader(&weight, &Block::of_channels(2, 1), 2), [0.5, 2.0]);
    }
}
