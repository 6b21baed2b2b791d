//! Whether two runs came to the same, to the bit.

use std::fs;
use std::path::Path;

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device, Tensor};
use train::network::{configure, init};
use train::run_folder::RunFolder;

use super::read;

/// What a run came to: every parameter and running statistic of its checkpoint, by file, what it
/// wrote of its epochs, and what it says of the test.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    parameters: Vec<(String, Vec<u32>)>,
    metrics: String,
    test: serde_json::Value,
}

impl Outcome {
    pub fn of(run: &Path) -> Self {
        let folder = RunFolder::open(run).expect("a run");
        let config = folder.read_config().expect("readable");
        let checkpoint = folder.newest_checkpoint().expect("one");
        let (model, problem) = (&config.recipe.model, &config.problem);
        let made = configure(
            &model.name,
            &model.fields,
            problem.image,
            problem.classes.len(),
        );
        let names = ["model.bpk", "average.bpk", "best.bpk"];
        let names = names.into_iter().filter(|name| checkpoint.has(name));
        let made = made.expect("a model");
        let parameters = names.map(|name| {
            let bytes = Bytes::from_bytes_vec(checkpoint.load(name).expect("whole"));
            let record = ModuleRecord::from_bytes(bytes).expect("readable");
            let mut bits = Bits::default();
            let model = init(&made, &Device::flex()).load_record(record);
            model.visit(&mut bits);
            (name.to_string(), bits.0)
        });
        Self {
            parameters: parameters.collect(),
            metrics: fs::read_to_string(folder.metrics()).expect("written"),
            test: read(&folder.summary())["test"].clone(),
        }
    }
}

#[derive(Default)]
struct Bits(Vec<u32>);

impl ModuleVisitor for Bits {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values: Vec<f32> = param.val().into_data().try_to_vec().expect("f32");
        self.0.extend(values.into_iter().map(f32::to_bits));
    }
}
