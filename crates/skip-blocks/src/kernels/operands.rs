//! What goes into an operation, and how its result is written into the graph of derivatives.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Tensor};

use super::enabled;

/// The tensors that an operation takes, in order.
pub(super) struct Operands {
    tensors: Vec<FlexTensor>,
    /// Their places in the graph of derivatives; none on a device without autodiff.
    guards: Vec<NodeGuard>,
    /// Whether there is a graph.
    pub autodiff: bool,
    /// Whether a derivative is wanted for any of them.
    pub tracked: bool,
}

/// From the state that the forward pass left, and `dy`, to the derivatives of those operands that
/// want one.
pub(super) type Rule<S> = fn(S, FlexTensor, &[bool]) -> Vec<Option<FlexTensor>>;

impl Operands {
    /// A first operand; `None` where the kernels do not apply to it.
    pub fn of<const D: usize>(tensor: Tensor<D>) -> Option<Self> {
        let operands = Self {
            tensors: vec![],
            guards: vec![],
            autodiff: tensor.device().is_autodiff(),
            tracked: false,
        };
        operands.and(tensor)
    }

    /// One more operand.
    pub fn and<const D: usize>(mut self, tensor: Tensor<D>) -> Option<Self> {
        if !enabled() || tensor.dtype() != DType::F32 {
            return None;
        }
        if self.autodiff {
            let tensor = tensor.try_into_primitive::<Autodiff<Flex>>().ok()?;
            self.tracked |= tensor.is_tracked();
            let (tensor, guard) = tensor.into_parts();
            self.tensors.push(tensor);
            self.guards.push(guard);
        } else {
            self.tensors.push(tensor.try_into_primitive::<Flex>().ok()?);
        }
        Some(self)
    }

    /// One more operand, if there is one.
    pub fn and_some<const D: usize>(self, tensor: Option<Tensor<D>>) -> Option<Self> {
        match tensor {
            Some(tensor) => self.and(tensor),
            None => Some(self),
        }
    }

    /// The tensors themselves.
    pub fn tensors(&self) -> &[FlexTensor] {
        &self.tensors
    }

    /// The result `y` as a tensor that knows how to pass its derivative on.
    pub fn record<const D: usize, S>(
        self,
        y: FlexTensor,
        state: impl FnOnce() -> S,
        rule: Rule<S>,
    ) -> Tensor<D>
    where
        S: Clone + Send + std::fmt::Debug + 'static,
    {
        if !self.autodiff {
            return Tensor::from_primitive::<Flex>(y);
        }
        match self.guards.len() {
            1 => record::<1, D, S>(self.guards, y, state, rule),
            2 => record::<2, D, S>(self.guards, y, state, rule),
            3 => record::<3, D, S>(self.guards, y, state, rule),
            4 => record::<4, D, S>(self.guards, y, state, rule),
            5 => record::<5, D, S>(self.guards, y, state, rule),
            count => unreachable!("no operation takes {count} tensors"),
        }
    }
}

fn record<const N: usize, const D: usize, S>(
    guards: Vec<NodeGuard>,
    y: FlexTensor,
    state: impl FnOnce() -> S,
    rule: Rule<S>,
) -> Tensor<D>
where
    S: Clone + Send + std::fmt::Debug + 'static,
{
    let guards: [NodeGuard; N] = guards
        .try_into()
        .unwrap_or_else(|_| unreachable!("the caller matched the length"));
    let step = Step { rule };
    let y = match step
        .prepare::<NoCheckpointing>(guards)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prepared) => prepared.finish(state(), y),
        OpsKind::UnTracked(prepared) => prepared.finish(y),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(y)
}

/// An operation of `N` operands in the graph of derivatives.
struct Step<S> {
    rule: Rule<S>,
}

impl<S> std::fmt::Debug for Step<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Step")
    }
}

impl<S, const N: usize> Backward<Flex, N> for Step<S>
where
    S: Clone + Send + std::fmt::Debug + 'static,
{
    type State = S;

    fn backward(self, ops: Ops<S, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let dy = gradients.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = (self.rule)(ops.state, dy, &wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(parent.id, gradient);
            }
        }
    }
}
