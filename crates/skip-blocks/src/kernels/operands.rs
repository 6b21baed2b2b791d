//! What goes into an operation, and how its result is written into the graph of derivatives.

use std::sync::{Arc, Mutex, PoisonError};

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
    /// Of each, whether its derivative is wanted.
    wanted: Vec<bool>,
}

/// The most tensors that an operation can take.
pub(super) const MAX_OPERANDS: usize = 64;

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
            wanted: vec![],
        };
        operands.and(tensor)
    }

    /// All of one or more operands.
    pub fn all<const D: usize>(tensors: &[Tensor<D>]) -> Option<Self> {
        let (first, rest) = tensors.split_first()?;
        rest.iter()
            .try_fold(Self::of(first.clone())?, |all, tensor| {
                all.and(tensor.clone())
            })
    }

    /// One more operand.
    pub fn and<const D: usize>(mut self, tensor: Tensor<D>) -> Option<Self> {
        if !enabled() || tensor.dtype() != DType::F32 {
            return None;
        }
        if self.autodiff {
            let tensor = tensor.try_into_primitive::<Autodiff<Flex>>().ok()?;
            self.wanted.push(tensor.is_tracked());
            let (tensor, guard) = tensor.into_parts();
            self.tensors.push(tensor);
            self.guards.push(guard);
        } else {
            self.wanted.push(false);
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

    /// Whether the derivative of the one at `index` is wanted.
    pub fn wants(&self, index: usize) -> bool {
        self.wanted[index]
    }

    /// Whether a derivative is wanted for any of them.
    pub fn wants_any(&self) -> bool {
        self.wanted.contains(&true)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// The tensors themselves.
    pub fn tensors(&self) -> &[FlexTensor] {
        &self.tensors
    }

    /// Lets go of the last tensor. Its place in the graph stays.
    pub fn pop(&mut self) -> FlexTensor {
        self.tensors.pop().expect("an operation has operands")
    }

    /// The result `y` as a tensor that knows how to pass its derivative on.
    pub fn record<const D: usize, S>(
        self,
        y: FlexTensor,
        state: impl FnOnce() -> S,
        rule: Rule<S>,
    ) -> Tensor<D>
    where
        S: Send + 'static,
    {
        if !self.autodiff {
            return Tensor::from_primitive::<Flex>(y);
        }
        let derive = || -> Derive {
            let state = state();
            Box::new(move |dy, wanted| rule(state, dy, wanted))
        };
        record_any(self.guards, y, derive)
    }
}

/// A rule with its state.
type Derive = Box<dyn FnOnce(FlexTensor, &[bool]) -> Vec<Option<FlexTensor>> + Send>;

/// Burn counts an operation's operands in its type.
macro_rules! by_count {
    ($guards:ident, $y:ident, $derive:ident: $($count:literal)*) => {
        match $guards.len() {
            $($count => record::<$count, D>($guards, $y, $derive),)*
            count => unreachable!("no operation takes {count} tensors"),
        }
    };
}

fn record_any<const D: usize>(
    guards: Vec<NodeGuard>,
    y: FlexTensor,
    derive: impl FnOnce() -> Derive,
) -> Tensor<D> {
    by_count!(guards, y, derive:
        1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
        33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62
        63 64)
}

fn record<const N: usize, const D: usize>(
    guards: Vec<NodeGuard>,
    y: FlexTensor,
    derive: impl FnOnce() -> Derive,
) -> Tensor<D> {
    let guards: [NodeGuard; N] = guards
        .try_into()
        .unwrap_or_else(|_| unreachable!("the caller matched the length"));
    let y = match Step
        .prepare::<NoCheckpointing>(guards)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prepared) => prepared.finish(State::new(derive()), y),
        OpsKind::UnTracked(prepared) => prepared.finish(y),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(y)
}

/// What is kept for the way back: taken once.
#[derive(Clone)]
struct State(Arc<Mutex<Option<Derive>>>);

impl State {
    fn new(derive: Derive) -> Self {
        Self(Arc::new(Mutex::new(Some(derive))))
    }

    fn take(self) -> Derive {
        let derive = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        derive.unwrap_or_else(|| unreachable!("Burn goes back through a graph once"))
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("State")
    }
}

/// An operation in the graph of derivatives.
#[derive(Debug)]
struct Step;

impl<const N: usize> Backward<Flex, N> for Step {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let dy = gradients.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = ops.state.take()(dy, &wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(parent.id, gradient);
            }
        }
    }
}
