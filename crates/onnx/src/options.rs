//! What a file does beside the model.

use models::{ModelConfig, Task};

use crate::OnnxError;

/// What a file does beside the model. By default it does as the model does: it takes images as the
/// model is given them in training, and gives values that are not normalised.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What values of a pixel mean; none: they are normalised before, as the model takes them.
    pub pixels: Option<Pixels>,
    /// Whether images come in any size and are brought to the model's: stretched, bilinear, with
    /// antialiasing where they shrink.
    pub resize: bool,
    /// What is made of the answer.
    pub answer: Answer,
    /// Whether normalisations over the batch become part of the convolutions that they follow.
    pub fold: bool,
}

/// Pixels that are not normalised yet, and how they are: `(x - mean) / deviation` with `x` from 0 to
/// 1, for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// What they are.
    pub range: Range,
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel.
    pub deviation: Vec<f32>,
}

/// What values pixels have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Range {
    /// From 0 to 1, as `f32`.
    #[default]
    Unit,
    /// From 0 to 255, as bytes.
    Bytes,
}

/// What is made of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It stays as it is.
    #[default]
    Plain,
    /// Of several classes one is right: probabilities whose sum is 1.
    Softmax,
    /// Each is right or wrong: probabilities of their own.
    Sigmoid,
}

impl Options {
    /// # Errors
    /// If they do not suit a model that takes so many channels.
    pub(crate) fn check(&self, config: &ModelConfig, channels: usize) -> Result<(), OnnxError> {
        let fail = |option, reason| Err(OnnxError::Option { option, reason });
        if let Some(Pixels {
            mean, deviation, ..
        }) = &self.pixels
        {
            if mean.len() != channels || deviation.len() != channels {
                let counts = format!("{} means and {} deviations", mean.len(), deviation.len());
                let reason = format!("{counts}: must be one for each of the {channels} channels");
                return fail("pixels", reason);
            }
            if deviation
                .iter()
                .any(|deviation| deviation.is_nan() || *deviation <= 0.0)
            {
                let reason = format!("deviations of {deviation:?}: must be above 0");
                return fail("pixels", reason);
            }
        }
        let is_of_classes = matches!(config.task(), Task::Classification | Task::Segmentation);
        if self.answer != Answer::Plain && !is_of_classes {
            let reason = format!(
                "{:?}: the model's answers are of {}, not of classes",
                self.answer,
                config.task()
            );
            return fail("answer", reason);
        }
        if self.answer == Answer::Softmax && config.head.outputs < 2 {
            let reason = "Softmax: of one output it is always 1; for one class there is Sigmoid";
            return fail("answer", reason.to_string());
        }
        Ok(())
    }
}
