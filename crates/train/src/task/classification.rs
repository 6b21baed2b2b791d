//! One class an image.

use anyhow::Result;
use burn::tensor::Tensor;
use burn::tensor::activation::softmax;
use image::RgbImage;
use serde_json::{Map, Value};

use super::kind::{Answer, Task};
use crate::data::{Item, Picture, Problem, Target};
use crate::drawing::bright;
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

    fn test_metrics(&self) -> &'static [&'static str] {
        &["balanced_accuracy", "mean_f1"]
    }

    fn answer(&self, problem: &Problem, _: &Picture, answers: Tensor<4>) -> Result<Answer> {
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
    fn show(
        &self,
        problem: &Problem,
        item: Item,
        answers: Tensor<4>,
    ) -> Result<Option<(String, RgbImage)>> {
        let predicted = likeliest(answers)?;
        let truth = match item.target {
            Target::Class(class) => class,
            Target::Distribution(parts) => {
                let largest = parts.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
                largest.map_or(0, |(class, _)| class)
            }
            _ => return Ok(None),
        };
        Ok((predicted != truth).then(|| {
            let name = format!(
                "{}_is-{}_taken-for-{}",
                item.name, problem.classes[truth], problem.classes[predicted]
            );
            (name, bright(&item.picture))
        }))
    }
}

fn likeliest(map: Tensor<4>) -> Result<usize> {
    Ok(map.argmax(1).try_into_scalar::<i64>()? as usize)
}
