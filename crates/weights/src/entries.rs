//! What a model has learned, by name.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use models::{Model, ModelConfig};

use crate::slots::{Slot, slots, turned};
use crate::{Array, WeightsError};

/// A parameter or running statistic of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its public name.
    pub name: String,
    /// Its values, as PyTorch keeps them.
    pub array: Array,
    /// Whether Burn keeps it the other way round: a linear layer's weight, with its inputs first.
    pub is_turned: bool,
}

/// All parameters and running statistics of a model, in the order in which they stand.
///
/// # Errors
/// If a value cannot be brought from the device.
pub fn entries(model: &Model, config: &ModelConfig) -> Result<Vec<Entry>, WeightsError> {
    let mut values = Values::default();
    model.visit(&mut values);
    let slots = slots(model, config).into_iter().zip(values.0);
    let entry = |(slot, values): (Slot, Result<Vec<f32>, String>)| {
        let values = values.map_err(WeightsError::Device)?;
        let values = match slot.is_turned {
            true => turned(&values, slot.shape[0]),
            false => values,
        };
        Ok(Entry {
            name: slot.name,
            array: Array {
                shape: slot.shape,
                values,
            },
            is_turned: slot.is_turned,
        })
    };
    slots.map(entry).collect()
}

#[derive(Default)]
struct Values(Vec<Result<Vec<f32>, String>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val().try_into_vec_as::<f32>();
        self.0.push(values.map_err(|error| error.to_string()));
    }
}
