//! Where a container hands over to a part.

use burn::module::Module;
use burn::tensor::Tensor;

use super::hooks::output;
use super::scope::active;
use super::trace;
use crate::kernels;

/// `forward(module, inputs)`, as a part that a [`Seam`](super::Seam) can watch, cut and recompute.
///
/// What is recomputed keeps its inputs alone, and is computed again on the way back (gradient
/// checkpointing): "Training Deep Nets with Sublinear Memory Cost" (Chen et al. 2016,
/// <https://arxiv.org/abs/1604.06174>). The results are the same; running statistics move once,
/// and what was dropped at random is dropped again. On other backends than flex it is computed
/// once, as usual.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::BasicBlockConfig;
/// use skip_blocks::seam::part;
///
/// let device = Device::flex();
/// let block = BasicBlockConfig::new(4, 4).init(&device);
/// let x = Tensor::<4>::ones([1, 4, 5, 5], &device);
/// let y = part(&block, [x.clone()], |block, [x]| block.forward(x));
/// assert_eq!(y.to_data(), block.forward(x).to_data());
/// ```
pub fn part<M: Module + 'static, const N: usize, const D: usize>(
    module: &M,
    inputs: [Tensor<D>; N],
    forward: impl Fn(&M, [Tensor<D>; N]) -> Tensor<D> + Copy + Send + 'static,
) -> Tensor<D> {
    if active().is_none() {
        return forward(module, inputs);
    }
    part_all(module, inputs.to_vec(), move |module, inputs| {
        let inputs = inputs.try_into();
        forward(module, inputs.expect("as many as were given"))
    })
}

/// [`part`] for a number of inputs that is not fixed.
pub fn part_all<M: Module + 'static, const D: usize>(
    module: &M,
    inputs: Vec<Tensor<D>>,
    forward: impl Fn(&M, Vec<Tensor<D>>) -> Tensor<D> + Copy + Send + 'static,
) -> Tensor<D> {
    let recomputed = match recomputes(module) {
        true => kernels::recompute(module, &inputs, forward),
        false => None,
    };
    let started = trace::start(module, &inputs);
    let y = recomputed.unwrap_or_else(|| forward(module, inputs));
    trace::end(started, &y);
    output(module, y)
}

/// Whether the scope under way does something with parts, or with what they give; counting does not.
pub(crate) fn looks_at_parts() -> bool {
    active().is_some_and(|scope| {
        let plan = &scope.plan;
        let idle = plan.watched.is_empty() && plan.edits.is_empty() && plan.recomputed.is_empty();
        !idle || plan.traced
    })
}

/// Whether a part is to be computed again on the way back. Where something is watched, nothing is.
pub(crate) fn recomputes(module: &impl Module) -> bool {
    let Some(scope) = active() else { return false };
    let plan = &scope.plan;
    if plan.recomputed.is_empty() || !plan.watched.is_empty() {
        return false;
    }
    let path = plan.path_of(module);
    path.is_some_and(|path| plan.recomputed.iter().any(|pattern| pattern.covers(&path)))
}
