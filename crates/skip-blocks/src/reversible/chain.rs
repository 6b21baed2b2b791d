use burn::module::Module;
use burn::tensor::Tensor;

use super::block::{Reversible, keeping_shape};
use crate::layers::concat;
use crate::{kernels, seam};

/// Reversible blocks one after another, of a map whose channels are both halves side by side. In
/// training only the last block's output is kept: on the way back each block's input is computed
/// from its output, and its bodies are computed again for their derivatives. So the memory does not
/// grow with the number of blocks, for about a third more time (Gomez et al. 2017,
/// <https://arxiv.org/abs/1707.04585>, section 3.2).
///
/// What is drawn at random is drawn again, and running statistics move once. Each inversion rounds:
/// after many blocks the inputs, and so the derivatives, are a little off.
///
/// Activations are kept as usual, and the results are the same, on other backends than flex, where a
/// [`Seam`](crate::seam::Seam) watches or changes something, in a part that is itself computed again,
/// and where a block has more parameters than an operation can take (63).
///
/// # Shapes
/// `[batch, 2 * channels, height, width]` to the same
///
/// # Panics
/// Panics if the number of channels is odd, or a body changes the shape.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Act, Conv2d, conv, conv3x3};
/// use skip_blocks::{Reversible, reversible};
///
/// let device = Device::flex().autodiff();
/// let body = || conv3x3(2, 2).init(&device);
/// let blocks = [(); 3].map(|()| Reversible { f: body(), g: body() });
/// let x = Tensor::<4>::ones([1, 4, 5, 5], &device);
/// let y = reversible(&blocks, x, |body: &Conv2d, x| conv(x, body, Act::Relu));
/// let gradients = y.sum().backward();
/// assert!(blocks[0].f.weight.val().grad(&gradients).is_some());
/// ```
pub fn reversible<Body: Module + 'static>(
    blocks: &[Reversible<Body>],
    x: Tensor<4>,
    apply: impl Fn(&Body, Tensor<4>) -> Tensor<4> + Copy + Send + 'static,
) -> Tensor<4> {
    let apply = keeping_shape(apply);
    if !seam::looks_at_parts()
        && let Some(y) = kernels::reverse(blocks, &x, apply)
    {
        return y;
    }
    let blocks = blocks.iter();
    let y = blocks.fold(halves(x), |x, block| block.forward(x, apply));
    concat(y.to_vec())
}

/// The first half of the channels, and the second.
///
/// # Panics
/// Panics if the number of channels is odd.
pub fn halves(x: Tensor<4>) -> [Tensor<4>; 2] {
    let channels = x.dims()[1];
    assert!(
        channels.is_multiple_of(2),
        "channels = {channels}: must be even, for two halves"
    );
    let half = channels / 2;
    [x.clone().narrow(1, 0, half), x.narrow(1, half, half)]
}
