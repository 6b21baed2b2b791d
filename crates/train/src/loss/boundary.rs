//! Cross-entropy that looks between objects.

use anyhow::Result;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Tensor, TensorData};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, above_zero, at_least_zero, class_weights};
use super::truth::Truth;
use crate::data::Targets;
use crate::objects::Objects;

/// `-sum_x w(x) log p_t(x) / sum_x w(x)` with the probability `p_t` of the true class, over the
/// pixels of the batch that count, and `w(x) = w_c + w_0 exp(-(d1 + d2)^2 / (2 s^2))`.
///
/// `w_c` is the weight of the true class; `d1` and `d2` are the distances from a pixel of the
/// background to the two nearest objects, in pixels: the narrow gaps between objects, which are few
/// pixels but keep them apart, count up to `w_0` more. Objects are connected parts of one class,
/// pixels that touch at a corner included. Farther than `d1 = d2 = 5 s` nothing is added.
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
        let Targets::Classes(labels) = truth.targets() else {
            panic!("the gaps between objects are those of labels");
        };
        let [batch, height, width] = labels.dims();
        let device = labels.device();
        let labels = labels
            .clone()
            .try_into_vec_as::<i32>()
            .expect("labels are numbers");
        let gaps = labels
            .chunks(height * width)
            .flat_map(|labels| self.gaps_of(labels, [height, width]));
        let data = TensorData::new(gaps.collect(), [batch, 1, height, width]);
        Tensor::from_data(data, &device)
    }

    fn gaps_of(&self, labels: &[i32], size: [usize; 2]) -> Vec<f32> {
        let reach = (5.0 * self.sigma).ceil() as usize;
        let mut nearest = vec![[f64::INFINITY; 2]; labels.len()];
        let objects = Objects::of(labels, size);
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
        let gap = |(label, [first, second]): (&i32, [f64; 2])| match label {
            0 => {
                let apart = first + second;
                (self.between * (-apart * apart / (2.0 * self.sigma * self.sigma)).exp()) as f32
            }
            _ => 0.0,
        };
        labels.iter().zip(nearest).map(gap).collect()
    }
}
