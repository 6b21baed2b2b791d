//! How much each class is to count.

use anyhow::{Result, bail};

use super::DataSet;
use super::settings::OnBadImage;
use super::source::Target;
use super::survey::survey;
use super::tolerant::Tolerant;

impl DataSet {
    /// A weight for each class such that rare ones count as much as frequent ones: `all / (classes *
    /// own)` of the training images, or of the pixels of their masks, which are read once. A class
    /// of which there is nothing counts 0.
    ///
    /// # Errors
    /// If images have no classes, or a mask cannot be read.
    pub fn class_weights(&self, on_bad_image: OnBadImage) -> Result<Vec<f64>> {
        let counts = match &self.labels {
            Some(_) => self.class_counts().unwrap_or_default(),
            None => self.pixels(on_bad_image.into())?,
        };
        let (all, classes) = (counts.iter().sum::<usize>(), counts.len());
        let weight = |count: usize| match count {
            0 => 0.0,
            _ => all as f64 / (classes * count) as f64,
        };
        Ok(counts.into_iter().map(weight).collect())
    }

    /// How many pixels of the training masks are of each class.
    fn pixels(&self, tolerant: Tolerant) -> Result<Vec<usize>> {
        let classes = self.problem.classes.len();
        let look = |counts: &mut Vec<usize>, index| {
            counts.resize(classes, 0);
            let Some(item) = tolerant.pass(self.train.get(index))? else {
                return Ok(());
            };
            let Target::Mask(mask) = item.target else {
                bail!(
                    "data.class_weights = balanced: '{}' has neither a class nor a mask",
                    item.name
                );
            };
            for &class in mask.classes() {
                if let Some(count) = usize::try_from(class).ok().and_then(|c| counts.get_mut(c)) {
                    *count += 1;
                }
            }
            Ok(())
        };
        survey(self.train.len(), look, |all: &mut Vec<usize>, part| {
            all.resize(classes, 0);
            all.iter_mut()
                .zip(part)
                .for_each(|(all, part)| *all += part);
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Data, OnBadImage, load};

    #[test]
    fn rare_classes_count_as_much_as_frequent_ones() {
        let data = load(&Data::of("nuclei-mini"), 1).expect("embedded");
        let weights = data.class_weights(OnBadImage::Fail).expect("masks");
        // 3,830,095 pixels of background and 298,673 of nuclei.
        let all = 63.0 * 256.0 * 256.0;
        let expected = [all / 2.0 / 3_830_095.0, all / 2.0 / 298_673.0];
        assert!((weights[0] - expected[0]).abs() < 1e-9, "{weights:?}");
        assert!((weights[1] - expected[1]).abs() < 1e-9, "{weights:?}");
        let digits = load(&Data::of("mnist-mini"), 1).expect("embedded");
        let weights = digits.class_weights(OnBadImage::Fail).expect("classes");
        assert!(
            weights.iter().all(|weight| (weight - 1.0).abs() < 0.1),
            "{weights:?}"
        );
    }
}
