//! A sum over all that came before, with weights.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::layers::weighted_sum;
use crate::seam;

/// The depth-weighted average after block `i`: `x_i = sum_j a_j y_j` over the results `y_j` of all
/// blocks up to it and the first block's input `y_0`. The weights are learned, need not add up to
/// 1, and start as the identity: 1 for the last, 0 for the others.
///
/// From "DenseFormer: Enhancing Information Flow in Transformers via Depth Weighted Averaging"
/// (Pagliardini et al. 2024, <https://arxiv.org/abs/2402.02622>), section 3.
///
/// # Shapes
/// any number of one shape, to the same
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::DepthAverage;
///
/// let device = Device::flex();
/// let average = DepthAverage::new(3, &device);
/// let maps = [1.0, 2.0, 3.0].map(|value| Tensor::<2>::full([1, 1], value, &device));
/// assert_eq!(average.forward(maps.to_vec()).to_data(), [[3.0f32]].into());
/// ```
#[derive(Module, Debug)]
pub struct DepthAverage {
    /// The weight of each map, `[maps]`.
    pub alpha: Param<Tensor<1>>,
}

impl DepthAverage {
    /// Over so many maps.
    ///
    /// # Panics
    /// Panics if there are none.
    pub fn new(maps: usize, device: &Device) -> Self {
        assert!(maps > 0, "maps = {maps}: must be at least 1");
        let last = Tensor::<2>::eye(maps, device).narrow(0, maps - 1, 1);
        Self {
            alpha: Param::from_tensor(last.reshape([maps])),
        }
    }

    /// `sum_j a_j y_j`, the oldest first.
    ///
    /// # Panics
    /// Panics if there are not as many maps as weights.
    pub fn forward<const D: usize>(&self, maps: Vec<Tensor<D>>) -> Tensor<D> {
        let [weights] = self.alpha.dims();
        assert!(
            maps.len() == weights,
            "maps: there are {}, must be as many as weights, {weights}",
            maps.len()
        );
        seam::output(self, weighted_sum(maps, self.alpha.val()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_layer_can_be_called_back() {
        let device = Device::flex().autodiff();
        let mut average = DepthAverage::new(3, &device);
        average.alpha = Param::from_tensor(Tensor::from_floats([2.0, 0.0, -1.0], &device));
        let maps = [1.0, 10.0, 100.0].map(|value| Tensor::<1>::full([2], value, &device));
        let y = average.forward(maps.to_vec());
        assert_eq!(y.to_data(), [-98.0f32, -98.0].into());
        // Each weight's slope is its map.
        let gradients = y.sum().backward();
        let slopes = average.alpha.val().grad(&gradients).expect("reached");
        assert_eq!(slopes.to_data(), [2.0f32, 20.0, 200.0].into());
    }
}
