//! A network's operations, written down.

use std::collections::BTreeMap;

use burn::backend::capture::TensorId;
use burn::backend::ir::OperationIr;
use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{CapturedGraph, Device, Tensor, TensorData};

use crate::seam::Seam;
use crate::seam::record::Span;
use crate::seam::trace::id_of;

/// What a network does with an input of one shape: its operations in Burn's own form, in evaluation.
///
/// ```
/// use burn::backend::ir::{ModuleOperationIr, OperationIr};
/// use burn::module::Module;
/// use burn::tensor::Device;
/// use skip_blocks::layers::{Act, conv, conv3x3};
/// use skip_blocks::outline::Recording;
/// use skip_blocks::seam::Seam;
///
/// let recording = Recording::of(
///     |device| conv3x3(3, 8).init(device),
///     Seam::of,
///     [1, 3, 16, 16],
///     |layer, x| vec![conv(x, layer, Act::None)],
/// );
/// let convolution = recording.operations.iter().find_map(|operation| match operation {
///     OperationIr::Module(ModuleOperationIr::Conv2d(convolution)) => Some(convolution),
///     _ => None,
/// });
/// let convolution = convolution.expect("a convolution");
/// assert_eq!(convolution.x.id, recording.input);
/// assert_eq!(convolution.weight.id, recording.parameters[0]);
/// assert_eq!(convolution.out.id, recording.outputs[0]);
/// ```
#[derive(Clone, Debug)]
pub struct Recording {
    /// The operations, in order.
    pub operations: Vec<OperationIr>,
    /// The values of tensors that are neither computed nor drawn.
    pub constants: BTreeMap<TensorId, TensorData>,
    /// What parameters and running statistics are called here, in the order in which they stand.
    pub parameters: Vec<TensorId>,
    /// What the input is called.
    pub input: TensorId,
    /// What the outputs are called.
    pub outputs: Vec<TensorId>,
    parts: Vec<Span>,
}

impl Recording {
    /// Of what `forward` does with an input of this shape. No weight is drawn, and nothing is
    /// computed. Parts are called as `seam` has them.
    pub fn of<M: Module, const D: usize, const E: usize>(
        make: impl FnOnce(&Device) -> M,
        seam: impl FnOnce(&M) -> Seam,
        input: [usize; D],
        forward: impl FnOnce(&M, Tensor<D>) -> Vec<Tensor<E>>,
    ) -> Self {
        let (run, graph) = captured(|device| {
            let network = make(device);
            let parameters = tensors(&network).into_iter().map(|(_, id)| id).collect();
            let seam = seam(&network).trace();
            let x = Tensor::ones(input, device);
            let input = named(&x);
            let (outputs, record) = seam.run(|| forward(&network, x));
            let outputs: Vec<_> = outputs.iter().map(named).collect();
            (parameters, input, outputs, record.spans().to_vec())
        });
        let (parameters, input, outputs, parts) = run;
        Self {
            operations: graph.graph.operations,
            constants: graph.values,
            parameters,
            input,
            outputs,
            parts,
        }
    }

    /// The path of the smallest part in which a tensor was made; none outside of all.
    pub fn part(&self, tensor: TensorId) -> Option<&str> {
        let around = |span: &&Span| span.first < tensor && tensor < span.last;
        let length = |span: &&Span| span.last.value() - span.first.value();
        let smallest = self.parts.iter().filter(around).min_by_key(length);
        smallest.map(|span| span.path.as_str())
    }
}

/// What a network's parameters and running statistics are called where operations are written down,
/// in the order in which they stand; none of them elsewhere.
pub(super) fn tensors(network: &impl Module) -> Vec<(ParamId, TensorId)> {
    let mut tensors = Tensors::default();
    network.visit(&mut tensors);
    tensors.0
}

#[derive(Default)]
struct Tensors(Vec<(ParamId, TensorId)>);

impl ModuleVisitor for Tensors {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(id) = id_of(param.val()) {
            self.0.push((param.id, id));
        }
    }
}

/// What a tensor is called on a device that writes down.
pub(super) fn named<const D: usize>(tensor: &Tensor<D>) -> TensorId {
    id_of(tensor.clone()).expect("a device that writes down")
}

/// Runs `forward` on a device that computes nothing, and gives what was written down.
pub(super) fn captured<T>(forward: impl FnOnce(&Device) -> T) -> (T, CapturedGraph) {
    let device = Device::capture();
    let mut result = None;
    let graph = device.capture_scope(|scope| {
        result = Some(forward(&device));
        scope.complete([], [])
    });
    let graph = graph.unwrap_or_else(|error| panic!("a new device writes down anything: {error}"));
    (result.expect("the scope has run"), graph)
}
