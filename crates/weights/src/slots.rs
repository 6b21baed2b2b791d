//! The places for weights in a model.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use models::{Model, ModelConfig};

/// A parameter or running statistic.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub id: ParamId,
    /// Its public name.
    pub name: String,
    /// All names that PyTorch has for it, this one first.
    pub names: Vec<String>,
    /// Its shape in PyTorch, but for dimensions of one behind it.
    pub shape: Vec<usize>,
    /// Whether Burn keeps it with its inputs first, and PyTorch with its outputs first.
    pub is_turned: bool,
    pub is_head: bool,
    pub is_encoder: bool,
}

impl Slot {
    /// One of its names in its own part of the model: that in a classifier, where the encoder is all
    /// but the head and its names have nothing before them.
    pub fn in_encoder<'a>(&self, name: &'a str) -> &'a str {
        match self.is_encoder {
            true => name.strip_prefix("encoder.").unwrap_or(name),
            false => name,
        }
    }
}

/// All of a model, in the order in which they stand.
pub(crate) fn slots(model: &Model, config: &ModelConfig) -> Vec<Slot> {
    let mut places = Places::default();
    model.visit(&mut places);
    let keys = model.keys(config).into_iter();
    let slots = keys.zip(places.found).map(|(key, place)| {
        let is_turned = place.is_linear && key.shape.len() == 2;
        let mut shape = key.shape;
        if is_turned {
            shape.reverse();
        }
        Slot {
            id: key.id,
            names: config.names_elsewhere(&key.name),
            name: key.name,
            shape,
            is_turned,
            is_head: matches!(place.part.as_str(), "head" | "auxiliary"),
            is_encoder: place.part == "encoder",
        }
    });
    slots.collect()
}

#[derive(Default)]
struct Places {
    names: Vec<String>,
    holders: Vec<String>,
    found: Vec<Place>,
}

struct Place {
    is_linear: bool,
    /// The part of the model that it stands in.
    part: String,
}

impl ModuleVisitor for Places {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.names.push(name.to_string());
        self.holders.push(container_type.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.names.pop();
        self.holders.pop();
    }

    fn visit_float<const D: usize>(&mut self, _param: &Param<Tensor<D>>) {
        self.found.push(Place {
            is_linear: self
                .holders
                .last()
                .is_some_and(|kind| kind == "Struct:Linear"),
            part: self.names.first().cloned().unwrap_or_default(),
        });
    }
}

/// A matrix with this many columns, by columns.
pub(crate) fn turned(values: &[f32], columns: usize) -> Vec<f32> {
    let column = |at: usize| values.iter().skip(at).step_by(columns);
    (0..columns).flat_map(column).copied().collect()
}
