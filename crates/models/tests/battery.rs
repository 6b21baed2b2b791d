//! What holds for every variant that has a name of its own: a test for each, which makes the model
//! once.

mod common;

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Gradients, Tensor};
use common::{images, largest_difference, noise, small};
use libtest_mimic::{Arguments, Failed, Trial};
use models::{Model, ModelConfig, Task, Variant, variants};

fn main() {
    let trials = variants().iter().map(|variant| {
        Trial::test(variant.name(), || {
            Small::of(variant).holds();
            Ok::<(), Failed>(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// A variant for small images, with 3 outputs.
struct Small<'a> {
    variant: &'a Variant,
    config: ModelConfig,
    images: Tensor<4>,
}

impl<'a> Small<'a> {
    fn of(variant: &'a Variant) -> Self {
        let image = small(variant);
        let config = variant.config().clone();
        Self {
            variant,
            config: config.with_image(image).with_outputs(3),
            images: images(image, 2, &Device::flex()),
        }
    }

    fn holds(self) {
        let model = self.config.init(&Device::flex().autodiff());
        self.it_gives_the_size_that_it_says_and_every_parameter_a_gradient(&model);
        let model = model.valid();
        self.images_of_a_batch_do_not_see_each_other(&model);
        self.a_record_carries_it(model);
    }

    fn it_gives_the_size_that_it_says_and_every_parameter_a_gradient(&self, model: &Model) {
        let answers = model.forward(self.images.clone().autodiff());
        let logits = &answers[0];
        let [_, _, height, width] = self.images.dims();
        let [height, width] = self
            .config
            .answer_size(height, width)
            .expect("large enough");
        assert_eq!(logits.dims(), [2, 3, height, width]);
        if self.variant.task() == Task::Classification {
            assert_eq!([height, width], [1, 1]);
        }
        let losses = answers.into_iter().map(|answer| {
            let weights = noise(answer.dims(), &answer.device());
            (answer * weights).sum()
        });
        let loss = losses.reduce(|sum, loss| sum + loss).expect("an answer");
        let mut check = GradientCheck {
            gradients: loss.backward(),
            path: vec![],
            faults: vec![],
        };
        model.visit(&mut check);
        assert!(check.faults.is_empty(), "{:?}", check.faults);
    }

    fn images_of_a_batch_do_not_see_each_other(&self, model: &Model) {
        let together = answer(model, self.images.clone()).narrow(0, 1, 1);
        let alone = answer(model, self.images.clone().narrow(0, 1, 1));
        let scale = alone.clone().abs().max().into_scalar::<f32>();
        let difference = largest_difference(together, alone);
        assert!(difference <= 1e-4 * scale, "{difference} of {scale}");
    }

    fn a_record_carries_it(&self, model: Model) {
        let expected = answer(&model, self.images.clone());
        let bytes = model.into_record().into_bytes().expect("writes");
        let record = ModuleRecord::from_bytes(bytes).expect("reads");
        let loaded = self.config.init(&Device::flex()).load_record(record);
        let found = answer(&loaded, self.images.clone());
        assert_eq!(found.to_data(), expected.to_data());
    }
}

fn answer(model: &Model, x: Tensor<4>) -> Tensor<4> {
    model.forward(x).remove(0)
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
