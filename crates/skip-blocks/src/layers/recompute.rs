//! Memory against time.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::kernels;

/// `forward(module, inputs)`, computed again on the way back instead of keeping what lies between
/// (gradient checkpointing).
///
/// "Training Deep Nets with Sublinear Memory Cost" (Chen et al. 2016,
/// <https://arxiv.org/abs/1604.06174>). The results are the same; running statistics move once. A
/// part that draws random numbers (dropout, stochastic depth) would draw others the second time
/// and must not be recomputed. On other backends than flex it is computed once, as usual.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::BasicBlockConfig;
/// use skip_blocks::layers::recompute;
///
/// let device = Device::flex().autodiff();
/// let block = BasicBlockConfig::new(4, 4).init(&device);
/// let x = Tensor::<4>::ones([1, 4, 5, 5], &device);
/// let y = recompute(&block, [x.clone()], |block, [x]| block.forward(x));
/// assert_eq!(y.to_data(), block.forward(x).to_data());
/// ```
pub fn recompute<M: Module + 'static, const N: usize>(
    module: &M,
    inputs: [Tensor<4>; N],
    forward: fn(&M, [Tensor<4>; N]) -> Tensor<4>,
) -> Tensor<4> {
    recompute_all(module, inputs.to_vec(), move |module, inputs| {
        let inputs = inputs.try_into();
        forward(module, inputs.expect("as many as were given"))
    })
}

/// [`recompute`] for a number of inputs that is not fixed.
pub fn recompute_all<M: Module + 'static>(
    module: &M,
    inputs: Vec<Tensor<4>>,
    forward: impl Fn(&M, Vec<Tensor<4>>) -> Tensor<4> + Copy + Send + 'static,
) -> Tensor<4> {
    kernels::recompute(module, &inputs, forward).unwrap_or_else(|| forward(module, inputs))
}
