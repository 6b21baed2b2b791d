//! A model with the values of the formula in every parameter and running statistic.

use std::collections::HashMap;
use std::fmt;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use models::{Model, ModelConfig};

use crate::Keys;
use crate::fill::{hash, values};

/// The model of a configuration, filled: each parameter by its public name, in the order in which
/// PyTorch keeps it.
///
/// # Errors
/// If its names and shapes are not those of the twin.
pub fn filled(config: &ModelConfig, twin: &Keys, device: &Device) -> Result<Model, KeysDiffer> {
    let model = config.init(device);
    let mut fill = Fill {
        config,
        names: names(&model, config),
        containers: Containers::default(),
        lines: vec![],
    };
    let model = model.map(&mut fill);
    fill.lines.sort_unstable();
    let text: String = fill.lines.iter().map(|line| format!("{line}\n")).collect();
    let ours = Keys {
        count: fill.lines.len(),
        hash: format!("{:016x}", hash(&text)),
    };
    match ours == *twin {
        true => Ok(model),
        false => Err(KeysDiffer {
            ours: fill.lines,
            twins: twin.count,
        }),
    }
}

/// The values of all parameters and running statistics, or the gradients of those that have one, by
/// public name and in the order in which PyTorch keeps them.
pub(crate) fn each_value(
    model: &Model,
    config: &ModelConfig,
    gradients: Option<&Gradients>,
    visit: impl FnMut(&str, &[usize], &[f32]),
) {
    model.visit(&mut Read {
        names: names(model, config),
        containers: Containers::default(),
        gradients,
        visit,
    });
}

fn names(model: &Model, config: &ModelConfig) -> HashMap<ParamId, String> {
    let keys = model.keys(config).into_iter();
    keys.map(|key| (key.id, key.name)).collect()
}

/// A model's names or shapes are not those of its twin.
#[derive(Clone, Debug)]
pub struct KeysDiffer {
    /// What ours are, sorted, a line each.
    pub ours: Vec<String>,
    /// How many the twin has.
    pub twins: usize,
}

impl fmt::Display for KeysDiffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "names and shapes are not those of the twin, which `make.py --keys NAME` prints; it has \
             {}, ours are {}:\n{}",
            self.twins,
            self.ours.len(),
            self.ours.join("\n")
        )
    }
}

impl std::error::Error for KeysDiffer {}

/// Fills what is not drawn yet: nothing is drawn at random first.
struct Fill<'a> {
    config: &'a ModelConfig,
    names: HashMap<ParamId, String>,
    containers: Containers,
    lines: Vec<String>,
}

impl ModuleMapper for Fill<'_> {
    fn enter_module(&mut self, _name: &str, container_type: &str) {
        self.containers.enter(container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.containers.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.names.remove(&param.id).expect("each is filled once");
        let shape = param.lazy_shape();
        let data = if self.containers.turn(D) {
            let [inputs, outputs] = [shape[0], shape[1]];
            self.note(&name, &[outputs, inputs]);
            let turned = transposed(&values(&name, &[outputs, inputs]), inputs);
            TensorData::new(turned, shape)
        } else {
            self.note(&name, &shape);
            TensorData::new(values(&name, &shape), shape)
        };
        let tensor = Tensor::from_data(data, &param.lazy_device());
        Param::initialized(param.id, tensor).set_require_grad(true)
    }
}

impl Fill<'_> {
    /// A line for each name that the twin has for it, with the shape there.
    fn note(&mut self, name: &str, shape: &[usize]) {
        let shape = self.config.shape_elsewhere(name, shape);
        let names = self.config.names_elsewhere(name).into_iter();
        self.lines
            .extend(names.map(|name| format!("{name} {shape:?}")));
    }
}

struct Read<'a, F> {
    names: HashMap<ParamId, String>,
    containers: Containers,
    gradients: Option<&'a Gradients>,
    visit: F,
}

impl<F: FnMut(&str, &[usize], &[f32])> ModuleVisitor for Read<'_, F> {
    fn enter_module(&mut self, _name: &str, container_type: &str) {
        self.containers.enter(container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.containers.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = match self.gradients {
            Some(gradients) => param.val().grad(gradients),
            None => Some(param.val()),
        };
        let Some(tensor) = tensor else { return };
        let mut shape = tensor.dims();
        let mut values: Vec<f32> = tensor.into_data().try_to_vec().expect("f32");
        if self.containers.turn(D) {
            values = transposed(&values, shape[1]);
            shape.swap(0, 1);
        }
        (self.visit)(&self.names[&param.id], &shape, &values);
    }
}

/// The types of the modules around.
#[derive(Default)]
struct Containers(Vec<String>);

impl Containers {
    fn enter(&mut self, container_type: &str) {
        self.0.push(container_type.to_string());
    }

    fn exit(&mut self) {
        self.0.pop();
    }

    /// Whether a tensor of so many dimensions stands here the other way round: Burn keeps a linear
    /// layer's weight with its inputs first, PyTorch with its outputs first.
    fn turn(&self, dimensions: usize) -> bool {
        dimensions == 2 && self.0.last().is_some_and(|kind| kind == "Struct:Linear")
    }
}

/// A matrix of rows of this length, by columns.
fn transposed(values: &[f32], row: usize) -> Vec<f32> {
    let column = |at: usize| values.iter().skip(at).step_by(row);
    (0..row).flat_map(column).copied().collect()
}
