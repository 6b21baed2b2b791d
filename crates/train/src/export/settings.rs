//! What an ONNX file does beside the network.

use anyhow::{Result, bail, ensure};
use onnx::{Answer, Options, Pixels, Range};

use super::subject::Network;
use crate::data::{Normalization, Resizing};

/// What an ONNX file does beside the network.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnnxSettings {
    /// What values of pixels it takes, to normalise them as the run did; none: values that are
    /// normalised already.
    pub pixels: Option<Range>,
    /// Whether it takes images of any size.
    pub resize: bool,
    /// What it makes of the answer.
    pub answer: Answer,
    /// Whether normalisations over the batch become part of convolutions.
    pub fold: bool,
}

impl OnnxSettings {
    /// The same for a network.
    ///
    /// # Errors
    /// If the file can not do what is done to the network's images.
    pub(super) fn options(self, network: &Network) -> Result<Options> {
        let preprocessing = network.preprocessing.as_ref();
        let pixels = match (self.pixels, preprocessing) {
            (None, _) => None,
            (Some(_), None) => bail!(
                "--normalise is for runs, and for weights with a config.json beside them or --set \
                 data.normalization=..: nothing says how this model's images are scaled"
            ),
            (Some(range), Some(preprocessing)) => match &preprocessing.normalization {
                Normalization::DataSet { mean, deviation } => Some(Pixels {
                    range,
                    mean: mean.clone(),
                    deviation: deviation.clone(),
                }),
                _ => bail!(
                    "--normalise: the run's images are normalised by percentiles of their own, which \
                     ONNX has no operation for; leave it out, and normalise before"
                ),
            },
        };
        let resizing = preprocessing.map(|preprocessing| preprocessing.resizing);
        ensure!(
            !self.resize || matches!(resizing, None | Some(Resizing::Stretch)),
            "--resize stretches images to the network's size; the run's images come to it in another \
             way, so leave it out, and bring them to {}x{} before",
            network.image.height,
            network.image.width
        );
        Ok(Options {
            pixels,
            resize: self.resize,
            answer: self.answer,
            fold: self.fold,
        })
    }
}
