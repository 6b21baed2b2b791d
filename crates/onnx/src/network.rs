//! What a model computes, for any number of images.

use std::collections::{HashMap, HashSet};

use burn::backend::capture::TensorId;
use burn::backend::ir::{BaseOperationIr, IrVisitorMut, OperationIr, SliceOpIr, TensorIr};
use burn::tensor::{Slice, TensorData};
use models::{ImageSpec, ModelConfig};
use skip_blocks::outline::Recording;

use crate::OnnxError;
use crate::dims::{BATCHES, Dim, dims};

/// The operations that lead to a model's answer.
///
/// They are written down twice, for two numbers of images: what differs depends on them.
pub(crate) struct Network {
    recording: Recording,
    dims: HashMap<TensorId, Vec<Dim>>,
}

impl Network {
    /// Of a model of this configuration, for images of this size.
    pub fn of(config: &ModelConfig, image: ImageSpec) -> Result<Self, OnnxError> {
        let [channels, height, width] = image.dims();
        Self::recorded(|batch| {
            Recording::of(
                |device| config.init(device),
                |model| model.seam(config),
                [batch, channels, height, width],
                // Whatever comes after the answer is for training.
                |model, x| model.forward(x).into_iter().take(1).collect(),
            )
        })
    }

    /// Of whatever `record` writes down for a number of images.
    pub fn recorded(record: impl Fn(usize) -> Recording) -> Result<Self, OnnxError> {
        let [recording, other] = BATCHES.map(|batch| {
            let mut recording = record(batch);
            recording.operations = needed(&recording);
            recording
        });
        let mut network = Self {
            recording,
            dims: HashMap::new(),
        };
        network.compare(&other)?;
        Ok(network)
    }

    /// The operations, in order.
    pub fn operations(&self) -> &[OperationIr] {
        &self.recording.operations
    }

    /// What the input is called.
    pub fn input(&self) -> TensorId {
        self.recording.input
    }

    /// What the answer is called.
    pub fn output(&self) -> TensorId {
        self.recording.outputs[0]
    }

    /// What parameters and running statistics are called, in the order in which they stand.
    pub fn parameters(&self) -> &[TensorId] {
        &self.recording.parameters
    }

    /// The values of a tensor that is neither computed nor learned.
    pub fn constant(&self, tensor: TensorId) -> Option<&TensorData> {
        self.recording.constants.get(&tensor)
    }

    /// The lengths of a tensor's dimensions.
    pub fn dims(&self, tensor: TensorId) -> &[Dim] {
        &self.dims[&tensor]
    }

    /// The path of the part in which an operation stands.
    pub fn part(&self, operation: &OperationIr) -> &str {
        let made = operation.outputs().next();
        made.and_then(|made| self.recording.part(made.id))
            .unwrap_or_default()
    }

    /// Reads off the dimensions.
    fn compare(&mut self, other: &Recording) -> Result<(), OnnxError> {
        let counts = [self.operations().len(), other.operations.len()];
        let pairs = self.recording.operations.iter().zip(&other.operations);
        let (mut all, mut twins) = (HashMap::new(), HashMap::new());
        for (operation, other_operation) in pairs {
            let fail = |reason: &str| OnnxError::Batch {
                part: place(self.part(operation)),
                operation: name(operation),
                reason: reason.to_string(),
            };
            if counts[0] != counts[1] || alike(operation) != alike(other_operation) {
                return Err(fail("is not the same for every number of images"));
            }
            for (one, two) in operation.nodes().into_iter().zip(other_operation.nodes()) {
                let found = dims([&one.shape, &two.shape]);
                let found =
                    found.ok_or_else(|| fail("gives no whole number of values an image"))?;
                all.insert(one.id, found);
                if *twins.entry(one.id).or_insert(two.id) != two.id {
                    return Err(fail("takes other values for other numbers of images"));
                }
                if self.constant(one.id) != other.constants.get(&two.id) {
                    return Err(fail(
                        "takes values that depend on how many images there are",
                    ));
                }
            }
        }
        self.dims = all;
        Ok(())
    }
}

/// The operations that the outputs need.
fn needed(recording: &Recording) -> Vec<OperationIr> {
    let mut wanted: HashSet<_> = recording.outputs.iter().copied().collect();
    let given: HashSet<_> = recording.parameters.iter().copied().collect();
    let mut operations = vec![];
    for operation in recording.operations.iter().rev() {
        let is_given = |tensor: &TensorIr| {
            tensor.id == recording.input
                || given.contains(&tensor.id)
                || recording.constants.contains_key(&tensor.id)
        };
        let makes_wanted = |tensor: &TensorIr| wanted.contains(&tensor.id) && !is_given(tensor);
        if operation.outputs().any(makes_wanted) {
            wanted.extend(operation.inputs().map(|tensor| tensor.id));
            operations.push(operation.clone());
        }
    }
    operations.reverse();
    operations
}

/// What is the same of an operation for every number of images.
fn alike(operation: &OperationIr) -> OperationIr {
    let mut operation = operation.clone();
    if let OperationIr::BaseFloat(BaseOperationIr::Slice(slice)) = &mut operation {
        for dim in 0..slice.ranges.len() {
            if is_whole(slice, dim) {
                slice.ranges[dim] = Slice::full();
            }
        }
    }
    operation.visit_mut(&mut Forget);
    operation
}

/// Whether a slice takes all of a dimension.
pub(crate) fn is_whole(slice: &SliceOpIr, dim: usize) -> bool {
    let Slice { start, end, step } = slice.ranges[dim];
    let length = slice.tensor.shape[dim] as isize;
    start == 0 && step == 1 && end.is_none_or(|end| end >= length)
}

/// Forgets what tensors are called and how large they are.
struct Forget;

impl IrVisitorMut for Forget {
    fn visit_tensor_mut(&mut self, tensor: &mut TensorIr) {
        *tensor = TensorIr::uninit(TensorId::new(0), [0].into(), tensor.dtype);
    }
}

/// How a part is called in messages.
pub(crate) fn place(part: &str) -> String {
    match part {
        "" => "the model".to_string(),
        part => format!("'{part}'"),
    }
}

/// An operation's name: that of the innermost variant around its arguments.
pub(crate) fn name(operation: &OperationIr) -> String {
    let written = format!("{operation:?}");
    let mut words = written.split(|end: char| !end.is_alphanumeric());
    let mut name = "";
    for word in &mut words {
        if word.ends_with("Ir") {
            break;
        }
        if !word.is_empty() {
            name = word;
        }
    }
    name.to_string()
}
