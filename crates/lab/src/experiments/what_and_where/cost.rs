//! What a join costs.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use skip_blocks::parameter_count;

use crate::probe::whole_step;
use crate::{Lab, Run, first_batch, median_times, peak_bytes};

/// Images of a step.
const BATCH: usize = 4;

/// What a network costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Cost {
    /// How many values it learns.
    pub parameters: usize,
    /// The most memory that a step takes, besides the network and the images.
    pub bytes: usize,
    /// The median time of a step: forward, loss and back.
    pub milliseconds: f64,
}

/// The cost of the networks of each join: of the first of its runs.
pub(super) fn of_each(lab: &mut Lab<'_>, runs: &[Vec<Run>]) -> Result<Vec<Cost>> {
    let firsts: Vec<_> = runs.iter().filter_map(|runs| runs.first()).collect();
    let ids: Vec<_> = firsts.iter().map(|run| run.id()).collect();
    let rounds = lab.pick(3, 15);
    lab.say("steps are timed");
    lab.kept(("cost of a step", ids, rounds), |device| {
        let device = device.clone().autodiff();
        let networks = firsts.iter().map(|run| run.learned(&device));
        let networks = networks.collect::<Result<Vec<_>>>()?;
        let first = networks.first().context("no join")?;
        let data = train::data::load(&first.recipe.data, first.recipe.run.seed)?;
        let batch = first_batch(&data, BATCH, &device)?;
        let step = |place: usize| {
            let learned = &networks[place];
            whole_step(&learned.model, &learned.recipe.loss, batch.clone());
        };
        let times = median_times(rounds, networks.len(), step);
        let costs = times
            .into_iter()
            .enumerate()
            .map(|(place, milliseconds)| Cost {
                parameters: parameter_count(&networks[place].model),
                bytes: peak_bytes(|| step(place)).1,
                milliseconds,
            });
        Ok(costs.collect())
    })
}
