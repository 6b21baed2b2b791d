//! What another reader computes of a file.

use burn::tensor::activation::{sigmoid, softmax};
use burn::tensor::{Tensor, TensorData};
use models::Model;
use weights::Array;

use crate::OnnxError;
use crate::options::{Answer, Options, Pixels, Range};

/// How far the answers of a file are from those of the model that it was written of: the largest
/// difference, as a part of the largest answer. The file is computed by [tract](https://docs.rs/tract-onnx),
/// on the same images.
///
/// # Shapes
/// `images`: `[batch, channels, height, width]`, of the model's own size, with values as the file
/// takes them.
///
/// # Errors
/// If tract cannot compute the file, or gives answers of another shape.
pub fn difference(
    file: &[u8],
    model: &Model,
    options: &Options,
    images: Tensor<4>,
) -> Result<f64, OnnxError> {
    let found = computed(file, &images)?;
    let images = match &options.pixels {
        Some(pixels) => normalised(images, pixels),
        None => images,
    };
    let answer = model.forward(images).swap_remove(0);
    let answer = match options.answer {
        Answer::Plain => answer,
        Answer::Softmax => softmax(answer, 1),
        Answer::Sigmoid => sigmoid(answer),
    };
    let fail = |reason: String| OnnxError::Check { reason };
    let expected = answer.try_into_vec_as::<f32>();
    let expected = expected.map_err(|error| fail(error.to_string()))?;
    if expected.len() != found.values.len() {
        let counts = [found.values.len(), expected.len()];
        return Err(fail(format!(
            "{} values came, not {}",
            counts[0], counts[1]
        )));
    }
    let pairs = found.values.iter().zip(&expected);
    let differences = pairs.map(|(one, other)| one - other);
    Ok(largest(differences) / largest(expected.iter().copied()).max(f64::MIN_POSITIVE))
}

/// What tract computes of a file. Values are rounded where the file takes bytes.
///
/// # Shapes
/// `images`: `[batch, channels, height, width]`
///
/// # Errors
/// If tract cannot compute the file.
pub fn computed(file: &[u8], images: &Tensor<4>) -> Result<Array, OnnxError> {
    let values = images.clone().try_into_vec_as::<f32>();
    let values = values.map_err(|error| error.to_string());
    let outcome = values.and_then(|values| {
        let outcome = run(file, &images.dims(), &values);
        outcome.map_err(|error| format!("{error:#}"))
    });
    outcome.map_err(|reason| OnnxError::Check { reason })
}

fn run(
    mut file: &[u8],
    shape: &[usize],
    values: &[f32],
) -> tract_onnx::prelude::TractResult<Array> {
    use tract_onnx::prelude::*;

    let model = onnx().model_for_read(&mut file)?;
    let bytes = InferenceFact::dt(u8::datum_type());
    let input = match model.input_fact(0)?.datum_type == bytes.datum_type {
        true => {
            let bytes: Vec<_> = values.iter().map(|value| value.round() as u8).collect();
            Tensor::from_shape(shape, &bytes)?
        }
        false => Tensor::from_shape(shape, values)?,
    };
    let fact = InferenceFact::dt_shape_from_tensor(&input);
    let model = model.with_input_fact(0, fact)?.into_optimized()?;
    let outputs = model.into_runnable()?.run(tvec![input.into_tvalue()])?;
    Ok(Array {
        shape: outputs[0].shape().to_vec(),
        values: outputs[0].try_as_plain_ram()?.as_slice::<f32>()?.to_vec(),
    })
}

fn normalised(images: Tensor<4>, pixels: &Pixels) -> Tensor<4> {
    let device = images.device();
    let per_channel = |values: &[f32]| {
        let data = TensorData::new(values.to_vec(), [1, values.len(), 1, 1]);
        Tensor::<4>::from_data(data, &device)
    };
    let images = match pixels.range {
        Range::Unit => images,
        Range::Bytes => images / 255.0,
    };
    (images - per_channel(&pixels.mean)) / per_channel(&pixels.deviation)
}

/// The largest absolute value; what is no number is larger than all.
fn largest(values: impl Iterator<Item = f32>) -> f64 {
    let larger = |largest: f64, value: f32| match f64::from(value.abs()) {
        value if value <= largest => largest,
        value if value.is_nan() => f64::INFINITY,
        value => value,
    };
    values.fold(0.0, larger)
}
