//! Arrays by name.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use crate::WeightsError;

/// Values with a shape, as PyTorch has them: a linear layer's weight has its outputs first.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The length of each dimension, the outermost first; none for a single number.
    pub shape: Vec<usize>,
    /// The values, in order. Whatever a file has them in, half precision or double, they are `f32`
    /// here.
    pub values: Vec<f32>,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// What it is called in errors.
    pub(crate) file: String,
    pub(crate) arrays: BTreeMap<String, Array>,
}

impl Weights {
    /// Of these arrays. `file` is what errors call it.
    pub fn new(file: impl Into<String>, arrays: impl IntoIterator<Item = (String, Array)>) -> Self {
        Self {
            file: file.into(),
            arrays: arrays.into_iter().collect(),
        }
    }

    /// Of the values of these tensors. `file` is what errors call it.
    ///
    /// # Errors
    /// If a value cannot be brought from the device.
    pub fn of_tensors<const D: usize>(
        file: impl Into<String>,
        tensors: impl IntoIterator<Item = (String, Tensor<D>)>,
    ) -> Result<Self, WeightsError> {
        let array = |(name, tensor): (String, Tensor<D>)| {
            let shape = tensor.dims().to_vec();
            let values = tensor.try_into_vec_as::<f32>();
            let values = values.map_err(|error| WeightsError::Device(error.to_string()))?;
            Ok((name, Array { shape, values }))
        };
        let arrays: Result<Vec<_>, WeightsError> = tensors.into_iter().map(array).collect();
        Ok(Self::new(file, arrays?))
    }

    /// The array of this name.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.arrays.get(name)
    }

    /// All names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// How many arrays there are.
    pub fn len(&self) -> usize {
        self.arrays.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.arrays.is_empty()
    }
}

/// A shape without its last dimensions of one: a linear layer is a convolution of one pixel, and a
/// number is a list of one.
pub(crate) fn canonical(shape: &[usize]) -> &[usize] {
    let ones = shape.iter().rev().take_while(|length| **length == 1);
    &shape[..shape.len() - ones.count()]
}
