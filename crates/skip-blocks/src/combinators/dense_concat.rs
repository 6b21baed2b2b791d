use burn::module::Module;
use burn::tensor::Tensor;

use crate::join::Join;
use crate::seam::Mark;

/// Puts a body's output beside its input: `y = [x, body(x)]`, along the channels.
///
/// # Shapes
/// `[batch, channels, ..]` to `[batch, channels + new, ..]`; the body gives `[batch, new, ..]`.
///
/// ```
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::DenseConcat;
///
/// let device = Device::flex();
/// let skip = DenseConcat::new(LinearConfig::new(2, 3).init(&device));
/// let x = Tensor::<2>::from_data([[1.0, 2.0]], &device);
/// let y = skip.forward(x.clone(), Linear::forward);
/// assert_eq!(y.dims(), [1, 5]);
/// assert_eq!(y.narrow(1, 0, 2).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct DenseConcat<Body: Module> {
    /// What is bypassed.
    pub body: Body,
    /// Puts its output beside its input.
    pub join: Join,
}

impl<Body: Module> DenseConcat<Body> {
    /// A skip connection around `body`.
    pub fn new(body: Body) -> Self {
        Self {
            body,
            join: Join::Concat(Mark::new()),
        }
    }

    /// `[x, apply(body, x)]`
    ///
    /// # Panics
    /// Panics if the body changes another dimension than the channels.
    pub fn forward<const D: usize>(
        &self,
        x: Tensor<D>,
        apply: impl FnOnce(&Body, Tensor<D>) -> Tensor<D>,
    ) -> Tensor<D> {
        let new = apply(&self.body, x.clone());
        let (mut kept, mut made) = (x.dims(), new.dims());
        (kept[1], made[1]) = (0, 0);
        assert!(
            kept == made,
            "the body gives {:?} for {:?}: only the channels may differ",
            new.dims(),
            x.dims()
        );
        self.join.forward(vec![x], new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, module::avg_pool2d, ops::AvgPoolOptions};

    #[test]
    #[should_panic(
        expected = "the body gives [1, 3, 2, 2] for [1, 3, 4, 4]: only the channels may"
    )]
    fn a_body_that_changes_the_size_is_refused() {
        let x = Tensor::<4>::ones([1, 3, 4, 4], &Device::flex());
        let body: Vec<burn::nn::Linear> = vec![];
        DenseConcat::new(body).forward(x, |_, x| avg_pool2d(x, AvgPoolOptions::new([2, 2])));
    }
}
