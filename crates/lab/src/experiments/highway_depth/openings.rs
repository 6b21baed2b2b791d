//! How far gates open, by class.

use serde::{Deserialize, Serialize};

use crate::estimate::mean;

/// Openings of a layer's gates, summed over the images of each class.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// By class and unit.
    sums: Vec<Vec<f64>>,
    images: Vec<usize>,
}

/// How far the gates of each layer open, and how much that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    /// Over all images and units, by layer.
    pub mean: Vec<f64>,
    /// By layer and class: how far a unit's opening for the class is from that for all, averaged
    /// over units.
    pub by_class: Vec<Vec<f64>>,
    /// By layer: the deviation of a unit's opening over classes, averaged over units.
    pub deviation: Vec<f64>,
}

impl Table {
    pub fn new(classes: usize) -> Self {
        Self {
            sums: vec![Vec::new(); classes],
            images: vec![0; classes],
        }
    }

    /// Adds the openings of an image's gates, one for each unit.
    pub fn add(&mut self, class: usize, openings: &[f32]) {
        let sums = &mut self.sums[class];
        sums.resize(openings.len(), 0.0);
        for (sum, opening) in sums.iter_mut().zip(openings) {
            *sum += f64::from(*opening);
        }
        self.images[class] += 1;
    }

    /// The mean openings of a class, by unit; none without images.
    fn means(&self, class: usize) -> Option<Vec<f64>> {
        let images = self.images[class] as f64;
        let means = self.sums[class].iter().map(|sum| sum / images);
        (images > 0.0).then(|| means.collect())
    }

    /// The mean openings of all classes that have images.
    fn all_means(&self) -> Vec<Vec<f64>> {
        let classes = 0..self.sums.len();
        classes.filter_map(|class| self.means(class)).collect()
    }

    /// The mean openings over classes, by unit.
    fn overall(&self) -> Vec<f64> {
        let classes = self.all_means();
        let units = classes.first().map_or(0, Vec::len);
        let over_classes = |unit: usize| mean_of(classes.iter().map(|means| means[unit]));
        (0..units).map(over_classes).collect()
    }

    /// How far a class's openings are from those of all, averaged over units; 0 without images.
    fn distance(&self, class: usize) -> f64 {
        let Some(means) = self.means(class) else {
            return 0.0;
        };
        let pairs = means.iter().zip(self.overall());
        mean_of(pairs.map(|(mean, overall)| (mean - overall).abs()))
    }

    /// The deviation of openings over classes, averaged over units.
    fn deviation(&self) -> f64 {
        let classes = self.all_means();
        let variance = |(unit, overall): (usize, f64)| {
            mean_of(classes.iter().map(|means| (means[unit] - overall).powi(2)))
        };
        let units = self.overall().into_iter().enumerate();
        mean_of(units.map(|unit| variance(unit).sqrt()))
    }
}

fn mean_of(values: impl Iterator<Item = f64>) -> f64 {
    mean(&values.collect::<Vec<_>>())
}

impl Spread {
    /// Of the tables of all layers.
    pub fn of(layers: &[Table]) -> Self {
        let classes = |table: &Table| {
            let classes = 0..table.sums.len();
            classes.map(|class| table.distance(class)).collect()
        };
        Self {
            mean: layers.iter().map(|table| mean(&table.overall())).collect(),
            by_class: layers.iter().map(classes).collect(),
            deviation: layers.iter().map(Table::deviation).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_that_opens_for_one_class_differs_between_classes() {
        let mut table = Table::new(3);
        for (class, opening) in [(0, 0.0), (1, 1.0), (0, 0.0), (1, 1.0)] {
            // The second unit is the same for all, and the third class has no images.
            table.add(class, &[opening, 0.5]);
        }
        let spread = Spread::of(&[table]);
        assert_eq!(spread.mean, [0.5]);
        assert_eq!(spread.by_class, [[0.25, 0.25, 0.0]]);
        assert_eq!(spread.deviation, [0.25]);
    }
}
