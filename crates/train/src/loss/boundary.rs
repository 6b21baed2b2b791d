//! Cross-entropy that looks between objects.

use anyhow::Result;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, above_zero, at_least_zero, class_weights};
use super::truth::Truth;
use crate::data::{BORDER, Targets};
use crate::objects::Objects;

/// `-sum_x w(x) log p_t(x) / sum_x w(x)` with the probability `p_t` of the true class, over the
/// pixels of the batch that count, and `w(x) = w_c + w_0 exp(-(d1 + d2)^2 / (2 s^2))`.
///
/// `w_c` is the weight of the true class; `d1` and `d2` are the distances from a pixel of the
/// background to the two nearest objects, in pixels: the narrow gaps between objects, which are few
/// pixels but keep them apart, count up to `w_0` more. Where the borders of objects are a class,
/// their pixels count more too, with `d1 = 0`: most where two objects touch. Objects are those that
/// the targets number, or else connected parts of one class, pixels that touch at a corner included.
/// Farther than `d1 = d2 = 5 s` nothing is added.
///
/// "U-Net: Convolutional Networks for Biomedical Image Segmentation" (Ronneberger et al. 2015,
/// <https://arxiv.org/abs/1505.04597>), equation 2, with its `w_0` and `s`; there the sum is not
/// divided by that of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BoundaryCrossEntropy {
    /// How much the term counts.
    pub weight: f64,
    /// How much more a pixel between two objects counts, `w_0`.
    pub between: f64,
    /// How wide the gaps are, `s`, in pixels.
    pub sigma: f64,
    /// How much each class counts; none: all alike.
    pub class_weights: Option<Vec<f64>>,
}

impl Default for BoundaryCrossEntropy {
    fn default() -> Self {
        Self {
            weight: 1.0,
            between: 10.0,
            sigma: 5.0,
            class_weights: None,
        }
    }
}

impl Check for BoundaryCrossEntropy {
    fn check(&self, path: &str, channels: usize) -> Result<()> {
        at_least_zero(path, "between", self.between)?;
        above_zero(path, "sigma", self.sigma)?;
        class_weights(path, "class_weights", self.class_weights.as_ref(), channels)
    }
}

impl BoundaryCrossEntropy {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    ///
    /// # Panics
    /// If the targets are not labels.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let [_, classes, ..] = logits.dims();
        let expected = truth.probabilities(classes);
        let weights = match &self.class_weights {
            Some(weights) => truth.by_class(expected.clone(), weights).sum_dim(1),
            None => expected.clone().sum_dim(1),
        };
        let weights = weights + self.gaps(truth).to_device(&logits.device());
        let log = (log_softmax(logits, 1) * expected).sum_dim(1);
        -(log * weights.clone()).sum() / weights.sum().clamp_min(f32::MIN_POSITIVE)
    }

    /// What is added to the weights, `[batch, 1, height, width]`.
    fn gaps(&self, truth: &Truth) -> Tensor<4> {
        let targets = truth.targets();
        let labels = targets
            .classes()
            .expect("the gaps between objects are those of labels");
        let [batch, height, width] = labels.dims();
        let device = labels.device();
        let read = |labels: &Tensor<3, Int>| {
            let labels = labels.clone().try_into_vec_as::<i32>();
            labels.expect("labels are numbers")
        };
        let (plane, size) = (height * width, [height, width]);
        let labels = read(labels);
        let labels = labels.chunks(plane);
        let gaps: Vec<f32> = match targets {
            Targets::Objects {
                numbers, bordered, ..
            } => {
                let numbers = read(numbers);
                let both = labels.zip(numbers.chunks(plane));
                both.flat_map(|(labels, numbers)| {
                    let objects = Objects::numbered(labels, numbers, *bordered, size);
                    self.gaps_of(labels, &objects, *bordered)
                })
                .collect()
            }
            _ => labels
                .flat_map(|labels| self.gaps_of(labels, &Objects::of(labels, size), false))
                .collect(),
        };
        let data = TensorData::new(gaps, [batch, 1, height, width]);
        Tensor::from_data(data, &device)
    }

    fn gaps_of(&self, labels: &[i32], objects: &Objects, bordered: bool) -> Vec<f32> {
        let reach = (5.0 * self.sigma).ceil() as usize;
        let mut nearest = vec![[f64::INFINITY; 2]; labels.len()];
        for object in objects.iter() {
            for (place, distance) in objects.distances(object, reach) {
                let [first, second] = &mut nearest[place];
                if distance < *first {
                    *second = std::mem::replace(first, distance);
                } else if distance < *second {
                    *second = distance;
                }
            }
        }
        let gap = |(label, [first, second]): (&i32, [f64; 2])| match *label {
            label if label == 0 || bordered && label == BORDER => {
                let apart = first + second;
                (self.between * (-apart * apart / (2.0 * self.sigma * self.sigma)).exp()) as f32
            }
            _ => 0.0,
        };
        labels.iter().zip(nearest).map(gap).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// The weights between objects, of a row of pixels.
    fn gaps(classes: [i32; 7], numbers: Option<([i32; 7], bool)>) -> Vec<f32> {
        let map = |row: [i32; 7]| Tensor::<3, Int>::from_data([[row]], &Device::flex());
        let targets = match numbers {
            None => Targets::Classes(map(classes)),
            Some((numbers, bordered)) => Targets::Objects {
                classes: map(classes),
                numbers: map(numbers),
                bordered,
            },
        };
        let term = BoundaryCrossEntropy {
            sigma: 1.0,
            ..BoundaryCrossEntropy::default()
        };
        let gaps = term.gaps(&Truth::new(targets, [1, 7], [1, 7]));
        gaps.try_into_vec_as::<f32>().expect("reads")
    }

    fn weight(apart: f32) -> f32 {
        10.0 * (-apart * apart / 2.0).exp()
    }

    fn near(own: &[f32], expected: [f32; 7]) {
        let apart = own.iter().zip(expected);
        let apart = apart.map(|(own, expected)| (own - expected).abs());
        assert!(apart.fold(0.0, f32::max) < 1e-5, "{own:?}, {expected:?}");
    }

    #[test]
    fn objects_that_touch_have_gaps_beside_them_where_they_are_numbered() {
        let classes = [0, 1, 1, 0, 0, 0, 0];
        near(&gaps(classes, None), [0.0; 7]);
        let numbers = [0, 4, 9, 0, 0, 0, 0];
        let (one, two) = (weight(3.0), weight(5.0));
        let expected = [one, 0.0, 0.0, one, two, weight(7.0), weight(9.0)];
        near(&gaps(classes, Some((numbers, false))), expected);
    }

    #[test]
    fn borders_count_most_where_objects_touch() {
        let (classes, numbers) = ([2, 1, 2, 2, 1, 2, 0], [3, 3, 3, 8, 8, 8, 0]);
        let expected = [
            weight(3.0),
            0.0,
            weight(1.0),
            weight(1.0),
            0.0,
            weight(3.0),
            weight(5.0),
        ];
        near(&gaps(classes, Some((numbers, true))), expected);
    }
}
