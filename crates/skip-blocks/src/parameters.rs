//! Counting what a module learns.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// How many values a module learns: its float parameters, without the running statistics of its
/// normalisations, which [`Module::num_params`] counts too. This is the number that papers and
/// PyTorch's `parameters()` give.
///
/// ```
/// use burn::tensor::Device;
/// use skip_blocks::layers::NormKind;
/// use skip_blocks::parameter_count;
///
/// let norm = NormKind::Batch.init(8, &Device::flex());
/// assert_eq!(parameter_count(&norm), 2 * 8);
/// ```
pub fn parameter_count(module: &impl Module) -> usize {
    let mut count = Count::default();
    module.visit(&mut count);
    count.parameters
}

#[derive(Default)]
struct Count {
    path: Vec<String>,
    parameters: usize,
}

impl ModuleVisitor for Count {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // A visitor sees a running statistic as a parameter like any other; only its name tells.
        let name = self.path.last().map(String::as_str);
        if !matches!(name, Some("running_mean" | "running_var")) {
            self.parameters += param.lazy_shape().num_elements();
        }
    }
}
