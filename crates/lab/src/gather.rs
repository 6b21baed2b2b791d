//! What is measured with each seed, gathered by where in the network or when in training it was.

use crate::{Epoch, Run};

/// Rows as columns, as far as all rows go: of the values of each seed, those of each place.
pub(crate) fn by_place(seeds: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let places = seeds.iter().map(Vec::len).min().unwrap_or(0);
    let column = |place: usize| seeds.iter().map(|values| values[place]).collect();
    (0..places).map(column).collect()
}

/// A value of each epoch that all runs have had, of the runs in which it is a number.
pub(crate) fn by_epoch(runs: &[Run], value: impl Fn(&Epoch) -> Option<f64>) -> Vec<Vec<f64>> {
    let epochs = runs.iter().map(|run| run.epochs.len()).min().unwrap_or(0);
    let values = |epoch: usize| {
        let values = runs.iter().filter_map(|run| value(&run.epochs[epoch]));
        values.collect()
    };
    (0..epochs).map(values).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns() {
        assert_eq!(by_place(&[vec![1.0, 2.0], vec![3.0]]), [[1.0, 3.0]]);
        assert!(by_place(&[]).is_empty());
    }
}
