//! What holds for every variant that has a name of its own.

mod common;

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Gradients, Tensor};
use common::{images, largest_difference, noise, small};
use models::{Model, Task, Variant, list, table, variants};

/// A model for small images, with 3 outputs.
fn small_model(variant: &Variant, device: &Device) -> Model {
    let config = variant.config().clone();
    config
        .with_image(small(variant))
        .with_outputs(3)
        .init(device)
}

fn answer(model: &Model, x: Tensor<4>) -> Tensor<4> {
    model.forward(x).remove(0)
}

#[test]
fn names_are_unique() {
    let all = list("*");
    let mut names: Vec<_> = all.iter().map(Variant::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
}

#[test]
fn patterns_choose_by_name() {
    let names = |pattern: &str| -> Vec<String> {
        let found = list(pattern);
        found
            .iter()
            .map(|variant| variant.name().to_string())
            .collect()
    };
    assert_eq!(names("resnet10_*"), ["resnet10_w32", "resnet10_w16"]);
    assert!(names("unet-*").contains(&"unet-densenet121".to_string()));
    assert!(!names("unet-*").contains(&"unet-highway10".to_string()));
    assert!(names("vit*").is_empty());
}

/// The committed table against the code.
#[test]
fn every_variant_has_its_parameters_and_multiply_adds() {
    for variant in list("*") {
        let size = variant.size().expect("in the table");
        assert_eq!(variant.measure(), size, "{}", variant.name());
    }
}

#[test]
fn every_variant_is_in_the_table_and_nothing_else() {
    let table: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(table::PATH).expect("committed"))
            .expect("JSON");
    let mut names: Vec<_> = table.keys().cloned().collect();
    let mut expected: Vec<_> = list("*").iter().map(|v| v.name().to_string()).collect();
    names.sort();
    expected.sort();
    assert_eq!(
        names, expected,
        "write it anew: cargo run -p train -- models --write"
    );
}

#[test]
fn every_model_gives_the_size_that_it_says() {
    let device = Device::flex();
    for variant in variants() {
        let image = small(variant);
        let config = variant.config().clone().with_image(image).with_outputs(3);
        let [height, width] = config
            .answer_size(image.height, image.width)
            .expect("large enough");
        let logits = answer(&config.init(&device), images(image, 2, &device));
        assert_eq!(logits.dims(), [2, 3, height, width], "{}", variant.name());
        if variant.task() == Task::Classification {
            assert_eq!([height, width], [1, 1]);
        }
    }
}

#[test]
fn every_configuration_can_be_written_and_read() {
    for variant in list("*") {
        let text = serde_json::to_string(variant.config()).expect("writes");
        let read: models::ModelConfig = serde_json::from_str(&text).expect("reads");
        assert_eq!(&read, variant.config(), "{}", variant.name());
    }
}

#[test]
fn every_parameter_gets_a_finite_gradient() {
    let device = Device::flex().autodiff();
    for variant in variants() {
        let model = small_model(variant, &device);
        let logits = answer(&model, images(small(variant), 2, &device));
        let weights = noise(logits.dims(), &device);
        let mut check = GradientCheck {
            gradients: (logits * weights).sum().backward(),
            path: vec![],
            faults: vec![],
        };
        model.visit(&mut check);
        assert!(
            check.faults.is_empty(),
            "{}: {:?}",
            variant.name(),
            check.faults
        );
    }
}

struct GradientCheck {
    gradients: Gradients,
    path: Vec<String>,
    faults: Vec<String>,
}

impl ModuleVisitor for GradientCheck {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.join(".");
        if path.ends_with("running_mean") || path.ends_with("running_var") {
            return;
        }
        match param.val().grad(&self.gradients) {
            None => self.faults.push(format!("{path}: none")),
            Some(gradient) => {
                let sum = gradient.abs().sum().into_scalar::<f32>();
                if !sum.is_finite() {
                    self.faults.push(format!("{path}: {sum}"));
                }
            }
        }
    }
}

#[test]
fn images_of_a_batch_do_not_see_each_other_in_evaluation() {
    let device = Device::flex();
    for variant in variants() {
        let model = small_model(variant, &device);
        let batch = images(small(variant), 2, &device);
        let together = answer(&model, batch.clone()).narrow(0, 1, 1);
        let alone = answer(&model, batch.narrow(0, 1, 1));
        let scale = alone.clone().abs().max().into_scalar::<f32>();
        let difference = largest_difference(together, alone);
        assert!(
            difference <= 1e-4 * scale,
            "{}: {difference}",
            variant.name()
        );
    }
}

#[test]
fn a_record_carries_every_model() {
    let device = Device::flex();
    for variant in variants() {
        let model = small_model(variant, &device);
        let x = images(small(variant), 1, &device);
        let expected = answer(&model, x.clone());
        let bytes = model.into_record().into_bytes().expect("writes");
        let record = ModuleRecord::from_bytes(bytes).expect("reads");
        let loaded = small_model(variant, &device).load_record(record);
        assert_eq!(
            answer(&loaded, x).to_data(),
            expected.to_data(),
            "{}",
            variant.name()
        );
    }
}
