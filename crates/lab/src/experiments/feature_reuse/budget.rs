//! Families of networks at equal budgets.

use serde::{Deserialize, Serialize};

/// Networks of a size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Network {
    pub name: String,
    pub parameters: f64,
    /// Multiply-adds for an image.
    pub macs: f64,
    /// By seed.
    pub test_error: Vec<f64>,
}

/// How much more error the first family has than the second at equal cost, in percent, by seed: the
/// mean over the sizes of the second that lie between sizes of the first, whose errors are taken to
/// lie on straight lines over the logarithm of the cost.
pub(super) fn advantage(
    first: &[Network],
    second: &[Network],
    cost: fn(&Network) -> f64,
) -> Vec<f64> {
    let seeds = first
        .iter()
        .chain(second)
        .map(|network| network.test_error.len());
    let of_seed = |seed: usize| {
        let differences = second.iter().filter_map(|network| {
            let alike = between(first, cost, cost(network), seed)?;
            Some(100.0 * (alike - network.test_error[seed]))
        });
        let differences: Vec<_> = differences.collect();
        differences.iter().sum::<f64>() / differences.len() as f64
    };
    (0..seeds.min().unwrap_or(0)).map(of_seed).collect()
}

/// The error of a family at a cost, if it lies between two of its sizes.
fn between(family: &[Network], cost: fn(&Network) -> f64, at: f64, seed: usize) -> Option<f64> {
    let pair = family
        .windows(2)
        .find(|pair| cost(&pair[0]) <= at && at <= cost(&pair[1]))?;
    let [low, high] = [&pair[0], &pair[1]].map(|network| cost(network).ln());
    let part = (at.ln() - low) / (high - low);
    let [smaller, larger] = [&pair[0], &pair[1]].map(|network| network.test_error[seed]);
    Some(smaller + part * (larger - smaller))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(parameters: f64, error: f64) -> Network {
        Network {
            name: String::new(),
            parameters,
            macs: 1.0,
            test_error: vec![error],
        }
    }

    #[test]
    fn errors_are_compared_where_both_families_have_sizes() {
        let first = [network(100.0, 0.3), network(10_000.0, 0.1)];
        // At 1,000, half the way in the logarithm, the first has 0.2; 10 is too small for it.
        let second = [network(10.0, 0.9), network(1000.0, 0.15)];
        let found = advantage(&first, &second, |network| network.parameters);
        assert!(
            found.len() == 1 && (found[0] - 5.0).abs() < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn families_that_do_not_meet_are_not_compared() {
        let found = advantage(
            &[network(10.0, 0.3), network(20.0, 0.2)],
            &[network(100.0, 0.1)],
            |network| network.parameters,
        );
        assert!(found[0].is_nan());
    }
}
