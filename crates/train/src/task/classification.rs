//! One class an image.

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use image::{DynamicImage, RgbImage};
use serde_json::{Map, Value};

use super::kind::{Answer, AnswerForm, Shown, Task};
use crate::data::{Problem, Targets};
use crate::loss::{CrossEntropy, Loss, Term};

/// Cross-entropy; accuracy; probabilities of the classes.
pub(super) struct Classification;

impl Task for Classification {
    fn loss(&self) -> Loss {
        Loss::of(vec![Term::CrossEntropy(CrossEntropy::default())])
    }

    fn metrics(&self) -> &'static [&'static str] {
        &["accuracy"]
    }

    fn form(&self) -> AnswerForm {
        AnswerForm::Records
    }

    fn answer(&self, problem: &Problem, _: &DynamicImage, answers: Tensor<4>) -> Result<Answer> {
        let likeliest = likeliest(answers.clone())?;
        let probabilities = softmax(answers, 1).try_into_vec_as::<f32>()?;
        let named = problem.classes.iter().cloned();
        let named: Map<String, Value> = named
            .zip(probabilities.into_iter().map(Value::from))
            .collect();
        Ok(Answer::Record(Map::from_iter([
            (
                "class".to_string(),
                problem.classes[likeliest].clone().into(),
            ),
            ("probabilities".to_string(), named.into()),
        ])))
    }

    /// An image that is taken for another class, both named in its name.
    fn show(&self, problem: &Problem, shown: Shown) -> Result<Option<(String, RgbImage)>> {
        let predicted = likeliest(shown.answers)?;
        let truth = match shown.targets {
            Targets::Classes(label) => label.try_into_scalar::<i64>()?,
            Targets::Soft(probabilities) => likeliest(probabilities)? as i64,
            other => bail!("a class is not among {other:?}"),
        };
        let Ok(truth) = usize::try_from(truth) else {
            return Ok(None);
        };
        Ok((predicted != truth).then(|| {
            let name = format!(
                "{}_is-{}_taken-for-{}",
                shown.name, problem.classes[truth], problem.classes[predicted]
            );
            (name, shown.image)
        }))
    }
}

fn likeliest(map: Tensor<4>) -> Result<usize> {
    Ok(map.argmax(1).try_into_scalar::<i64>()? as usize)
}
