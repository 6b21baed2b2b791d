//! What stands where in a module tree.

use burn::module::{Flag, Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Bool, Int, Tensor};

/// Something in a module tree that has an id.
pub(crate) struct Leaf {
    pub id: ParamId,
    /// Names of fields and indices, without those of an enum's variants: what is chosen by a
    /// configuration does not change where a part stands.
    pub path: String,
    /// The type of the module that holds it, such as `Conv2d`.
    pub holder: String,
    /// Of a float tensor; none for anything else.
    pub shape: Option<Vec<usize>>,
    /// Whether it switches how its module behaves in training.
    pub is_flag: bool,
}

/// All leaves of a module, in the order in which they stand.
pub(crate) fn leaves(module: &impl Module) -> Vec<Leaf> {
    let mut visitor = Visitor::default();
    module.visit(&mut visitor);
    visitor.found
}

/// The first of them.
pub(crate) fn first_leaf(module: &impl Module) -> Option<Leaf> {
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
    /// Where the visit is: a name, unless it is a variant's.
    names: Vec<Option<String>>,
    /// The type of what holds each of them.
    holders: Vec<String>,
    found: Vec<Leaf>,
}

impl Visitor {
    fn note(&mut self, id: ParamId, is_flag: bool, shape: impl FnOnce() -> Option<Vec<usize>>) {
        if self.first_only && !self.found.is_empty() {
            return;
        }
        let names = self.names.iter().flatten().map(String::as_str);
        self.found.push(Leaf {
            id,
            path: names.collect::<Vec<_>>().join("."),
            holder: self.holders.last().cloned().unwrap_or_default(),
            shape: shape(),
            is_flag,
        });
    }
}

impl ModuleVisitor for Visitor {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        let is_variant = container_type.starts_with("Enum:");
        self.names.push((!is_variant).then(|| name.to_string()));
        let holder = container_type.rsplit(':').next().unwrap_or_default();
        self.holders.push(holder.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.names.pop();
        self.holders.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.note(param.id, false, || Some(param.lazy_shape().to_vec()));
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.note(param.id, false, || None);
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.note(param.id, false, || None);
    }

    fn visit_flag(&mut self, flag: &Param<Flag>) {
        self.note(flag.id, true, || None);
    }
}
