//! From Burn's operations to ONNX's, one after the other.

mod activation;
mod base;
mod module;
mod numeric;

use std::collections::HashMap;

use burn::backend::capture::TensorId;
use burn::backend::ir::{FloatOperationIr, OperationIr, TensorIr};
use burn::tensor::DType;
use weights::Entry;

use crate::OnnxError;
use crate::attribute::{int, lengths};
use crate::dims::Dim;
use crate::graph::Graph;
use crate::network::{Network, name, place};

/// Why an operation has no nodes.
pub(crate) enum Refusal {
    /// There is no arm for it.
    Unsupported,
    /// It depends on how many images there are, so.
    Batch(&'static str),
}

/// What comes of an operation: the name of its result.
pub(crate) type Lowered = Result<String, Refusal>;

/// A model's operations, as they become nodes.
pub(crate) struct Lowering<'a> {
    pub graph: Graph,
    network: &'a Network,
    /// Parameters that no node has taken yet.
    entries: HashMap<TensorId, &'a Entry>,
    /// What tensors are called in the graph.
    names: HashMap<TensorId, String>,
    /// The parameters that Burn keeps the other way round, by what they are called as they are kept
    /// in the graph.
    turned: HashMap<TensorId, String>,
    /// The number of images, once a node has asked for it.
    batch: Option<String>,
    input: &'a str,
}

impl<'a> Lowering<'a> {
    /// Of a network with these parameters, after nodes that prepare its images: `image` is what
    /// they give, and `input` what the whole graph is given.
    pub fn new(
        network: &'a Network,
        entries: &'a [Entry],
        graph: Graph,
        image: String,
        input: &'a str,
    ) -> Self {
        let parameters = network.parameters().iter().copied();
        Self {
            graph,
            network,
            entries: parameters.zip(entries).collect(),
            names: [(network.input(), image)].into(),
            turned: HashMap::new(),
            batch: None,
            input,
        }
    }

    /// Lowers all operations, and says what the answer is called.
    pub fn run(&mut self) -> Result<String, OnnxError> {
        for operation in self.network.operations() {
            let part = self.part(operation);
            self.graph.enter(&part);
            let lowered = self.lower(operation).map_err(|refusal| match refusal {
                Refusal::Unsupported => OnnxError::Unsupported {
                    part: place(&part),
                    operation: name(operation),
                },
                Refusal::Batch(reason) => OnnxError::Batch {
                    part: place(&part),
                    operation: name(operation),
                    reason: reason.to_string(),
                },
            })?;
            if let Some(output) = operation.outputs().next() {
                self.names.insert(output.id, lowered);
            }
        }
        self.graph.enter("");
        Ok(self.names[&self.network.output()].clone())
    }

    /// The part of the model that an operation stands in: the layer whose parameters it takes, or
    /// whatever it was made in.
    fn part(&self, operation: &OperationIr) -> String {
        let entry = |tensor: &TensorIr| self.entries.get(&tensor.id).copied();
        let layer = operation.inputs().find_map(entry).map(|entry| {
            let layer = entry.name.rsplit_once('.');
            layer.map_or(entry.name.as_str(), |(layer, _)| layer)
        });
        layer
            .unwrap_or_else(|| self.network.part(operation))
            .to_string()
    }

    fn lower(&mut self, operation: &OperationIr) -> Lowered {
        let is_float = |tensor: &TensorIr| tensor.dtype == DType::F32;
        if !operation.nodes().into_iter().all(is_float) {
            return Err(Refusal::Unsupported);
        }
        match operation {
            OperationIr::BaseFloat(operation) => self.base(operation),
            OperationIr::NumericFloat(_, operation) => self.numeric(operation),
            OperationIr::Float(_, operation) => self.float(operation),
            OperationIr::Module(operation) => self.module(operation),
            OperationIr::Activation(operation) => self.activation(operation),
            _ => Err(Refusal::Unsupported),
        }
    }

    fn float(&mut self, operation: &FloatOperationIr) -> Lowered {
        Ok(match operation {
            FloatOperationIr::Sqrt(op) => self.unary("Sqrt", &op.input),
            FloatOperationIr::Erf(op) => self.unary("Erf", &op.input),
            FloatOperationIr::Tanh(op) => self.unary("Tanh", &op.input),
            FloatOperationIr::Matmul(op) => self.product(&op.lhs, &op.rhs),
            _ => return Err(Refusal::Unsupported),
        })
    }

    /// A product of matrices. A linear layer's weight is taken as PyTorch keeps it, where ONNX can.
    fn product(&mut self, one: &TensorIr, other: &TensorIr) -> String {
        match (one.shape.len(), self.outputs_first(other)) {
            (2, Some(weight)) => {
                let one = self.value(one);
                self.graph
                    .node("Gemm", &[&one, &weight], [int("transB", 1)])
            }
            _ => self.binary("MatMul", one, other),
        }
    }

    /// What a tensor is called in the graph, as Burn has it.
    fn value(&mut self, tensor: &TensorIr) -> String {
        if let Some(name) = self.names.get(&tensor.id) {
            return name.clone();
        }
        let name = match self.entries.get(&tensor.id).copied() {
            Some(entry) if entry.is_turned => {
                let kept = self.kept(tensor.id, entry);
                self.graph
                    .node("Transpose", &[&kept], [lengths("perm", [1, 0])])
            }
            Some(entry) => {
                let shape: Vec<_> = tensor.shape.to_vec();
                self.graph
                    .parameter(&entry.name, &shape, &entry.array.values);
                entry.name.clone()
            }
            None => {
                let data = self.network.constant(tensor.id);
                let values = data.and_then(|data| data.as_slice::<f32>().ok());
                // Whatever is neither computed nor a parameter has values.
                self.graph
                    .constant(&tensor.shape, values.unwrap_or_default())
            }
        };
        self.names.insert(tensor.id, name.clone());
        name
    }

    /// What a linear layer's weight is called as PyTorch keeps it, its outputs first; none for
    /// anything else.
    fn outputs_first(&mut self, tensor: &TensorIr) -> Option<String> {
        let entry = self.entries.get(&tensor.id).copied()?;
        entry.is_turned.then(|| self.kept(tensor.id, entry))
    }

    fn kept(&mut self, id: TensorId, entry: &Entry) -> String {
        if let Some(name) = self.turned.get(&id) {
            return name.clone();
        }
        let array = &entry.array;
        self.graph
            .parameter(&entry.name, &array.shape, &array.values);
        self.turned.insert(id, entry.name.clone());
        entry.name.clone()
    }

    fn unary(&mut self, op_type: &str, input: &TensorIr) -> String {
        let input = self.value(input);
        self.graph.node(op_type, &[&input], [])
    }

    fn binary(&mut self, op_type: &str, one: &TensorIr, other: &TensorIr) -> String {
        let (one, other) = (self.value(one), self.value(other));
        self.graph.node(op_type, &[&one, &other], [])
    }

    fn dims(&self, tensor: &TensorIr) -> &'a [Dim] {
        self.network.dims(tensor.id)
    }

    /// A row of lengths, of which some are so many for each image.
    fn shape(&mut self, dims: &[Dim]) -> String {
        if let Some(fixed) = fixed(dims) {
            return self.graph.integers(&fixed);
        }
        let pieces: Vec<_> = dims
            .iter()
            .map(|dim| match *dim {
                Dim::Fixed(length) => self.graph.integers(&[length as i64]),
                Dim::PerImage(1) => self.batch(),
                Dim::PerImage(each) => {
                    let (batch, each) = (self.batch(), self.graph.integers(&[each as i64]));
                    self.graph.node("Mul", &[&batch, &each], [])
                }
            })
            .collect();
        let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
        self.graph.node("Concat", &pieces, [int("axis", 0)])
    }

    /// The number of images.
    fn batch(&mut self) -> String {
        if let Some(batch) = &self.batch {
            return batch.clone();
        }
        let ends = [int("start", 0), int("end", 1)];
        let batch = self.graph.node("Shape", &[self.input], ends);
        self.batch.insert(batch).clone()
    }
}

/// The lengths, where none depends on how many images there are.
fn fixed(dims: &[Dim]) -> Option<Vec<i64>> {
    let length = |dim: &Dim| match *dim {
        Dim::Fixed(length) => Some(length as i64),
        Dim::PerImage(_) => None,
    };
    dims.iter().map(length).collect()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Tensor, s};
    use skip_blocks::layers::NormKind;
    use skip_blocks::outline::Recording;
    use skip_blocks::seam::Seam;

    use super::*;

    /// What becomes of operations on images.
    fn lowered(forward: fn(Tensor<4>) -> Tensor<4>) -> Result<String, String> {
        let network = Network::recorded(|batch| {
            Recording::of(
                |device| NormKind::None.init(2, device),
                Seam::of,
                [batch, 2, 4, 4],
                |_, x| vec![forward(x)],
            )
        });
        let network = network.map_err(|error| error.to_string())?;
        let image = "x".to_string();
        let mut lowering = Lowering::new(&network, &[], Graph::default(), image, "x");
        lowering.run().map_err(|error| error.to_string())
    }

    #[test]
    fn an_operation_without_nodes_is_named() {
        let refused = lowered(|x| x.flip([2])).expect_err("refused");
        let expected = "in the model: there is no ONNX for the operation Flip; ";
        assert!(refused.starts_with(expected), "{refused}");
    }

    #[test]
    fn a_batch_that_cannot_be_left_open_is_named() {
        let refused = lowered(|x| {
            let [batch, ..] = x.dims();
            x / batch as f64
        });
        let expected = "in the model: the operation DivScalar is not the same for every number of \
                        images, so its batch cannot be left open";
        assert_eq!(refused, Err(expected.to_string()));
        let refused = lowered(|x| x.slice(s![0..1])).expect_err("refused");
        assert!(
            refused.contains("Slice takes some of the images alone"),
            "{refused}"
        );
    }

    #[test]
    fn a_batch_in_a_shape_is_left_open() {
        let images = lowered(|x| {
            let [batch, ..] = x.dims();
            let mean = x.clone().mean_dim(1).reshape([batch * 16, 1]);
            x + mean.reshape([batch, 1, 4, 4]).expand([batch, 2, 4, 4])
        });
        assert_eq!(images, Ok("Add".to_string()));
    }
}
