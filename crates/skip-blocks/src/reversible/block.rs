use burn::module::Module;
use burn::tensor::Tensor;

use crate::layers::{Act, add, split};
use crate::seam::part;

/// A reversible residual block: `y1 = x1 + F(x2)`, `y2 = x2 + G(y1)`, of two halves of a map. Its
/// input follows from its output: `x2 = y2 - G(y1)`, `x1 = y1 - F(x2)`.
///
/// From "The Reversible Residual Network: Backpropagation Without Storing Activations" (Gomez et al.
/// 2017, <https://arxiv.org/abs/1707.04585>), equations 6 and 7. See [`reversible`] for blocks in a
/// row.
///
/// # Shapes
/// Two maps `[batch, channels, height, width]` to the same; `F` and `G` must keep the shape.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Act, Conv2d, conv, conv3x3};
/// use skip_blocks::Reversible;
///
/// let device = Device::flex();
/// let body = || conv3x3(2, 2).init(&device);
/// let block = Reversible { f: body(), g: body() };
/// let apply = |body: &Conv2d, x| conv(x, body, Act::Relu);
/// let x = [1.0, 2.0].map(|value| Tensor::<4>::full([1, 2, 4, 4], value, &device));
/// let y = block.forward(x.clone(), apply);
/// for (found, x) in block.inverse(y, apply).into_iter().zip(x) {
///     assert!((found - x).abs().max().into_scalar::<f32>() < 1e-5);
/// }
/// ```
///
/// [`reversible`]: crate::reversible()
#[derive(Module, Debug)]
pub struct Reversible<Body: Module> {
    /// Of the second half, added to the first.
    pub f: Body,
    /// Of the new first half, added to the second.
    pub g: Body,
}

impl<Body: Module + 'static> Reversible<Body> {
    /// `[y1, y2]` of `[x1, x2]`, where `apply` applies a body.
    ///
    /// # Panics
    /// Panics if a body changes the shape.
    pub fn forward(
        &self,
        [x1, x2]: [Tensor<4>; 2],
        apply: impl Fn(&Body, Tensor<4>) -> Tensor<4> + Copy + Send + 'static,
    ) -> [Tensor<4>; 2] {
        let apply = keeping_shape(apply);
        let branch = |body, x| part(body, [x], move |body, [x]| apply(body, x));
        let [x2, x] = split(x2);
        let y1 = add(branch(&self.f, x), x1, Act::None);
        let [y1, y] = split(y1);
        let y2 = add(branch(&self.g, y), x2, Act::None);
        [y1, y2]
    }
}

impl<Body: Module> Reversible<Body> {
    /// `[x1, x2]` of `[y1, y2]`: the same up to rounding, if the bodies give the same for the same.
    pub fn inverse(
        &self,
        [y1, y2]: [Tensor<4>; 2],
        apply: impl Fn(&Body, Tensor<4>) -> Tensor<4>,
    ) -> [Tensor<4>; 2] {
        let x2 = y2 - apply(&self.g, y1.clone());
        let x1 = y1 - apply(&self.f, x2.clone());
        [x1, x2]
    }
}

/// `apply`, which panics where a body changes the shape.
pub(super) fn keeping_shape<Body>(
    apply: impl Fn(&Body, Tensor<4>) -> Tensor<4> + Copy + Send + 'static,
) -> impl Fn(&Body, Tensor<4>) -> Tensor<4> + Copy + Send + 'static {
    move |body, x| {
        let dims = x.dims();
        let y = apply(body, x);
        assert!(
            y.dims() == dims,
            "the body gives {:?} for {dims:?}: it must keep the shape to be added",
            y.dims()
        );
        y
    }
}
