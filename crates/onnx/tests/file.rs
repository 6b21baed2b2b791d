//! What a file says.

use std::collections::BTreeSet;

use burn::tensor::Device;
use models::{ImageSpec, ModelConfig, Task, create};
use onnx::proto::{GraphProto, Length, ModelProto, ValueInfoProto};
use onnx::{Answer, Options, Pixels, Range, to_onnx, to_proto};
use prost::Message;

const IMAGE: ImageSpec = ImageSpec::new(3, 32, 32);

fn file(config: &ModelConfig, options: &Options) -> ModelProto {
    let model = config.init(&Device::flex());
    let bytes = to_onnx(&model, config, IMAGE, options).expect("a file");
    ModelProto::decode(&*bytes).expect("its own messages")
}

fn graph(name: &str) -> GraphProto {
    let config = create(name).expect("a variant").with_image(IMAGE);
    file(&config, &Options::default()).graph.expect("a network")
}

fn shape(value: &ValueInfoProto) -> Vec<String> {
    let tensor = value.r#type.clone().and_then(|r#type| r#type.tensor_type);
    let shape = tensor.and_then(|tensor| tensor.shape).expect("a shape");
    let length = |length: Option<Length>| match length {
        Some(Length::Value(length)) => length.to_string(),
        Some(Length::Param(name)) => name,
        None => "?".to_string(),
    };
    shape
        .dim
        .into_iter()
        .map(|dim| length(dim.length))
        .collect()
}

fn refusal(config: &ModelConfig, options: &Options) -> String {
    let model = config.init(&Device::flex());
    let refused = to_proto(&model, config, IMAGE, options);
    refused.expect_err("refused").to_string()
}

#[test]
fn parameters_have_their_public_names_and_the_shapes_that_pytorch_has() {
    let graph = graph("resnet8");
    let shape = |name: &str| {
        let found = graph.initializer.iter().find(|tensor| tensor.name == name);
        found.map(|tensor| tensor.dims.clone())
    };
    assert_eq!(shape("conv1.weight"), Some(vec![16, 3, 3, 3]));
    assert_eq!(shape("layer1.0.bn2.running_var"), Some(vec![16]));
    // Outputs first, and Burn keeps inputs first.
    assert_eq!(shape("fc.weight"), Some(vec![10, 64]));

    let config = create("resnet8").expect("a variant");
    let model = config.init(&Device::flex());
    let named: BTreeSet<_> = model
        .keys(&config)
        .into_iter()
        .map(|key| key.name)
        .collect();
    let found = graph.initializer.into_iter().map(|tensor| tensor.name);
    let found: BTreeSet<_> = found
        .filter(|name| !name.starts_with("constant_"))
        .collect();
    assert_eq!(found, named);
}

#[test]
fn nodes_are_called_by_the_layers_that_they_are_of() {
    let names: Vec<_> = graph("resnet8")
        .node
        .into_iter()
        .map(|node| node.name)
        .collect();
    assert_eq!(names[0], "conv1/Conv");
    assert_eq!(names[1], "bn1/BatchNormalization");
    // Past the layers, by the part.
    for name in ["layer2.0/Slice", "layer2.0/Add", "fc/Gemm"] {
        assert!(names.contains(&name.to_string()), "{name}: {names:?}");
    }
}

#[test]
fn the_batch_is_open_and_the_rest_is_not() {
    let network = graph("resnet8");
    assert_eq!(shape(&network.input[0]), ["batch", "3", "32", "32"]);
    assert_eq!(shape(&network.output[0]), ["batch", "10"]);
    let network = graph("unet8");
    assert_eq!(shape(&network.output[0]), ["batch", "2", "32", "32"]);
}

#[test]
fn sizes_are_open_where_the_file_brings_images_to_the_models() {
    let config = create("resnet8").expect("a variant");
    let options = Options {
        resize: true,
        ..Options::default()
    };
    let graph = file(&config, &options).graph.expect("a network");
    assert_eq!(shape(&graph.input[0]), ["batch", "3", "height", "width"]);
}

#[test]
fn folding_leaves_no_normalisation_after_a_convolution() {
    let config = create("resnet8").expect("a variant");
    let options = Options {
        fold: true,
        ..Options::default()
    };
    let graph = file(&config, &options).graph.expect("a network");
    let norms = graph
        .node
        .iter()
        .filter(|node| node.op_type == "BatchNormalization");
    assert_eq!(norms.count(), 0);
    let statistics = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.name.contains("running_"));
    assert_eq!(statistics.count(), 0);
}

#[test]
fn options_that_do_not_suit_the_model_are_refused() {
    let config = create("resnet8").expect("a variant");
    let pixels = Options {
        pixels: Some(Pixels {
            range: Range::Unit,
            mean: vec![0.5],
            deviation: vec![0.5],
        }),
        ..Options::default()
    };
    assert_eq!(
        refusal(&config, &pixels),
        "pixels: 1 means and 1 deviations: must be one for each of the 3 channels"
    );
    let softmax = Options {
        answer: Answer::Softmax,
        ..Options::default()
    };
    assert_eq!(
        refusal(&config.clone().with_outputs(1), &softmax),
        "answer: Softmax: of one output it is always 1; for one class there is Sigmoid"
    );
    assert_eq!(
        refusal(&config.with_task(Task::Regression), &softmax),
        "answer: Softmax: the model's answers are of regression, not of classes"
    );
}

#[test]
fn a_model_of_another_configuration_is_refused() {
    let [made, given] = ["resnet8", "resnet14"].map(|name| create(name).expect("a variant"));
    let model = made.init(&Device::flex());
    let refused = to_proto(&model, &given, IMAGE, &Options::default()).expect_err("refused");
    let message = refused.to_string();
    assert!(
        message.contains("from 'layer1.1.conv1.weight' of [16, 16, 3, 3] on"),
        "{message}"
    );
}

#[test]
fn images_of_other_channels_are_refused() {
    let config = create("resnet8").expect("a variant");
    let model = config.init(&Device::flex());
    let gray = ImageSpec::new(1, 32, 32);
    let refused = to_proto(&model, &config, gray, &Options::default()).expect_err("refused");
    let message = refused.to_string();
    assert!(
        message.starts_with("images of [1, 32, 32], channels, height and width: "),
        "{message}"
    );
}
