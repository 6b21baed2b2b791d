//! Mean intersection over union.

use burn::tensor::{Int, Tensor, TensorReadError};
use burn::train::metric::{
    Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes, NumericEntry,
    SerializedEntry, format_float,
};

/// Classes that were predicted and classes that are true, both `[batch, height, width]`.
pub struct IouInput {
    pub predictions: Tensor<3, Int>,
    pub targets: Tensor<3, Int>,
}

/// The mean over images of the mean over foreground classes of `|P & T| / |P | T|`.
///
/// The background, class 0, does not count: it is most of every image and is nearly always right.
/// A class that is neither predicted nor true in an image does not count for it; an image that
/// has no foreground, truly and as predicted, counts as 1.
#[derive(Clone)]
pub struct MeanIou {
    name: MetricName,
    classes: usize,
    sum: f64,
    images: usize,
    batch_sum: f64,
    batch_images: usize,
}

impl MeanIou {
    pub const NAME: &'static str = "Mean IoU";

    pub fn new(classes: usize) -> Self {
        Self {
            name: MetricName::new(Self::NAME.to_string()),
            classes,
            sum: 0.0,
            images: 0,
            batch_sum: 0.0,
            batch_images: 0,
        }
    }

    fn mean(&self) -> f64 {
        self.sum / self.images as f64
    }

    fn entry(&self, serialized: String) -> SerializedEntry {
        let batch = self.batch_sum / self.batch_images as f64;
        let formatted = format!(
            "epoch {} - batch {}",
            format_float(self.mean(), 3),
            format_float(batch, 3)
        );
        SerializedEntry::new(formatted, serialized)
    }
}

/// The mean IoU of one image, from the classes of its pixels.
pub fn image_iou(predictions: &[i64], targets: &[i64], classes: usize) -> f64 {
    let mut intersection = vec![0_u64; classes];
    let mut union = vec![0_u64; classes];
    for (&predicted, &target) in predictions.iter().zip(targets) {
        union[target as usize] += 1;
        match predicted == target {
            true => intersection[target as usize] += 1,
            false => union[predicted as usize] += 1,
        }
    }
    let foreground = (1..classes).filter(|&class| union[class] > 0);
    let ious: Vec<_> = foreground
        .map(|class| intersection[class] as f64 / union[class] as f64)
        .collect();
    match ious.len() {
        0 => 1.0,
        count => ious.iter().sum::<f64>() / count as f64,
    }
}

impl Metric for MeanIou {
    type Input = IouInput;

    fn name(&self) -> MetricName {
        self.name.clone()
    }

    fn attributes(&self) -> MetricAttributes {
        let attributes = NumericAttributes {
            unit: None,
            higher_is_better: true,
        };
        attributes.into()
    }

    fn update(
        &mut self,
        input: &IouInput,
        _metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        let [images, height, width] = input.targets.dims();
        let predictions = input.predictions.clone().try_into_vec_as::<i64>()?;
        let targets = input.targets.clone().try_into_vec_as::<i64>()?;
        let pairs = predictions
            .chunks(height * width)
            .zip(targets.chunks(height * width));
        self.batch_sum = pairs
            .map(|(predictions, targets)| image_iou(predictions, targets, self.classes))
            .sum();
        self.batch_images = images;
        self.sum += self.batch_sum;
        self.images += images;
        let value = NumericEntry::Aggregated {
            aggregated_value: self.batch_sum / images as f64,
            count: images,
        };
        Ok(self.entry(value.serialize()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        let serialized = self.final_value().serialize();
        Ok(self.entry(serialized))
    }

    fn clear(&mut self) {
        *self = Self::new(self.classes);
    }
}

impl Numeric for MeanIou {
    fn value(&self) -> Option<NumericEntry> {
        Some(NumericEntry::Aggregated {
            aggregated_value: self.batch_sum / self.batch_images as f64,
            count: self.batch_images,
        })
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(NumericEntry::Aggregated {
            aggregated_value: self.mean(),
            count: self.images,
        })
    }

    fn final_value(&self) -> NumericEntry {
        NumericEntry::Final(self.mean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_is_the_common_part_of_both() {
        // Of nucleus pixels, 2 are common, 1 is only predicted and 1 only true.
        let iou = image_iou(&[1, 1, 1, 0, 0], &[1, 1, 0, 1, 0], 2);
        assert_eq!(iou, 0.5);
    }

    #[test]
    fn background_does_not_count() {
        assert_eq!(image_iou(&[0, 0, 0, 1], &[0, 0, 1, 0], 2), 0.0);
        assert_eq!(image_iou(&[0, 0], &[0, 0], 2), 1.0);
    }

    #[test]
    fn absent_classes_do_not_count() {
        assert_eq!(image_iou(&[0, 2], &[0, 2], 4), 1.0);
        assert_eq!(image_iou(&[1, 2], &[1, 1], 4), 0.25);
    }
}
