//! Every model of the registry becomes a file.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};
use models::list;
use onnx::{Options, to_proto};

/// Drawing all weights would take minutes, and they do not matter.
struct Zeros;

impl ModuleMapper for Zeros {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let zeros = Tensor::zeros(param.lazy_shape(), &param.lazy_device());
        Param::initialized(param.id, zeros)
    }
}

#[test]
fn no_operation_of_any_variant_is_without_onnx() {
    let mut failures = vec![];
    let variants = list("*");
    for variant in &variants {
        let config = variant.config();
        let model = config.init(&Device::flex()).map(&mut Zeros);
        let options = Options::default();
        if let Err(error) = to_proto(&model, config, variant.input(), &options) {
            failures.push(format!("{}: {error}", variant.name()));
        }
    }
    assert!(variants.len() > 200, "{}", variants.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
