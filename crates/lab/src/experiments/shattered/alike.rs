//! How alike vectors in a row are.

/// The cosine of the angle between each two of some vectors; that of one without a length is 0.
pub(super) fn cosines(vectors: &[Vec<f32>]) -> Vec<Vec<f64>> {
    let lengths: Vec<_> = vectors.iter().map(|own| product(own, own).sqrt()).collect();
    let cosine = |one: usize, other: usize| {
        let lengths = lengths[one] * lengths[other];
        match lengths > 0.0 {
            true => product(&vectors[one], &vectors[other]) / lengths,
            false => 0.0,
        }
    };
    let places = 0..vectors.len();
    let row = |one| places.clone().map(|other| cosine(one, other)).collect();
    places.clone().map(row).collect()
}

/// In 64 bits: gradients of deep networks may be small, and there are many pixels.
fn product(one: &[f32], other: &[f32]) -> f64 {
    let pairs = one.iter().zip(other);
    pairs
        .map(|(one, other)| f64::from(*one) * f64::from(*other))
        .sum()
}

/// The mean over all pairs that are so many places apart, from 0 to `farthest`.
///
/// # Panics
/// Panics if there are no such pairs.
pub(super) fn by_lag(cosines: &[Vec<f64>], farthest: usize) -> Vec<f64> {
    assert!(farthest < cosines.len(), "no two are {farthest} apart");
    let mean = |lag: usize| {
        let pairs = cosines.iter().enumerate().skip(lag);
        let sum: f64 = pairs.map(|(place, row)| row[place - lag]).sum();
        sum / (cosines.len() - lag) as f64
    };
    (0..=farthest).map(mean).collect()
}

/// The same of brown noise: of a random walk from zero in very many dimensions, where the places after
/// `i` and `j > i` steps have the cosine `sqrt(i / j)`.
pub(super) fn brown(points: usize, lag: usize) -> f64 {
    let pairs = points - lag;
    let cosine = |step: usize| (step as f64 / (step + lag) as f64).sqrt();
    (1..=pairs).map(cosine).sum::<f64>() / pairs as f64
}

/// The same of white noise, in very many dimensions.
pub(super) fn white(lag: usize) -> f64 {
    if lag == 0 { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    const POINTS: usize = 32;

    /// Steps of 1 or -1 in many dimensions.
    fn steps() -> Vec<Vec<f32>> {
        let mut random = StdRng::seed_from_u64(1);
        let mut step = || if random.random_bool(0.5) { 1.0 } else { -1.0 };
        let mut steps = || (0..20_000).map(|_| step()).collect();
        (0..POINTS).map(|_| steps()).collect()
    }

    /// The walk that goes these steps.
    fn walk(mut steps: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
        for place in 1..steps.len() {
            let (before, after) = steps.split_at_mut(place);
            let before = &before[place - 1];
            after[0]
                .iter_mut()
                .zip(before)
                .for_each(|(x, before)| *x += before);
        }
        steps
    }

    #[test]
    fn cosines_do_not_ask_how_long_something_is() {
        let found = cosines(&[
            vec![1.0, 0.0],
            vec![0.0, 1e-3],
            vec![-5.0, 0.0],
            vec![0.0, 0.0],
        ]);
        assert_eq!(found[0], [1.0, 0.0, -1.0, 0.0]);
        assert_eq!(found[3], [0.0; 4]);
        let found = cosines(&[vec![1.0, 0.0], vec![7.0, 7.0]]);
        assert!((found[0][1] - 0.5_f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn what_turns_evenly_has_the_cosine_of_its_angle_at_each_lag() {
        let turned = |place: usize| {
            let angle = 0.1 * place as f32;
            vec![angle.cos(), angle.sin()]
        };
        let vectors: Vec<_> = (0..20).map(turned).collect();
        for (lag, found) in by_lag(&cosines(&vectors), 10).into_iter().enumerate() {
            assert!((found - (0.1 * lag as f64).cos()).abs() < 1e-5, "{lag}");
        }
    }

    #[test]
    fn white_and_brown_noise_are_as_they_are_drawn() {
        let white_noise = by_lag(&cosines(&steps()), POINTS / 2);
        let brown_noise = by_lag(&cosines(&walk(steps())), POINTS / 2);
        for lag in 0..=POINTS / 2 {
            assert!((white_noise[lag] - white(lag)).abs() < 0.02, "{lag}");
            assert!(
                (brown_noise[lag] - brown(POINTS, lag)).abs() < 0.02,
                "{lag}"
            );
        }
    }
}
