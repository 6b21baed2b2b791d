//! What a trained network is worth without some of its blocks, or with them in another order.

use anyhow::{Result, bail};
use burn::data::dataloader::DataLoader;
use models::{Block, Encoder, Model};
use serde::{Deserialize, Serialize};
use skip_blocks::seam::Seam;
use train::data::Batch;
use train::loss::Loss;
use train::{Learned, Metrics, TrainStep};

use super::Kind;
use super::draws::{Draws, Place};
use crate::estimate::mean;
use crate::{Lab, Run};

/// The test errors of a network, 0 to 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Wounds {
    /// Whole.
    pub whole: f64,
    /// Without each block alone; none where its loss would leave maps of another shape.
    pub without_one: Vec<Option<f64>>,
    /// By the number of blocks taken away, over the draws of it.
    pub without_many: Vec<f64>,
    /// By the group of orders, over those in it.
    pub reordered: Vec<f64>,
}

impl Wounds {
    /// How much more errors there are without one block that keeps the shape, over all such blocks.
    pub fn cost_of_one(&self, draws: &Draws) -> f64 {
        let blocks = self.without_one.iter().zip(&draws.blocks);
        let kept = blocks.filter(|(_, place)| place.keeps_shape());
        let errors: Vec<_> = kept.filter_map(|(error, _)| *error).collect();
        mean(&errors) - self.whole
    }
}

/// The wounds of a run's network.
pub(super) fn measure(lab: &mut Lab<'_>, run: &Run, kind: Kind, draws: &Draws) -> Result<Wounds> {
    let images = lab.pick(200, 500);
    lab.kept(("lesions", run.id(), kind, draws, images), |device| {
        let learned = run.learned(device)?;
        let loader = learned.to_test(device)?;
        let limit = learned.recipe.data.limit.unwrap_or(images);
        let count = images.min(limit).min(loader.num_items());
        let batches = loader.slice(0, count);
        let batches = batches.iter().collect::<Result<Vec<_>, _>>()?;
        let error = |model: &Model, seam: &Seam| {
            let loss = &learned.recipe.loss;
            let (error, _) = seam.run(|| error(model, loss, &batches));
            error
        };
        let without = |blocks: &[usize]| {
            let places: Vec<_> = blocks.iter().map(|&block| draws.blocks[block]).collect();
            match kind {
                Kind::Residual => error(&learned.model, &cut(&learned, &places)?),
                Kind::Plain => {
                    let model = removed(&learned.model, &places)?;
                    error(&model, &Seam::of(&model))
                }
            }
        };
        let reordered = |order: &[usize]| {
            let model = in_order(&learned.model, order, &draws.blocks)?;
            error(&model, &Seam::of(&model))
        };
        let alone = |block: usize| match kind == Kind::Residual || draws.blocks[block].keeps_shape()
        {
            true => without(&[block]).map(Some),
            false => Ok(None),
        };
        Ok(Wounds {
            whole: error(&learned.model, &Seam::of(&learned.model))?,
            without_one: (0..draws.blocks.len()).map(alone).collect::<Result<_>>()?,
            without_many: averages(draws.removed.iter().map(|(_, sets)| sets), without)?,
            reordered: averages(&draws.orders, reordered)?,
        })
    })
}

/// The part of the images that are taken for another class.
fn error(model: &Model, loss: &Loss, batches: &[Batch]) -> Result<f64> {
    let step = TrainStep {
        model,
        loss,
        seam: None,
    };
    let mut metrics = Metrics::new(&["accuracy"])?;
    for batch in batches {
        metrics.update(step.forward(batch.clone()))?;
    }
    // Where nothing was answered, all is wrong.
    Ok(1.0 - metrics.values().get("accuracy").unwrap_or(0.0))
}

/// The mean over the draws of each group.
fn averages<'a>(
    groups: impl IntoIterator<Item = &'a Vec<Vec<usize>>>,
    error: impl Fn(&[usize]) -> Result<f64>,
) -> Result<Vec<f64>> {
    let average = |draws: &Vec<Vec<usize>>| {
        let errors = draws.iter().map(|draw| error(draw));
        Ok(mean(&errors.collect::<Result<Vec<_>>>()?))
    };
    groups.into_iter().map(average).collect()
}

/// A look at the network in which these blocks' branches give nothing: their shortcuts stay.
fn cut(learned: &Learned, places: &[Place]) -> Result<Seam> {
    let seam = learned.model.seam(&learned.config);
    let cut = |seam: Seam, place: &Place| seam.cut(&format!("{}.branch", path(*place)));
    Ok(places.iter().try_fold(seam, cut)?)
}

/// What the seam calls a block.
pub(super) fn path(Place { stage, index }: Place) -> String {
    format!("stages.{stage}.blocks.{index}")
}

/// The network without these blocks: what is behind them is given what they were given.
fn removed(model: &Model, places: &[Place]) -> Result<Model> {
    let mut model = model.clone();
    let stages = stages(&mut model)?;
    // From the last on, so that those before keep their places.
    for Place { stage, index } in places.iter().rev() {
        stages[*stage].remove(*index);
    }
    Ok(model)
}

/// The network with its blocks in another order: at each place the block of this number.
fn in_order(model: &Model, order: &[usize], blocks: &[Place]) -> Result<Model> {
    let mut model = model.clone();
    let stages = stages(&mut model)?;
    let before = stages.clone();
    for (place, &block) in blocks.iter().zip(order) {
        let Place { stage, index } = blocks[block];
        stages[place.stage][place.index] = before[stage][index].clone();
    }
    Ok(model)
}

fn stages(model: &mut Model) -> Result<&mut Vec<Vec<Block>>> {
    match &mut model.encoder {
        Encoder::Resnet(network) => Ok(&mut network.stages),
        _ => bail!("the network is none of stages of blocks"),
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution, Tensor};
    use models::{ImageSpec, ModelConfig, create};

    use super::*;

    fn config(shortcut: &str) -> ModelConfig {
        let config = create("resnet20").expect("a model");
        let config = config.with_image(ImageSpec::new(1, 8, 8));
        let set = |config: ModelConfig, path: &str, value: &str| {
            config.set(path, value.into()).expect("a field")
        };
        set(set(config, "order", "pre_activation"), "shortcut", shortcut)
    }

    fn answers(model: &Model, seam: &Seam) -> Vec<f32> {
        let device = Device::flex();
        device.seed(1);
        let x = Tensor::<4>::random([2, 1, 8, 8], Distribution::Default, &device);
        let (mut answers, _) = seam.run(|| model.forward(x));
        answers
            .swap_remove(0)
            .into_data()
            .try_to_vec()
            .expect("floats")
    }

    #[test]
    fn a_block_without_its_branch_might_as_well_not_be_there() {
        let config = config("zero_pad");
        let model = config.init(&Device::flex());
        let places = [Place { stage: 0, index: 0 }, Place { stage: 1, index: 2 }];
        let removed = removed(&model, &places).expect("a residual network");
        let seam = model.seam(&config);
        let seam = seam.cut("stages.0.blocks.0.branch").expect("a branch");
        let seam = seam.cut("stages.1.blocks.2.branch").expect("a branch");
        let cut = answers(&model, &seam);
        assert_ne!(cut, answers(&model, &Seam::of(&model)));
        for (cut, removed) in cut.iter().zip(answers(&removed, &Seam::of(&removed))) {
            assert!((cut - removed).abs() < 1e-4, "{cut} {removed}");
        }
    }

    #[test]
    fn blocks_change_places() {
        let model = config("plain").init(&Device::flex());
        let blocks = Draws::new(3, 1).blocks;
        let order: Vec<_> = (0..9).collect();
        let own = answers(&model, &Seam::of(&model));
        let of = |order: &[usize]| {
            let model = in_order(&model, order, &blocks).expect("a plain network");
            answers(&model, &Seam::of(&model))
        };
        assert_eq!(of(&order), own);
        let swapped = of(&[1, 0, 2, 3, 4, 5, 6, 7, 8]);
        assert_ne!(swapped, own);
    }
}
