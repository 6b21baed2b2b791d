use burn::module::{Flag, Module, Param};
use burn::tensor::Tensor;

use crate::check;
use crate::layers::drop_samples;

/// Stochastic depth: in training, each sample skips the branch with probability `p`:
/// `b * F(x) / (1 - p)`, `b ~ Bernoulli(1 - p)`. Otherwise `F(x)`.
///
/// From "Deep Networks with Stochastic Depth" (Huang et al. 2016,
/// <https://arxiv.org/abs/1603.09382>). The paper draws once a batch and scales in evaluation; this
/// draws once a sample and scales in training, as timm and torchvision do.
///
/// # Shapes
/// `[batch, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::StochasticDepth;
///
/// let stochastic_depth = StochasticDepth::new(0.5);
/// // Outside training the branch is kept as it is.
/// let x = Tensor::<2>::ones([4, 2], &Device::flex());
/// assert_eq!(stochastic_depth.forward(x.clone()).to_data(), x.to_data());
/// // In training a sample's branch is dropped or doubled.
/// let device = Device::flex().autodiff();
/// let y = stochastic_depth.forward(Tensor::<2>::ones([100, 2], &device));
/// let kept = y.sum().into_scalar::<f32>() / 4.0;
/// assert!(kept.fract() == 0.0 && (20.0..80.0).contains(&kept));
/// ```
#[derive(Module, Debug)]
pub struct StochasticDepth {
    /// Probability that a sample skips the branch.
    pub drop_probability: f64,
    /// Whether samples are dropped when gradients are tracked.
    pub training: Param<Flag>,
}

impl StochasticDepth {
    /// Drops each sample's branch with probability `drop_probability`.
    ///
    /// # Panics
    /// Panics if the probability is outside `[0, 1)`.
    pub fn new(drop_probability: f64) -> Self {
        check::or_panic(check::probability("drop_probability", drop_probability));
        Self {
            drop_probability,
            training: Param::from_bool(true),
        }
    }

    /// Drops or scales the samples of `branch` in training.
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        let active = self.training.is_enabled() && branch.device().is_autodiff();
        drop_samples(branch, self.drop_probability, active)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn mean_over_many_draws_is_the_branch() {
        let device = Device::flex().autodiff();
        let branch = Tensor::<2>::from_data([[1.0, -2.0]], &device).repeat_dim(0, 100_000);
        for drop_probability in [0.1, 0.5] {
            let y = StochasticDepth::new(drop_probability).forward(branch.clone());
            let mean = y
                .mean_dim(0)
                .into_data()
                .try_to_vec::<f32>()
                .expect("floats");
            // The standard error is at most 0.0032 of the branch.
            assert!((mean[0] - 1.0).abs() < 0.03, "{mean:?}");
            assert!((mean[1] + 2.0).abs() < 0.06, "{mean:?}");
        }
    }

    #[test]
    fn a_sample_is_dropped_or_kept_whole() {
        let device = Device::flex().autodiff();
        let branch = Tensor::<3>::ones([64, 3, 2], &device);
        let y = StochasticDepth::new(0.5).forward(branch).into_data();
        let y = y.try_to_vec::<f32>().expect("floats");
        for sample in y.chunks(6) {
            assert!(
                [0.0, 2.0]
                    .iter()
                    .any(|kept| sample.iter().all(|y| y == kept))
            );
        }
    }
}
