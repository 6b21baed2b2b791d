//! The parameters of a module, by name.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::Tensor;
use skip_blocks::seam::tree_path;

/// A parameter that is learned.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    /// What it is called.
    pub path: String,
    /// How many dimensions it has.
    pub dims: usize,
    /// What Burn knows it by.
    pub id: ParamId,
}

/// All parameters, in the order of the module; `public` gives a name for a path in the module tree.
pub(crate) fn parameters<M: Module>(module: &M, public: impl Fn(&str) -> String) -> Vec<Parameter> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    let named = |parameter: Parameter| Parameter {
        path: public(&parameter.path),
        ..parameter
    };
    visitor.found.into_iter().map(named).collect()
}

#[derive(Default)]
struct Visitor {
    names: Vec<(String, String)>,
    found: Vec<Parameter>,
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.names.push((name.to_string(), container.to_string()));
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.names.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let names = self.names.iter();
        let names = names.map(|(name, container)| (name.as_str(), container.as_str()));
        self.found.push(Parameter {
            path: tree_path(names),
            dims: D,
            id: param.id,
        });
    }
}
