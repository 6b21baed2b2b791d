//! DenseNets whose layers no longer read some of what they read.

use std::ops::Range;

use anyhow::{Context, Result};
use burn::data::dataloader::DataLoader;
use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use models::Model;
use train::{Learned, TrainStep, evaluate};

use super::BySource;
use super::blocks::{Block, few};
use crate::estimate::mean;

/// Batches of test images over which losses are taken.
const BATCHES: usize = 8;

/// The test error where the last layers of each block do not read its input and its first layers.
pub(super) fn error_without_early(
    learned: &Learned,
    blocks: &[Block],
    device: &Device,
) -> Result<f64> {
    let cuts = blocks.iter().flat_map(|block| {
        let early = 0..block.channels(block.few()).end;
        let last = block.layers() - block.few()..block.layers();
        let readers = block.readers[last].iter();
        readers.map(move |reader| (reader.id, early.clone()))
    });
    let model = without(&learned.model, cuts.collect());
    let loader = learned.to_test(device)?;
    let test = evaluate(&model, &learned.recipe, &learned.problem, &loader)?;
    let accuracy = test
        .values
        .get("accuracy")
        .context("no accuracy of the test")?;
    Ok(1.0 - accuracy)
}

/// By block: how much the loss over some test images grows where a layer, or what follows the
/// block, does not read a source.
pub(super) fn needs(learned: &Learned, blocks: &[Block], device: &Device) -> Result<Vec<BySource>> {
    let loader = learned.to_test(device)?;
    let batches = loader.iter().take(BATCHES).collect::<Result<Vec<_>, _>>()?;
    let loss = |model: &Model| {
        let step = TrainStep {
            model,
            loss: &learned.recipe.loss,
            seam: None,
        };
        let losses = batches.iter().map(|batch| step.forward(batch.clone()).loss);
        let sum: f64 = losses
            .map(|loss| f64::from(loss.into_scalar::<f32>()))
            .sum();
        sum / batches.len() as f64
    };
    let whole = loss(&learned.model);
    let need = |block: &Block, layer: usize, source: usize| {
        let cut = (block.readers[layer].id, block.channels(source));
        loss(&without(&learned.model, vec![cut])) - whole
    };
    let by_layer = |block: &Block, layer: usize| {
        (0..=layer)
            .map(|source| need(block, layer, source))
            .collect()
    };
    let by_block = |block: &Block| {
        (0..=block.layers())
            .map(|layer| by_layer(block, layer))
            .collect()
    };
    Ok(blocks.iter().map(by_block).collect())
}

/// How much the last layers of the blocks need of the first ones, as a multiple of what they need of
/// all the layers that they read.
pub(super) fn early_need(blocks: &[BySource]) -> f64 {
    let (mut early, mut all) = (Vec::new(), Vec::new());
    for block in blocks {
        // Neither the block's input, which is wider than what a layer adds, nor what follows it.
        let layers = block.len() - 1;
        let few = few(layers);
        for needs in &block[layers - few..layers] {
            early.extend(&needs[1..=few]);
            all.extend(&needs[1..]);
        }
    }
    mean(&early) / mean(&all)
}

/// The model with zeros for the weights that read these channels.
fn without(model: &Model, cuts: Vec<(ParamId, Range<usize>)>) -> Model {
    model.clone().map(&mut Cut { cuts })
}

struct Cut {
    cuts: Vec<(ParamId, Range<usize>)>,
}

impl ModuleMapper for Cut {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let cut = self.cuts.iter().find(|(id, _)| *id == param.id);
        match cut {
            Some((_, channels)) => param.map(|weight| zeroed(weight, channels)),
            None => param,
        }
    }
}

/// The weight of a convolution, or of a linear layer, with zeros for these inputs.
fn zeroed<const D: usize>(weight: Tensor<D>, channels: &Range<usize>) -> Tensor<D> {
    // A linear layer's has its inputs first.
    let inputs = if D == 2 { 0 } else { 1 };
    let mut shape = [1; D];
    shape[inputs] = weight.dims()[inputs];
    let kept = (0..shape[inputs]).map(|channel| f32::from(!channels.contains(&channel)));
    let kept = TensorData::new(kept.collect::<Vec<_>>(), shape);
    weight.clone() * Tensor::from_data(kept, &weight.device())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<const D: usize>(weight: Tensor<D>) -> Vec<f32> {
        weight.into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn only_what_the_last_layers_need_of_layers_counts() {
        let last = vec![9.0, 0.5, 1.5];
        let block = vec![vec![9.0], vec![9.0, 9.0], last, vec![9.0; 4]];
        assert_eq!(early_need(&[block]), 0.5);
    }

    #[test]
    fn some_inputs_are_no_longer_read() {
        let device = Device::flex();
        let conv = zeroed(Tensor::<4>::ones([2, 3, 1, 1], &device), &(0..2));
        assert_eq!(values(conv), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        let linear = zeroed(Tensor::<2>::ones([3, 2], &device), &(1..2));
        assert_eq!(values(linear), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }
}
