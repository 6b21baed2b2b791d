//! Which blocks are taken away or change places: drawn once, for all networks.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

/// Stages of a network.
pub(super) const STAGES: usize = 3;

/// Where a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub stage: usize,
    /// In the stage.
    pub index: usize,
}

impl Place {
    /// Whether the block gives what it takes in shape: the first of the later stages do not.
    pub fn keeps_shape(self) -> bool {
        self.stage == 0 || self.index > 0
    }
}

/// What is done to the networks. Blocks are known by their numbers, from the first on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Draws {
    /// All blocks.
    pub blocks: Vec<Place>,
    /// Of each number of blocks, some sets that are taken away together. They keep the shape.
    pub removed: Vec<(usize, Vec<Vec<usize>>)>,
    /// Orders, which block stands at each place, in groups: the first are the least changed.
    pub orders: Vec<Vec<Vec<usize>>>,
}

impl Draws {
    /// Of a network with so many blocks a stage, so many draws of each kind.
    pub fn new(blocks_per_stage: usize, draws: usize) -> Self {
        let stages = 0..STAGES;
        let blocks = stages.flat_map(|stage| {
            let place = move |index| Place { stage, index };
            (0..blocks_per_stage).map(place)
        });
        let blocks: Vec<_> = blocks.collect();
        let kept: Vec<_> = (0..blocks.len())
            .filter(|&block| blocks[block].keeps_shape())
            .collect();
        let removed = counts(kept.len() - 1).map(|count| {
            let sets = seeds(count, draws).map(|mut random| chosen(&kept, count, &mut random));
            (count, sets.collect())
        });
        let orders = counts(blocks.len()).flat_map(|swaps| {
            let random = seeds(swaps, draws);
            random
                .map(|mut random| shuffled(&blocks, swaps, &mut random))
                .collect::<Vec<_>>()
        });
        let mut orders: Vec<_> = orders.filter(|order| kendall_tau(order) < 1.0).collect();
        orders.sort_by(|a, b| kendall_tau(b).total_cmp(&kendall_tau(a)));
        Self {
            removed: removed.collect(),
            orders: orders.chunks(draws).map(<[_]>::to_vec).collect(),
            blocks,
        }
    }

    /// Which of the numbers of blocks that are taken away is nearest to a third of those that may
    /// be.
    pub fn a_third(&self) -> usize {
        let all = self
            .blocks
            .iter()
            .filter(|place| place.keeps_shape())
            .count();
        let off = |place: &usize| (3 * self.removed[*place].0).abs_diff(all);
        (0..self.removed.len()).min_by_key(off).unwrap_or(0)
    }
}

/// The generators of so many draws, of their own for each number.
fn seeds(number: usize, draws: usize) -> impl Iterator<Item = StdRng> {
    let seed = move |draw| StdRng::seed_from_u64(1000 * number as u64 + draw);
    (0..draws as u64).map(seed)
}

/// 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on, up to the most.
fn counts(most: usize) -> impl Iterator<Item = usize> {
    let doubled = (0..).flat_map(|power| [2 << power, 3 << power]);
    std::iter::once(1)
        .chain(doubled)
        .take_while(move |&count| count <= most)
}

/// So many of them.
fn chosen(all: &[usize], count: usize, random: &mut StdRng) -> Vec<usize> {
    let mut all = all.to_vec();
    for place in 0..count {
        let other = random.random_range(place..all.len());
        all.swap(place, other);
    }
    all.truncate(count);
    all.sort_unstable();
    all
}

/// The order after so many swaps, each of two blocks of one stage that keep the shape.
fn shuffled(blocks: &[Place], swaps: usize, random: &mut StdRng) -> Vec<usize> {
    let mut order: Vec<_> = (0..blocks.len()).collect();
    for _ in 0..swaps {
        let stage = random.random_range(0..STAGES);
        let is_in = |block: &usize| blocks[*block].stage == stage && blocks[*block].keeps_shape();
        let stage: Vec<_> = (0..blocks.len()).filter(is_in).collect();
        if let [first, second] = chosen(&stage, 2.min(stage.len()), random)[..] {
            order.swap(first, second);
        }
    }
    order
}

/// Kendall's rank correlation of an order with that from the first to the last: of all pairs, those
/// in order less those that are not, as a part. 1: all as it was.
pub(super) fn kendall_tau(order: &[usize]) -> f64 {
    let pairs = (0..order.len()).flat_map(|later| (0..later).map(move |earlier| [earlier, later]));
    let signs = pairs.map(|[earlier, later]| match order[earlier] < order[later] {
        true => 1.0,
        false => -1.0,
    });
    let (sum, count) = signs.fold((0.0, 0), |(sum, count), sign: f64| (sum + sign, count + 1));
    match count {
        0 => 1.0,
        _ => sum / f64::from(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kendalls_tau_counts_pairs_out_of_order() {
        assert_eq!(kendall_tau(&[0, 1, 2, 3]), 1.0);
        assert_eq!(kendall_tau(&[3, 2, 1, 0]), -1.0);
        // One pair of six.
        assert_eq!(kendall_tau(&[1, 0, 2, 3]), 4.0 / 6.0);
        assert_eq!(kendall_tau(&[0]), 1.0);
    }

    #[test]
    fn only_blocks_of_one_stage_and_shape_change_places() {
        let draws = Draws::new(3, 4);
        for order in draws.orders.iter().flatten() {
            for (place, &block) in order.iter().enumerate() {
                let [place, block] = [place, block].map(|number| draws.blocks[number]);
                assert_eq!(place.stage, block.stage);
                assert!(place == block || place.keeps_shape() && block.keeps_shape());
            }
        }
        let taus = draws
            .orders
            .iter()
            .flatten()
            .map(|order| kendall_tau(order));
        let taus: Vec<_> = taus.collect();
        assert!(
            taus.is_sorted_by(|a, b| a >= b) && taus.iter().all(|&tau| tau < 1.0),
            "{taus:?}"
        );
    }

    #[test]
    fn as_many_blocks_are_taken_away_as_are_said_and_none_that_changes_the_shape() {
        let draws = Draws::new(3, 4);
        let numbers: Vec<_> = draws.removed.iter().map(|(count, _)| *count).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 6]);
        for (count, sets) in &draws.removed {
            for set in sets {
                assert!(
                    set.len() == *count && set.is_sorted_by(|a, b| a < b),
                    "{set:?}"
                );
                assert!(set.iter().all(|&block| draws.blocks[block].keeps_shape()));
            }
        }
        assert_eq!(draws.removed[draws.a_third()].0, 2);
    }
}
