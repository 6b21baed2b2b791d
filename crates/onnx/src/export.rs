//! A model as a file.

use burn::module::Module;
use models::{ImageSpec, Model, ModelConfig, Task};
use prost::Message;
use weights::entries;

use crate::OnnxError;
use crate::attribute::{int, lengths, text};
use crate::dims::Dim;
use crate::fold::fold;
use crate::graph::Graph;
use crate::lower::Lowering;
use crate::network::Network;
use crate::options::{Answer, Options, Pixels, Range};
use crate::proto::{
    DimensionProto, FLOAT, Length, ModelProto, OperatorSetIdProto, TensorShapeProto,
    TensorTypeProto, TypeProto, UINT8, ValueInfoProto,
};

/// The set of operators that files are written in.
pub const OPSET: i64 = 18;
/// The version of the messages that came with it.
pub const IR_VERSION: i64 = 8;
/// What a file's input is called.
pub const INPUT: &str = "input";
/// What a file's output is called.
pub const OUTPUT: &str = "output";
/// What the number of images is called, which the caller chooses.
pub const BATCH: &str = "batch";

/// The bytes of an ONNX file of a model, for images of this size, as it is in evaluation.
///
/// The file's `input` is `[batch, channels, height, width]`, its `output` `[batch, outputs]` for an
/// answer of the image as a whole, as in torchvision, or else the map that
/// [`forward`](Model::forward) gives first. The batch is left open. Parameters have their public
/// names and the shapes that PyTorch gives them.
///
/// # Errors
/// If the model does not take such images or is not of this configuration, if an option does not
/// suit it, if it does something that has no place in ONNX, or if the file would be larger than 2 GB.
///
/// ```
/// use burn::tensor::Device;
/// use models::{ImageSpec, create};
/// use onnx::{Options, to_onnx};
///
/// let config = create("resnet8")?;
/// let model = config.init(&Device::flex());
/// let file = to_onnx(&model, &config, ImageSpec::new(3, 32, 32), &Options::default())?;
/// // Four bytes for each of 75 thousand parameters, and little else.
/// assert!((300_000..350_000).contains(&file.len()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_onnx(
    model: &Model,
    config: &ModelConfig,
    image: ImageSpec,
    options: &Options,
) -> Result<Vec<u8>, OnnxError> {
    let file = to_proto(model, config, image, options)?;
    let bytes = file.encoded_len();
    // What readers of these messages hold lengths in.
    let most = i32::MAX as usize;
    if bytes > most {
        return Err(OnnxError::TooLarge { bytes, most });
    }
    Ok(file.encode_to_vec())
}

/// The same as messages.
///
/// # Errors
/// As [`to_onnx`], but for the size.
pub fn to_proto(
    model: &Model,
    config: &ModelConfig,
    image: ImageSpec,
    options: &Options,
) -> Result<ModelProto, OnnxError> {
    config.answer_size(image.height, image.width)?;
    if config.clone().with_image(image) != *config {
        return Err(OnnxError::Images {
            image: image.dims(),
        });
    }
    options.check(config, image.channels)?;
    check_model(model, config)?;
    let entries = entries(model, config)?;
    let network = Network::of(config, image)?;

    let mut graph = Graph::default();
    let prepared = prepare(&mut graph, image, options);
    let mut lowering = Lowering::new(&network, &entries, graph, prepared, INPUT);
    let answer = lowering.run()?;
    let mut graph = lowering.graph;
    let dims = network.dims(network.output());
    let (answer, dims) = match config.task() {
        Task::Classification | Task::Regression if is_point(dims) => {
            let flat = graph.node("Flatten", &[&answer], [int("axis", 1)]);
            (flat, &dims[..2])
        }
        _ => (answer, dims),
    };
    let answer = match options.answer {
        Answer::Plain => answer,
        Answer::Softmax => graph.node("Softmax", &[&answer], [int("axis", 1)]),
        Answer::Sigmoid => graph.node("Sigmoid", &[&answer], []),
    };
    let mut graph = graph.finish(&answer, OUTPUT);
    if options.fold {
        fold(&mut graph);
    }
    graph.name = "model".to_string();
    graph.input = vec![input(image, options)];
    graph.output = vec![output(dims, options)];
    Ok(ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: env!("CARGO_PKG_NAME").to_string(),
        producer_version: env!("CARGO_PKG_VERSION").to_string(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: Some(OPSET),
        }],
    })
}

/// # Errors
/// If a model's parameters are not those of a configuration.
fn check_model(model: &Model, config: &ModelConfig) -> Result<(), OnnxError> {
    let keys = |model: &Model| -> Vec<_> {
        let keys = model.keys(config).into_iter();
        keys.map(|key| (key.name, key.shape)).collect()
    };
    // Nothing is drawn of this one.
    let expected = keys(&config.init(&model.devices()[0]));
    let own = keys(model);
    let differs = |place: &usize| own.get(*place) != expected.get(*place);
    match (0..own.len().max(expected.len())).find(differs) {
        None => Ok(()),
        Some(place) => Err(OnnxError::OtherModel {
            first: match expected.get(place) {
                Some((name, shape)) => format!("'{name}' of {shape:?}"),
                None => "the end".to_string(),
            },
        }),
    }
}

/// Whether an answer is of the image as a whole.
fn is_point(dims: &[Dim]) -> bool {
    matches!(dims, [_, _, Dim::Fixed(1), Dim::Fixed(1)])
}

/// Brings what is given to what the model takes, and says what that is called.
fn prepare(graph: &mut Graph, image: ImageSpec, options: &Options) -> String {
    let mut x = INPUT.to_string();
    if is_bytes(options) {
        x = graph.node("Cast", &[&x], [int("to", i64::from(FLOAT))]);
    }
    if options.resize {
        let size = graph.integers(&[image.height as i64, image.width as i64]);
        let attributes = [
            text("mode", "linear"),
            text("coordinate_transformation_mode", "half_pixel"),
            int("antialias", 1),
            lengths("axes", [2, 3]),
        ];
        x = graph.node("Resize", &[&x, "", "", &size], attributes);
    }
    if let Some(pixels) = &options.pixels {
        let per_channel = [1, image.channels, 1, 1];
        let of_range = |values: &[f32]| -> Vec<f32> {
            let most = match pixels.range {
                Range::Unit => 1.0,
                Range::Bytes => 255.0,
            };
            values.iter().map(|value| value * most).collect()
        };
        let mean = graph.constant(&per_channel, &of_range(&pixels.mean));
        let deviation = graph.constant(&per_channel, &of_range(&pixels.deviation));
        x = graph.node("Sub", &[&x, &mean], []);
        x = graph.node("Div", &[&x, &deviation], []);
    }
    x
}

fn is_bytes(options: &Options) -> bool {
    let range = options.pixels.as_ref().map(|pixels| pixels.range);
    range == Some(Range::Bytes)
}

fn input(image: ImageSpec, options: &Options) -> ValueInfoProto {
    let size = [("height", image.height), ("width", image.width)];
    let size = size.map(|(name, length)| match options.resize {
        true => Length::Param(name.to_string()),
        false => Length::Value(length as i64),
    });
    let batch = Length::Param(BATCH.to_string());
    let shape = [batch, Length::Value(image.channels as i64)]
        .into_iter()
        .chain(size);
    let is = match &options.pixels {
        None => "normalised pixels",
        Some(Pixels {
            range: Range::Unit, ..
        }) => "pixels from 0 to 1",
        Some(Pixels {
            range: Range::Bytes,
            ..
        }) => "pixels from 0 to 255",
    };
    let element = if is_bytes(options) { UINT8 } else { FLOAT };
    value(INPUT, element, shape.collect(), is)
}

fn output(dims: &[Dim], options: &Options) -> ValueInfoProto {
    let length = |dim: &Dim| match *dim {
        Dim::Fixed(length) => Length::Value(length as i64),
        Dim::PerImage(_) => Length::Param(BATCH.to_string()),
    };
    let is = match options.answer {
        Answer::Plain => "the model's answer, not normalised",
        Answer::Softmax => "probabilities whose sum over the classes is 1",
        Answer::Sigmoid => "a probability for each class",
    };
    value(OUTPUT, FLOAT, dims.iter().map(length).collect(), is)
}

fn value(name: &str, element: i32, shape: Vec<Length>, is: &str) -> ValueInfoProto {
    let dim = |length| DimensionProto {
        length: Some(length),
    };
    ValueInfoProto {
        name: name.to_string(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: Some(element),
                shape: Some(TensorShapeProto {
                    dim: shape.into_iter().map(dim).collect(),
                }),
            }),
        }),
        doc_string: is.to_string(),
    }
}
