//! Times that can be compared.

use std::time::Instant;

/// The median time of each of so many things in milliseconds, over as many rounds. They take turns,
/// so that a machine that is busy is busy for all; a round before the others warms up.
///
/// # Panics
/// Panics if there are no rounds.
pub fn median_times(rounds: usize, things: usize, mut run: impl FnMut(usize)) -> Vec<f64> {
    let mut times = vec![Vec::new(); things];
    for round in 0..=rounds {
        for (thing, times) in times.iter_mut().enumerate() {
            let start = Instant::now();
            run(thing);
            if round > 0 {
                times.push(1e3 * start.elapsed().as_secs_f64());
            }
        }
    }
    times.into_iter().map(median).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "nothing has no median");
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => 0.5 * (values[middle - 1] + values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), 3.0);
    }

    #[test]
    fn all_take_turns_and_the_first_round_does_not_count() {
        let mut order = Vec::new();
        let times = median_times(2, 2, |thing| order.push(thing));
        assert_eq!(order, [0, 1, 0, 1, 0, 1]);
        assert_eq!(times.len(), 2);
    }
}
