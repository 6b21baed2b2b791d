//! Random numbers that follow from a few words alone.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// In the place of an item's index: the order of an epoch.
pub(super) const ORDER: u64 = u64::MAX;
/// In the place of an item's index: this and the number of a batch, for what is drawn for all of it.
pub(super) const BATCH: u64 = 1 << 63;

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

/// A number of the normal distribution: "A Note on the Generation of Random Normal Deviates" (Box
/// and Muller 1958).
pub(super) fn normal(random: &mut StdRng) -> f32 {
    // Above 0, so that it has a logarithm.
    let radius = (-2.0 * libm::logf(1.0 - random.random::<f32>())).sqrt();
    radius * libm::cosf(std::f32::consts::TAU * random.random::<f32>())
}

/// A number of the Beta distribution with both parameters `alpha`.
pub(super) fn beta(alpha: f32, random: &mut StdRng) -> f32 {
    let [a, b] = [(); 2].map(|()| log_gamma_number(f64::from(alpha), random));
    (1.0 / (1.0 + libm::exp(b - a))) as f32
}

/// The logarithm of a number of the Gamma distribution, which may be too small for a number itself:
/// "A Simple Method for Generating Gamma Variables" (Marsaglia and Tsang 2000).
fn log_gamma_number(shape: f64, random: &mut StdRng) -> f64 {
    let above_0 = |random: &mut StdRng| 1.0 - random.random::<f64>();
    // Their method is for shapes from 1 on; a root of an even number makes the others of these.
    let less = match shape < 1.0 {
        true => libm::log(above_0(random)) / shape,
        false => 0.0,
    };
    let d = (if shape < 1.0 { shape + 1.0 } else { shape }) - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = f64::from(normal(random));
        let v = 1.0 + c * x;
        if v <= 0.0 {
            continue;
        }
        let log_v = 3.0 * libm::log(v);
        let accepted = 0.5 * x * x + d - d * v * v * v + d * log_v;
        if libm::log(above_0(random)) < accepted {
            return libm::log(d) + log_v + less;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    /// Mean and variance of 20,000 numbers.
    fn moments(mut draw: impl FnMut(&mut StdRng) -> f32) -> [f64; 2] {
        let mut random = generator(5, 6, 7);
        let numbers: Vec<f64> = (0..20_000).map(|_| f64::from(draw(&mut random))).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let squares = numbers.iter().map(|x| (x - mean) * (x - mean));
        [mean, squares.sum::<f64>() / 20_000.0]
    }

    #[test]
    fn normal_numbers_have_a_mean_of_0_and_a_variance_of_1() {
        let [mean, variance] = moments(normal);
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
    }

    #[test]
    fn beta_numbers_have_the_variance_of_theirs() {
        for alpha in [0.05f32, 0.2, 1.0, 3.0] {
            let [mean, variance] = moments(|random| beta(alpha, random));
            let expected = 0.25 / (2.0 * f64::from(alpha) + 1.0);
            assert!((mean - 0.5).abs() < 0.02, "{alpha}: {mean}");
            assert!((variance - expected).abs() < 0.005, "{alpha}: {variance}");
        }
    }

    #[test]
    fn the_same_words_give_the_same_numbers() {
        let draw = || generator(1, 2, 3).random::<[u64; 4]>();
        assert_eq!(draw(), draw());
    }
}
