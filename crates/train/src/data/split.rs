//! Holding a part of a data set out.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Draws a part of the indices, at least one, with a seed: `(rest, part)`.
pub(super) fn hold_out(mut indices: Vec<usize>, part: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    indices.shuffle(&mut StdRng::seed_from_u64(seed));
    let held_out = ((indices.len() as f64 * part) as usize).max(1);
    let part = indices.split_off(indices.len().saturating_sub(held_out));
    (indices, part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_out_loses_nothing_and_repeats() {
        let all = |seed| {
            let (rest, part) = hold_out((0..25).collect(), 0.1, seed);
            assert_eq!((rest.len(), part.len()), (23, 2));
            [rest, part].concat()
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        let mut sorted = all(1);
        sorted.sort();
        assert_eq!(sorted, (0..25).collect::<Vec<_>>());
    }
}
