//! What a module learns.

use burn::module::{Module, ParamId};

use crate::tree::leaves;

/// A parameter of a module, or a running statistic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What Burn knows it by.
    pub id: ParamId,
    /// Where it stands in the module tree, without names of an enum's variants.
    pub path: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl Parameter {
    /// Whether it is a running statistic of a normalisation, which no gradient changes.
    pub fn is_statistic(&self) -> bool {
        // A visitor sees it as a parameter like any other; only its name tells.
        let name = self.path.rsplit('.').next();
        matches!(name, Some("running_mean" | "running_var"))
    }
}

/// All parameters and running statistics of a module, in the order in which they stand.
pub fn parameters(module: &impl Module) -> Vec<Parameter> {
    let leaves = leaves(module).into_iter();
    let parameters = leaves.filter_map(|leaf| {
        Some(Parameter {
            id: leaf.id,
            path: leaf.path,
            shape: leaf.shape?,
        })
    });
    parameters.collect()
}

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
    let parameters = parameters(module).into_iter();
    let learned = parameters.filter(|parameter| !parameter.is_statistic());
    learned
        .map(|parameter| parameter.shape.iter().product::<usize>())
        .sum()
}
