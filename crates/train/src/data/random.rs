//! Random numbers that follow from a few words alone.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// In the place of an item's index: the order of an epoch.
pub(super) const ORDER: u64 = u64::MAX;

/// The generator of `(seed, epoch, index)`: the same for the same words, whatever was drawn before
/// and on which thread.
pub(super) fn generator(seed: u64, epoch: u64, index: u64) -> StdRng {
    StdRng::seed_from_u64(seed_of([seed, epoch, index]))
}

/// A seed that follows from other words.
pub(crate) fn seed_of<const N: usize>(words: [u64; N]) -> u64 {
    words.into_iter().fold(0, |hash, word| mix(hash ^ word))
}

/// SplitMix64's next value, "Fast splittable pseudorandom number generators" (Steele et al. 2014):
/// each bit of the outcome depends on every bit of `x`.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use std::collections::HashSet;

    #[test]
    fn every_word_counts_and_its_place_too() {
        let mut seen = HashSet::new();
        for seed in 0..4 {
            for epoch in 0..8 {
                for index in (0..8).chain([ORDER]) {
                    seen.insert(generator(seed, epoch, index).random::<u64>());
                }
            }
        }
        assert_eq!(seen.len(), 4 * 8 * 9);
    }

    #[test]
    fn the_same_words_give_the_same_numbers() {
        let draw = || generator(1, 2, 3).random::<[u64; 4]>();
        assert_eq!(draw(), draw());
    }
}
