//! Which operations belong to which part, where they are written down and not computed.

use burn::backend::capture::{CaptureBackend, TensorId};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::record::Span;
use super::scope::active;

/// The start of a span.
pub(super) struct Start {
    path: String,
    first: TensorId,
}

/// Begins a part, if parts are traced.
pub(super) fn start<const D: usize>(part: &impl Module, inputs: &[Tensor<D>]) -> Option<Start> {
    let scope = active().filter(|scope| scope.plan.traced)?;
    let first = now(&inputs.first()?.device())?;
    let path = scope.plan.path_of(part)?;
    Some(Start { path, first })
}

/// Ends it.
pub(super) fn end<const D: usize>(start: Option<Start>, output: &Tensor<D>) {
    if let (Some(Start { path, first }), Some(scope)) = (start, active())
        && let Some(last) = now(&output.device())
    {
        let span = Span { path, first, last };
        scope.record.borrow_mut().spans.push(span);
    }
}

/// What a tensor is called where operations are written down; none elsewhere.
pub(crate) fn id_of<const D: usize>(tensor: Tensor<D>) -> Option<TensorId> {
    Some(tensor.try_into_primitive::<CaptureBackend>().ok()?.id())
}

/// A name between those of the results before and after: names count up.
fn now(device: &Device) -> Option<TensorId> {
    id_of(Tensor::<1>::empty([1], device))
}
