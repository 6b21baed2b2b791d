//! Where each parameter stands in a module tree.

use std::collections::HashMap;

use burn::module::{Flag, Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Bool, Int, Tensor};

/// A path from names of fields and indices, without those of an enum's variants: what is chosen
/// by a configuration does not change where a part stands.
///
/// `names` holds what a visitor was given on entering: names, and types of containers.
pub fn tree_path<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let fields = names
        .into_iter()
        .filter(|(_, container)| !container.starts_with("Enum:"))
        .map(|(name, _)| name);
    fields.collect::<Vec<_>>().join(".")
}

/// The path of each parameter and mark of a module.
pub(super) fn paths_of(module: &impl Module) -> HashMap<ParamId, String> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    visitor.found.into_iter().collect()
}

/// A module's first parameter or mark, and its path in the module.
pub(super) fn first_of(module: &impl Module) -> Option<(ParamId, String)> {
    let mut visitor = Visitor {
        first_only: true,
        ..Visitor::default()
    };
    module.visit(&mut visitor);
    visitor.found.pop()
}

#[derive(Default)]
struct Visitor {
    first_only: bool,
    names: Vec<(String, String)>,
    found: Vec<(ParamId, String)>,
}

impl Visitor {
    fn note(&mut self, id: ParamId) {
        if self.first_only && !self.found.is_empty() {
            return;
        }
        let names = self.names.iter();
        let path = tree_path(names.map(|(name, container)| (name.as_str(), container.as_str())));
        self.found.push((id, path));
    }
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.names
            .push((name.to_string(), container_type.to_string()));
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.names.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.note(param.id);
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.note(param.id);
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.note(param.id);
    }

    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.note(flag.id);
    }
}
