//! What networks cost: the time and the memory of a step.

use anyhow::{Context, Result};
use burn::tensor::Device;
use models::Model;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skip_blocks::parameter_count;
use train::Recipe;
use train::data::Batch;

use super::networks::{ALL, RESIDUAL, REVERSIBLE, Size};
use super::recipe;
use crate::probe::whole_step;
use crate::{Lab, Start, first_batch, median_times, peak_bytes};

/// What a network costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Cost {
    /// How many values it learns.
    pub parameters: usize,
    /// The median time of forward, loss and back.
    pub milliseconds: f64,
    /// The most memory that these take, besides the network and the images.
    pub bytes: usize,
}

/// The memory of a step of networks that grow deeper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Grown {
    pub name: String,
    /// How many blocks, and bytes.
    pub points: Vec<(usize, usize)>,
}

impl Grown {
    /// Bytes that each block adds: of the deepest less the shallowest.
    pub fn by_block(&self) -> f64 {
        match (self.points.first(), self.points.last()) {
            (Some(first), Some(last)) if first.0 < last.0 => {
                (last.1 as f64 - first.1 as f64) / (last.0 - first.0) as f64
            }
            _ => 0.0,
        }
    }
}

/// A network with images to learn from.
struct Ready {
    model: Model,
    recipe: Recipe,
    batch: Batch,
}

impl Ready {
    /// What a recipe says, drawn at random.
    fn new(recipe: &Value, device: &Device) -> Result<Self> {
        let Start {
            recipe,
            model,
            data,
            device,
            ..
        } = Start::new(Recipe::with(recipe.clone())?, device)?;
        Ok(Self {
            batch: first_batch(&data, recipe.run.batch_size, &device)?,
            model,
            recipe,
        })
    }

    fn step(&self) {
        whole_step(&self.model, &self.recipe.loss, self.batch.clone());
    }

    /// The most bytes that a step takes. The first makes what is lazy, so it is the second.
    fn bytes(&self) -> usize {
        self.step();
        peak_bytes(|| self.step()).1
    }
}

/// The cost of each network, in their order.
pub(super) fn of_each(lab: &mut Lab<'_>, size: Size) -> Result<Vec<Cost>> {
    let rounds = lab.pick(5, 15);
    let recipes = ALL.map(|network| recipe(lab, network, size));
    lab.say("steps are timed");
    lab.kept(("costs", &recipes, rounds), |device| {
        let ready = recipes.iter().map(|recipe| Ready::new(recipe, device));
        let ready = ready.collect::<Result<Vec<_>>>()?;
        let bytes: Vec<_> = ready.iter().map(Ready::bytes).collect();
        let times = median_times(rounds, ready.len(), |place| ready[place].step());
        let costs = ready.iter().zip(times).zip(bytes);
        let costs = costs.map(|((ready, milliseconds), bytes)| Cost {
            parameters: parameter_count(&ready.model),
            milliseconds,
            bytes,
        });
        Ok(costs.collect())
    })
}

/// How the memory of a step grows with the blocks.
pub(super) fn by_depth(lab: &mut Lab<'_>, width: usize) -> Result<Vec<Grown>> {
    let mut grown = Vec::new();
    for network in [RESIDUAL, REVERSIBLE] {
        let mut points = Vec::new();
        for blocks in [2, 4, 6, 8] {
            let recipe = recipe(lab, network, Size { blocks, width });
            let bytes = lab.kept(("memory", &recipe), |device| {
                let ready = Ready::new(&recipe, device).context(network.name)?;
                Ok(ready.bytes())
            })?;
            points.push((3 * blocks, bytes));
        }
        grown.push(Grown {
            name: network.name.to_string(),
            points,
        });
    }
    Ok(grown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_block_adds_is_a_slope() {
        let grown = |points| Grown {
            name: String::new(),
            points,
        };
        assert_eq!(grown(vec![(6, 100), (9, 150), (16, 150)]).by_block(), 5.0);
        assert_eq!(grown(vec![(6, 100)]).by_block(), 0.0);
    }
}
