use burn::module::{Flag, Module, Param};
use burn::tensor::Tensor;

use crate::check;
use crate::layers::shake_samples;

/// ShakeDrop: in training a sample's branch is kept, or, with probability `p`, multiplied by a
/// random `alpha`, and going back its derivative by another, `beta`:
/// `(b + alpha - b * alpha) * F(x)` forward, with `beta` for `alpha` backward,
/// `b ~ Bernoulli(1 - p)`, `alpha` uniform in `[-1, 1]`, `beta` in `[0, 1]`. Otherwise the mean,
/// `(1 - p) * F(x)`.
///
/// From "ShakeDrop Regularization for Deep Residual Learning" (Yamada et al. 2018,
/// <https://arxiv.org/abs/1802.02375>), with the ranges that do best there. The paper draws `b` once a
/// batch; this draws all three once a sample, as stochastic depth does here.
///
/// # Shapes
/// `[batch, ..]` to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::ShakeDrop;
///
/// // Outside training the branch has its mean.
/// let x = Tensor::<2>::ones([4, 2], &Device::flex());
/// let y = ShakeDrop::new(0.5).forward(x.clone());
/// assert_eq!(y.to_data(), (x * 0.5).to_data());
/// ```
#[derive(Module, Debug)]
pub struct ShakeDrop {
    /// Probability that a sample's branch is shaken.
    pub drop_probability: f64,
    /// Whether samples are shaken when gradients are tracked.
    pub training: Param<Flag>,
}

impl ShakeDrop {
    /// Shakes each sample's branch with probability `drop_probability`.
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

    /// Shakes the samples of `branch` in training. See [`ShakeDrop`].
    pub fn forward<const D: usize>(&self, branch: Tensor<D>) -> Tensor<D> {
        match self.training.is_enabled() && branch.device().is_autodiff() {
            true => shake_samples(branch, self.drop_probability),
            false => branch * (1.0 - self.drop_probability),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::*;

    /// What comes out for ones, and the derivative of its sum, a value for each sample.
    fn shaken(drop_probability: f64, samples: usize) -> [Vec<f32>; 2] {
        let device = Device::flex().autodiff();
        let branch = Tensor::<2>::ones([samples, 1], &device).require_grad();
        let y = ShakeDrop::new(drop_probability).forward(branch.clone());
        let gradients = y.clone().sum().backward();
        let slopes = branch.grad(&gradients).expect("reached");
        [y.inner(), slopes].map(|values| values.into_data().try_to_vec().expect("floats"))
    }

    fn mean(values: &[f32]) -> f32 {
        values.iter().sum::<f32>() / values.len() as f32
    }

    #[test]
    fn mean_over_many_draws_is_the_evaluations() {
        for drop_probability in [0.1, 0.5, 0.9] {
            let [y, slopes] = shaken(drop_probability, 100_000);
            let kept = 1.0 - drop_probability as f32;
            // Standard errors are below 0.003.
            assert!((mean(&y) - kept).abs() < 0.02, "{}", mean(&y));
            let expected = kept + drop_probability as f32 / 2.0;
            assert!((mean(&slopes) - expected).abs() < 0.02);
            let evaluated = ShakeDrop::new(drop_probability)
                .forward(Tensor::<1>::ones([1], &Device::flex()))
                .into_scalar::<f32>();
            assert!((evaluated - kept).abs() < 1e-6);
        }
    }

    #[test]
    fn the_gradient_has_its_own_factor() {
        let [y, slopes] = shaken(0.5, 1000);
        let whole = |value: f32| (value - 1.0).abs() < 1e-6;
        let mut shaken = 0;
        for (y, slope) in y.into_iter().zip(slopes) {
            assert!((-1.0..=1.000_001).contains(&y) && (0.0..=1.000_001).contains(&slope));
            // A branch that is kept is kept both ways.
            assert_eq!(whole(y), whole(slope), "{y} {slope}");
            shaken += usize::from(!whole(y) && (y - slope).abs() > 1e-3);
        }
        assert!((400..600).contains(&shaken), "{shaken}");
    }

    #[test]
    fn a_sample_is_shaken_as_one() {
        let device = Device::flex().autodiff();
        let branch = Tensor::<3>::ones([64, 3, 2], &device);
        let y = ShakeDrop::new(0.5).forward(branch).into_data();
        let y = y.try_to_vec::<f32>().expect("floats");
        for sample in y.chunks(6) {
            assert!(sample.iter().all(|value| *value == sample[0]));
        }
    }
}
