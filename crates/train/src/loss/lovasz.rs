//! The Lovász losses: convex surrogates of the Jaccard loss.

use anyhow::{Result, ensure};
use burn::tensor::{IndexingUpdateOp, Tensor, activation::relu, s};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::overlaps::probabilities;
use super::truth::Truth;

/// `sum_i m_i g_i(m)`, with the errors `m_i = |t_i - p_i|` of a class's probability and the Lovász
/// extension's gradient `g`: by how much the Jaccard loss of the class grows when pixel `i` is got
/// wrong after all whose error is larger. The mean over images of the mean over the classes that are
/// there, the background too.
///
/// "The Lovász-Softmax loss: A tractable surrogate for the optimization of the
/// intersection-over-union measure in neural networks" (Berman et al. 2018,
/// <https://arxiv.org/abs/1705.08790>), section 3.2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LovaszSoftmax {
    /// How much the term counts.
    pub weight: f64,
}

/// `sum_i m_i g_i(m)` as [`LovaszSoftmax`], with the hinge errors `m_i = max(0, 1 - s_i (x_1 - x_0))`
/// of two classes' logits, `s_i` 1 where the second is true and -1 where it is not; the mean over
/// images.
///
/// The same paper, section 3.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LovaszHinge {
    /// How much the term counts.
    pub weight: f64,
}

impl Default for LovaszSoftmax {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Default for LovaszHinge {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Check for LovaszSoftmax {}

impl Check for LovaszHinge {
    fn check(&self, path: &str, channels: usize) -> Result<()> {
        ensure!(
            channels == 2,
            "{path}: lovasz_hinge is of two classes; there are {channels}, for which there is \
             lovasz_softmax"
        );
        Ok(())
    }
}

impl LovaszSoftmax {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, classes, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let (probability, truth_map) = probabilities(logits, truth);
        let errors = (truth_map.clone() - probability).abs().flatten(2, 3);
        let truth_map = truth_map.flatten::<3>(2, 3);
        let present = truth_map.clone().sum_dim(2).greater_elem(0.0).float();
        let losses = extension(errors, truth_map) * present.clone();
        let classes = present.sum_dim(1).clamp_min(1.0);
        (losses.sum_dim(1) / classes).mean()
    }
}

impl LovaszHinge {
    /// The loss of logits, without the term's weight.
    ///
    /// # Shapes
    /// `logits`: `[batch, 2, height, width]`. Output: `[1]`.
    pub fn forward(&self, logits: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let of =
            |map: &Tensor<4>, class: usize| map.clone().slice(s![.., class..class + 1, .., ..]);
        let truth_map = of(&truth.probabilities(2), 1);
        let sign = truth_map.clone() * 2 - 1;
        let errors = relu(-(of(&logits, 1) - of(&logits, 0)) * sign + 1);
        let errors = match truth.counted() {
            Some(counted) => errors * counted,
            None => errors,
        };
        extension(errors.flatten(2, 3), truth_map.flatten(2, 3)).mean()
    }
}

/// The Lovász extension of the Jaccard loss at these errors, `[batch, classes, pixels]`, as
/// `[batch, classes, 1]`. An error of 0 adds nothing, whatever is true of its pixel.
fn extension(errors: Tensor<3>, truth: Tensor<3>) -> Tensor<3> {
    // The extension is linear between two orders of the errors: its gradient is not followed.
    let order = errors.clone().detach().argsort_descending(2);
    let truth = truth.detach();
    let sorted = truth.clone().gather(2, order.clone());
    let all = truth.clone().sum_dim(2);
    let missed = all.clone() - sorted.clone().cumsum(2);
    let union = all + (-sorted + 1).cumsum(2);
    // Below 1 only where the first pixels are as little of a class as soft targets may say.
    let jaccard = -(missed / union.clamp_min(f32::EPSILON)) + 1;
    let [batch, classes, pixels] = jaccard.dims();
    let zero = Tensor::zeros([batch, classes, 1], &jaccard.device());
    let before = match pixels {
        1 => zero,
        _ => Tensor::cat(
            vec![zero, jaccard.clone().slice(s![.., .., ..pixels - 1])],
            2,
        ),
    };
    let growth = jaccard.clone() - before;
    let gradient = jaccard
        .zeros_like()
        .scatter(2, order, growth, IndexingUpdateOp::Add);
    (errors * gradient).sum_dim(2)
}
