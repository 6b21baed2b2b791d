//! A DenseNet's blocks: what their layers read, and which weights read it.

use std::ops::Range;

use anyhow::{Context, Result};
use models::keys::Key;
use train::Learned;

/// Blocks of a DenseNet for small images.
const BLOCKS: usize = 3;

/// A dense block, and what follows it.
pub(super) struct Block {
    /// The weights that read: of each layer's first convolution, and of what follows the block.
    pub readers: Vec<Key>,
    /// Channels of the block's input.
    input: usize,
    /// Channels that each layer adds.
    growth: usize,
}

impl Block {
    /// Where the channels of a source are: 0 is the block's input, 1 the first layer, and so on.
    pub fn channels(&self, source: usize) -> Range<usize> {
        let before = |source: usize| match source {
            0 => 0,
            _ => self.input + (source - 1) * self.growth,
        };
        before(source)..before(source + 1)
    }

    /// How many layers there are.
    pub fn layers(&self) -> usize {
        self.readers.len() - 1
    }

    /// How many layers at each end are called the first and the last.
    pub fn few(&self) -> usize {
        few(self.layers())
    }

    #[cfg(test)]
    pub fn of_channels(input: usize, growth: usize) -> Self {
        Self {
            readers: Vec::new(),
            input,
            growth,
        }
    }
}

/// How many of so many layers, at each end, are called the first and the last.
pub(super) fn few(layers: usize) -> usize {
    (layers / 3).max(1)
}

/// The blocks of a DenseNet with so many layers in each.
pub(super) fn blocks(learned: &Learned, layers: usize) -> Result<Vec<Block>> {
    let keys = learned.model.keys(&learned.config);
    let find = |name: String| {
        let key = keys.iter().find(|key| key.name == name);
        key.cloned()
            .with_context(|| format!("the network has no '{name}'"))
    };
    let block = |block: usize| {
        let layer =
            |layer: usize| format!("features.denseblock{block}.denselayer{layer}.conv1.weight");
        let after = match block == BLOCKS {
            true => "classifier.weight".to_string(),
            false => format!("features.transition{block}.conv.weight"),
        };
        let names = (1..=layers).map(layer).chain([after]);
        let readers = names.map(find).collect::<Result<Vec<_>>>()?;
        // A convolution's weights: outputs, inputs, height, width.
        let [first, second] = [0, 1].map(|layer| readers[layer].shape[1]);
        Ok(Block {
            readers,
            input: first,
            growth: second - first,
        })
    };
    (1..=BLOCKS).map(block).collect()
}
