//! Parts of a network that are computed a second time on the way back, instead of being kept.

use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};

use super::activation::contiguous;
use super::operands::{MAX_OPERANDS, Operands};
use crate::seam::draws::{Draws, playing, recording};
use crate::seam::scope::{Plan, again, edits_under_way};

/// `forward(module, inputs)`, of which only the inputs are kept.
pub(crate) fn recompute<M: Module + 'static, const D: usize>(
    module: &M,
    inputs: &[Tensor<D>],
    forward: impl Fn(&M, Vec<Tensor<D>>) -> Tensor<D> + Send + 'static,
) -> Option<Tensor<D>> {
    let operands = with_parameters(Operands::all(inputs)?, module)?;
    if !operands.wants_any() || operands.len() > MAX_OPERANDS {
        return None;
    }
    // Without parameters and inputs that are tracked nothing is kept.
    let untracked = inputs.iter().map(|input| input.clone().detach()).collect();
    let (y, draws) = recording(|| forward(&module.clone().no_grad(), untracked));
    let y = y.without_autodiff().try_into_primitive::<Flex>().ok()?;
    let state = State {
        module: module.clone(),
        inputs: operands.tensors()[..inputs.len()].to_vec(),
        forward,
        draws,
        edits: edits_under_way(),
    };
    Some(operands.record(y, || state, rule::<M, _, D>))
}

/// One more operand for each parameter that learns.
pub(super) fn with_parameters(operands: Operands, module: &impl Module) -> Option<Operands> {
    let operands = Some(operands);
    let mut with_parameters = Collect { operands };
    module.visit(&mut with_parameters);
    with_parameters.operands
}

/// The parameters that learn, as operands.
struct Collect {
    operands: Option<Operands>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            let operands = self.operands.take();
            self.operands = operands.and_then(|operands| operands.and(param.val()));
        }
    }
}

struct State<M, F> {
    module: M,
    inputs: Vec<FlexTensor>,
    forward: F,
    draws: Draws,
    edits: Option<Arc<Plan>>,
}

fn rule<M, F, const D: usize>(
    state: State<M, F>,
    dy: FlexTensor,
    _: &[bool],
) -> Vec<Option<FlexTensor>>
where
    M: Module,
    F: Fn(&M, Vec<Tensor<D>>) -> Tensor<D>,
{
    let State {
        module,
        inputs,
        forward,
        draws,
        edits,
    } = state;
    computed_again(module, inputs, forward, draws, edits, dy).1
}

/// `forward(module, inputs)` computed again with what was drawn the first time, and the derivatives
/// of the inputs and of the parameters that learn, given its own.
pub(super) fn computed_again<M: Module, const D: usize>(
    module: M,
    inputs: Vec<FlexTensor>,
    forward: impl Fn(&M, Vec<Tensor<D>>) -> Tensor<D>,
    draws: Draws,
    edits: Option<Arc<Plan>>,
    dy: FlexTensor,
) -> (FlexTensor, Vec<Option<FlexTensor>>) {
    let leaf = |input| Tensor::<D>::from_primitive::<Flex>(input);
    let leaf = |input| leaf(input).autodiff().require_grad();
    let inputs: Vec<_> = inputs.into_iter().map(leaf).collect();
    let module = module.map(&mut Leaves);
    let forward = || forward(&module, inputs.clone());
    let y = again(edits, || playing(draws, forward));
    let (y, gradients) = back(y, dy);
    let found = inputs.iter().map(|input| gradient(input, &gradients));
    let mut of_parameters = Derivatives {
        gradients: &gradients,
        found: found.collect(),
    };
    module.visit(&mut of_parameters);
    (y, of_parameters.found)
}

/// Cuts the parameters from the graph that is being gone through.
struct Leaves;

impl ModuleMapper for Leaves {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match param.is_require_grad() {
            true => param.map(|tensor| tensor.detach().require_grad()),
            false => param,
        }
    }
}

/// `y` itself, and the derivatives of everything before it, given its own.
fn back<const D: usize>(y: Tensor<D>, dy: FlexTensor) -> (FlexTensor, Gradients) {
    let operands = Operands::of(y).expect("the kernels made it");
    let y = operands.tensors()[0].clone();
    let end: Tensor<1> =
        operands.record(contiguous(vec![0.0], [1]), || dy, |dy, _, _| vec![Some(dy)]);
    (y, end.backward())
}

struct Derivatives<'a> {
    gradients: &'a Gradients,
    found: Vec<Option<FlexTensor>>,
}

impl ModuleVisitor for Derivatives<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            self.found.push(gradient(&param.val(), self.gradients));
        }
    }
}

fn gradient<const D: usize>(tensor: &Tensor<D>, gradients: &Gradients) -> Option<FlexTensor> {
    let gradient = tensor.grad(gradients)?;
    gradient.try_into_primitive::<Flex>().ok()
}
