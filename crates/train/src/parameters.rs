//! The parameters of a module, by path.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;

/// A parameter that is learned.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// Its fields' names, joined by dots; enumerations are not named.
    pub path: String,
    /// How many dimensions it has.
    pub dims: usize,
    /// What Burn knows it by.
    pub id: ParamId,
}

/// All parameters, in the order of the module.
pub(crate) fn parameters<M: Module>(module: &M) -> Vec<Parameter> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    visitor.found
}

#[derive(Default)]
struct Visitor {
    path: Vec<(String, bool)>,
    found: Vec<Parameter>,
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, container: &str) {
        // What is inside of an enumeration is named after its variant.
        let inside_enum = container.starts_with("Enum:");
        self.path.push((name.to_string(), !inside_enum));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let named = self.path.iter().filter(|(_, named)| *named);
        let names: Vec<&str> = named.map(|(name, _)| name.as_str()).collect();
        self.found.push(Parameter {
            path: names.join("."),
            dims: D,
            id: param.id,
        });
    }
}
