//! The path of an optimizer, in the plane that holds most of it.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use burn::module::Module;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use train::Look;
use weights::{Entry, entries};

use super::plane::{Direction, moves};
use crate::Watcher;

/// Looks at all parameters, so many times an epoch and at its end.
pub(super) struct Snapshots {
    pub per_epoch: usize,
}

/// All parameters and running statistics, one after the other, as bytes in base64.
#[derive(Serialize, Deserialize)]
pub(super) struct Snapshot(String);

impl Watcher for Snapshots {
    type Seen = Snapshot;

    fn key(&self) -> Value {
        json!({"snapshots": self.per_epoch})
    }

    fn look(&mut self, network: Look<'_>) -> Result<Option<Snapshot>> {
        let between = (network.steps_per_epoch / self.per_epoch).max(1);
        let step = network.steps % network.steps_per_epoch.max(1);
        if !step.is_multiple_of(between) {
            return Ok(None);
        }
        let entries = entries(&network.model.valid(), network.config)?;
        let values = entries.iter().flat_map(|entry| &entry.array.values);
        let bytes: Vec<_> = values.flat_map(|value| value.to_le_bytes()).collect();
        Ok(Some(Snapshot(STANDARD.encode(bytes))))
    }
}

impl Snapshot {
    /// The values, where these entries of the same network stand.
    ///
    /// # Errors
    /// If it is of another network.
    pub fn read(&self, entries: &[Entry]) -> Result<Vec<Entry>> {
        let bytes = STANDARD
            .decode(&self.0)
            .context("a snapshot that is none")?;
        let mut values = bytes.chunks_exact(4).map(|bytes| {
            let bytes = bytes.try_into().expect("chunks of four");
            f32::from_le_bytes(bytes)
        });
        let count = entries
            .iter()
            .map(|entry| entry.array.values.len())
            .sum::<usize>();
        ensure!(4 * count == bytes.len(), "a snapshot of another network");
        let mut filled = entries.to_vec();
        for entry in &mut filled {
            entry
                .array
                .values
                .fill_with(|| values.next().expect("as many as were counted"));
        }
        Ok(filled)
    }
}

/// A plane through the last point of a path.
pub(super) struct PathPlane {
    /// Two directions of length 1, at a right angle.
    pub directions: [Direction; 2],
    /// The points of the path, seen from above the plane.
    pub points: Vec<(f64, f64)>,
    /// The part of the squared distances from the last point that lies along each direction.
    pub explained: [f64; 2],
}

/// The plane through the last point in which most of the way to the others lies: the two principal
/// components of `θᵢ - θₙ`.
pub(super) fn path_plane(path: &[Vec<Entry>]) -> PathPlane {
    let ways = ways(path);
    let mut products: Vec<Vec<f64>> = ways
        .iter()
        .map(|one| ways.iter().map(|other| product(one, other)).collect())
        .collect();
    let trace: f64 = (0..products.len())
        .map(|place| products[place][place])
        .sum();
    let components = [(); 2].map(|()| {
        let (value, vector) = leading(&products);
        // What rounding leaves of a path on a line is no direction.
        let value = if value > 1e-9 * trace { value } else { 0.0 };
        for (row, one) in products.iter_mut().zip(&vector) {
            for (product, other) in row.iter_mut().zip(&vector) {
                *product -= value * one * other;
            }
        }
        (value, vector)
    });
    let along = |component: &(f64, Vec<f64>), place: usize| component.0.sqrt() * component.1[place];
    let [first, second] = &components;
    PathPlane {
        points: (0..ways.len())
            .map(|place| (along(first, place), along(second, place)))
            .collect(),
        directions: [first, second].map(|(value, vector)| combined(&ways, vector, value.sqrt())),
        explained: [first, second].map(|(value, _)| value / trace.max(f64::MIN_POSITIVE)),
    }
}

/// From the last point to each, along what a direction moves.
fn ways(path: &[Vec<Entry>]) -> Vec<Direction> {
    let Some(last) = path.last() else {
        return Vec::new();
    };
    let way = |(entry, last): (&Entry, &Entry)| {
        let values = entry.array.values.iter().zip(&last.array.values);
        match moves(entry) {
            true => values.map(|(value, last)| value - last).collect(),
            false => Vec::new(),
        }
    };
    path.iter()
        .map(|entries| entries.iter().zip(last).map(way).collect())
        .collect()
}

fn product(one: &Direction, other: &Direction) -> f64 {
    let pairs = one.iter().flatten().zip(other.iter().flatten());
    pairs
        .map(|(one, other)| f64::from(*one) * f64::from(*other))
        .sum()
}

/// `Σ vᵢ wayᵢ / length`; nothing where the length is 0.
fn combined(ways: &[Direction], vector: &[f64], length: f64) -> Direction {
    let mut sum = ways.first().cloned().unwrap_or_default();
    for values in &mut sum {
        values.fill(0.0);
    }
    for (way, weight) in ways.iter().zip(vector).filter(|_| length > 0.0) {
        let weight = (weight / length) as f32;
        for (sum, value) in sum.iter_mut().flatten().zip(way.iter().flatten()) {
            *sum += weight * value;
        }
    }
    sum
}

/// The greatest eigenvalue of a symmetric matrix that has none below 0, with its vector, by the
/// power method.
fn leading(matrix: &[Vec<f64>]) -> (f64, Vec<f64>) {
    const ROUNDS: usize = 1000;
    let times = |vector: &[f64]| -> Vec<f64> {
        let row = |row: &Vec<f64>| row.iter().zip(vector).map(|(one, other)| one * other).sum();
        matrix.iter().map(row).collect()
    };
    let norm = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    // No vector of a path's is likely to be at a right angle to this.
    let mut vector: Vec<_> = (0..matrix.len())
        .map(|place| 1.0 / (place + 1) as f64)
        .collect();
    let mut value = 0.0;
    for _ in 0..ROUNDS {
        let next = times(&vector);
        value = norm(&next) / norm(&vector).max(f64::MIN_POSITIVE);
        let scale = norm(&next);
        if scale <= 0.0 {
            return (0.0, vec![0.0; matrix.len()]);
        }
        vector = next.iter().map(|component| component / scale).collect();
    }
    (value, vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::Array;

    fn point(values: [f32; 3]) -> Vec<Entry> {
        let entry = |name: &str, shape: Vec<usize>, values: Vec<f32>| Entry {
            name: name.to_string(),
            array: Array { shape, values },
            is_turned: false,
        };
        // The bias moves as well; the plane does not know it.
        vec![
            entry("weight", vec![1, 3], values.to_vec()),
            entry("bias", vec![1], vec![100.0 * values[0]]),
        ]
    }

    #[test]
    fn a_path_in_a_plane_is_seen_as_it_is() {
        let path = [[3.0, 1.0, 0.0], [2.0, -1.0, 0.0], [1.0, 1.0, 0.0], [0.0; 3]].map(point);
        let plane = path_plane(&path);
        assert!((plane.explained.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let distance = |(x, y): &(f64, f64)| x.hypot(*y);
        let distances: Vec<_> = plane.points.iter().map(distance).collect();
        for (found, expected) in distances.iter().zip([10.0_f64, 5.0, 2.0, 0.0]) {
            assert!((found - expected.sqrt()).abs() < 1e-6, "{distances:?}");
        }
        let [first, second] = &plane.directions;
        assert!((product(first, first) - 1.0).abs() < 1e-5);
        assert!(product(first, second).abs() < 1e-5);
        assert!(first[1].is_empty());
    }

    #[test]
    fn a_path_that_stays_has_no_plane() {
        let path = [point([1.0; 3]), point([1.0; 3])];
        let plane = path_plane(&path);
        assert_eq!(plane.explained, [0.0, 0.0]);
        assert_eq!(plane.points, [(0.0, 0.0); 2]);
    }

    #[test]
    fn a_snapshot_is_read_where_it_was_taken() {
        let entries = point([1.0, -2.0, 0.5]);
        let values = entries.iter().flat_map(|entry| &entry.array.values);
        let bytes: Vec<_> = values.flat_map(|value| value.to_le_bytes()).collect();
        let snapshot = Snapshot(STANDARD.encode(bytes));
        assert_eq!(
            snapshot.read(&point([0.0; 3])).expect("of this network"),
            entries
        );
        assert!(snapshot.read(&entries[..1]).is_err());
    }
}
