//! What holds for every row of the registry.

use burn::module::{Module, ModuleVisitor, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Distribution, Gradients, Tensor, TensorData};
use models::{Architecture, Classifier, ImageSpec, ModelEntry, Segmenter, Task, registry};
use rand::SeedableRng;
use rand::rngs::StdRng;
use skip_blocks::layers::count_macs;
use skip_blocks::parameter_count;

#[derive(Module, Debug)]
enum Model {
    Classifier(Classifier),
    Segmenter(Segmenter),
}

impl Model {
    fn new(entry: &ModelEntry, image: ImageSpec, classes: usize, device: &Device) -> Self {
        match entry.architecture {
            Architecture::Classifier(config) => {
                Self::Classifier(config(image, classes).init(device))
            }
            Architecture::Segmenter(config) => Self::Segmenter(config(image, classes).init(device)),
        }
    }

    /// The logits, flattened behind the classes: `[batch, classes, pixels]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<3> {
        match self {
            Self::Classifier(model) => model.forward(x).unsqueeze_dim(2),
            Self::Segmenter(model) => model.forward(x).flatten(2, 3),
        }
    }
}

/// The smallest image that shows everything: the battery is about wiring, not about size.
fn small(entry: &ModelEntry) -> ImageSpec {
    let size = match entry.name {
        // Valid convolutions eat the border.
        "unet" => 188,
        _ => entry.input.height.min(32),
    };
    ImageSpec {
        channels: entry.input.channels,
        height: size,
        width: size,
    }
}

fn images(image: ImageSpec, batch: usize, device: &Device) -> Tensor<4> {
    let [channels, height, width] = image.dims();
    let shape = [batch, channels, height, width];
    noise(shape, device)
}

/// The same values whatever other tests draw: Burn's own generator serves the whole process.
fn noise<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let normal = Distribution::Normal(0.0, 1.0);
    let data = TensorData::random::<f32, _, _>(shape, normal, &mut StdRng::seed_from_u64(3));
    Tensor::from_data(data, device)
}

fn largest_difference(a: Tensor<3>, b: Tensor<3>) -> f32 {
    (a - b).abs().max().into_scalar()
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = registry().iter().map(|entry| entry.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), registry().len());
}

#[test]
fn every_model_has_its_parameters() {
    for entry in registry() {
        let model = Model::new(entry, entry.input, entry.classes, &Device::flex());
        assert_eq!(parameter_count(&model), entry.parameters, "{}", entry.name);
    }
}

#[test]
fn every_model_gives_its_shape() {
    let device = Device::flex();
    for entry in registry() {
        let image = small(entry);
        let classes = 3;
        let model = Model::new(entry, image, classes, &device);
        let pixels = match (entry.task(), entry.name) {
            (Task::Classification, _) => 1,
            (Task::Segmentation, "unet") => 4 * 4,
            (Task::Segmentation, _) => image.height * image.width,
        };
        let logits = model.forward(images(image, 2, &device));
        assert_eq!(logits.dims(), [2, classes, pixels], "{}", entry.name);
    }
}

#[test]
fn every_parameter_gets_a_finite_gradient() {
    let device = Device::flex().autodiff();
    for entry in registry() {
        let image = small(entry);
        let model = Model::new(entry, image, 3, &device);
        let logits = model.forward(images(image, 2, &device));
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
            entry.name,
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
    for entry in registry() {
        let image = small(entry);
        let model = Model::new(entry, image, 3, &device);
        let batch = images(image, 2, &device);
        let together = model.forward(batch.clone()).narrow(0, 1, 1);
        let alone = model.forward(batch.narrow(0, 1, 1));
        let scale = alone.clone().abs().max().into_scalar::<f32>();
        let difference = largest_difference(together, alone);
        assert!(difference <= 1e-4 * scale, "{}: {difference}", entry.name);
    }
}

#[test]
fn a_record_carries_every_model() {
    let device = Device::flex();
    for entry in registry() {
        let image = small(entry);
        let model = Model::new(entry, image, 3, &device);
        let x = images(image, 1, &device);
        let expected = model.forward(x.clone());
        let bytes = model.into_record().into_bytes().expect("writes");
        let record = ModuleRecord::from_bytes(bytes).expect("reads");
        let loaded = Model::new(entry, image, 3, &device).load_record(record);
        assert_eq!(
            loaded.forward(x).to_data(),
            expected.to_data(),
            "{}",
            entry.name
        );
    }
}

#[test]
fn every_model_has_its_multiply_adds() {
    let device = Device::flex();
    for entry in registry() {
        let model = Model::new(entry, entry.input, entry.classes, &device);
        let macs = count_macs(|| model.forward(images(entry.input, 1, &device)));
        assert_eq!(macs, entry.macs, "{}", entry.name);
    }
}
