//! Whether an ONNX file is the network that it was written of.

use anyhow::{Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use onnx::{Options, Range};

use super::subject::Network;
use crate::data::{Data, Normalization, Preprocessing, Resizing, load};

/// How many images a file is checked on.
const IMAGES: usize = 2;

/// How large the difference may be, as a part of the largest answer. Rounding makes mostly less than
/// 1e-5 of it, but 1.6e-4 where normalisations divide by almost nothing, as in a fresh nnU-Net; what
/// is written wrong makes much more.
const BOUND: f64 = 1e-3;

/// How far tract's answers are from the network's, on images that are embedded in the program.
///
/// # Errors
/// If tract cannot compute the file, or the difference is not one of rounding.
pub(super) fn difference(
    file: &[u8],
    network: &Network,
    options: &Options,
    device: &Device,
) -> Result<f64> {
    let images = images(network, options, device)?;
    let difference = onnx::difference(file, &network.model, options, images)?;
    ensure!(
        difference <= BOUND,
        "tract's answers differ from the network's by {difference:.1e} of the largest; more than \
         {BOUND:.0e} is not rounding"
    );
    Ok(difference)
}

/// Images of the network's size, as the file takes them.
fn images(network: &Network, options: &Options, device: &Device) -> Result<Tensor<4>> {
    let [channels, height, width] = network.image.dims();
    let range = options.pixels.as_ref().map(|pixels| pixels.range);
    let images = match channels {
        1 | 3 => {
            let mean = vec![if range.is_some() { 0.0 } else { 0.5 }; channels];
            let deviation = vec![if range.is_some() { 1.0 } else { 0.25 }; channels];
            let data = load(&Data::of("nuclei-mini"), 1)?;
            let preprocessing = Preprocessing {
                channels,
                size: Some([height, width]),
                resizing: Resizing::Stretch,
                normalization: Normalization::DataSet { mean, deviation },
                ..data.problem.preprocessing
            };
            let image = |index| Ok(preprocessing.tensor(data.test.get(index)?.picture, device));
            let images: Result<Vec<_>> = (0..IMAGES).map(image).collect();
            Tensor::cat(images?, 0)
        }
        // There are no such images at hand: values from 0 to 1.
        _ => {
            let values = 0..IMAGES * network.image.values();
            let values = values.map(|place| (place as f32 * 0.618_034).fract());
            let shape = [IMAGES, channels, height, width];
            Tensor::from_data(TensorData::new(values.collect(), shape), device)
        }
    };
    Ok(match range {
        Some(Range::Bytes) => (images * 255.0).round(),
        _ => images,
    })
}
