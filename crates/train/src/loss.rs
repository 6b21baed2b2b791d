//! What training makes small: a weighted sum of terms, as a value of the recipe.

mod bce;
mod boundary;
mod check;
mod cl_dice;
mod cross_entropy;
mod dice;
mod focal;
mod generalised_dice;
mod heat_map;
mod heat_map_focal;
mod jaccard;
mod lovasz;
mod overlaps;
mod ssim;
mod truth;
mod tversky;
mod values;

pub use bce::Bce;
pub use boundary::BoundaryCrossEntropy;
pub use cl_dice::ClDice;
pub use cross_entropy::CrossEntropy;
pub use dice::Dice;
pub use focal::Focal;
pub use generalised_dice::GeneralisedDice;
pub use heat_map_focal::HeatMapFocal;
pub use jaccard::Jaccard;
pub use lovasz::{LovaszHinge, LovaszSoftmax};
pub use ssim::Ssim;
pub use truth::Truth;
pub use tversky::Tversky;
pub use values::{Charbonnier, Huber, L1, Mse};

use anyhow::{Result, ensure};
use burn::tensor::Tensor;
use check::Check;
use models::Task;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A loss: `sum_o outputs[o] * sum_t weight_t * term_t(output_o, target)`.
///
/// A model may give several outputs, to be supervised at several depths. The first is its answer.
/// The targets are brought to the size of each of the others by taking the nearest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// What is added up.
    pub terms: Vec<Term>,
    /// The weight of each of the model's outputs; outputs beyond the list take its last.
    #[serde(default = "one_output")]
    pub outputs: Vec<f64>,
}

fn one_output() -> Vec<f64> {
    vec![1.0]
}

/// Writes the sum type of all terms from the list of them, with the tasks that each is of.
macro_rules! terms {
    ($($(#[$about:meta])+ $term:ident: $($task:ident)|+;)+) => {
        /// A part of a [`Loss`].
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "name", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Term {
            $($(#[$about])+ $term($term)),+
        }

        impl Term {
            fn weight(&self) -> f64 {
                match self {
                    $(Self::$term(term) => term.weight),+
                }
            }

            fn is_of(&self, task: Task) -> bool {
                match self {
                    $(Self::$term(_) => matches!(task, $(Task::$task)|+)),+
                }
            }

            fn check(&self, path: &str, channels: usize) -> Result<()> {
                match self {
                    $(Self::$term(term) => term.check(path, channels)),+
                }
            }

            fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
                match self {
                    $(Self::$term(term) => term.forward(output, truth)),+
                }
            }
        }
    };
}

terms! {
    /// Of classes.
    CrossEntropy: Classification | Segmentation;
    /// Of classes, each against the rest.
    Bce: Classification | Segmentation;
    /// Of classes, the hard ones above all.
    Focal: Classification | Segmentation;
    /// Of classes, the gaps between objects above all.
    BoundaryCrossEntropy: Segmentation;
    /// Of the overlap of classes.
    Dice: Segmentation;
    /// Of the overlap of classes, by their sizes.
    GeneralisedDice: Segmentation;
    /// Of the overlap of classes.
    Jaccard: Segmentation;
    /// Of the overlap of classes, with what is too much and what is missing weighed apart.
    Tversky: Segmentation;
    /// Of the overlap of classes, pixel by pixel.
    LovaszSoftmax: Segmentation;
    /// Of the overlap of two classes, pixel by pixel.
    LovaszHinge: Segmentation;
    /// Of the overlap of centre lines.
    ClDice: Segmentation;
    /// Of values.
    Mse: Regression | KeyPoints;
    /// Of values.
    L1: Regression | KeyPoints;
    /// Of values.
    Huber: Regression | KeyPoints;
    /// Of values.
    Charbonnier: Regression | KeyPoints;
    /// Of pictures.
    Ssim: Regression;
    /// Of heat maps.
    HeatMapFocal: KeyPoints;
}

impl Loss {
    /// The sum of these terms, each with the weight that it has.
    pub fn of(terms: Vec<Term>) -> Self {
        Self {
            terms,
            outputs: one_output(),
        }
    }

    /// Whether the values make sense for a task and a model of so many outputs of each pixel.
    ///
    /// # Errors
    /// If one does not, with its path in the recipe.
    pub fn check(&self, task: Task, channels: usize) -> Result<()> {
        ensure!(
            !self.terms.is_empty(),
            "loss.terms is empty: nothing to learn from"
        );
        ensure!(
            self.outputs.first().is_some_and(|answer| *answer > 0.0)
                && self.outputs.iter().all(|weight| *weight >= 0.0),
            "loss.outputs = {:?}: must be weights of at least 0, one or more, the first, that of \
             the answer, above 0",
            self.outputs
        );
        for (index, term) in self.terms.iter().enumerate() {
            let weight = term.weight();
            ensure!(
                weight.is_finite() && weight >= 0.0,
                "loss.terms.{index}.weight = {weight}: must be at least 0"
            );
            let name = serde_json::to_value(term).map(|term| term["name"].clone())?;
            ensure!(
                term.is_of(task),
                "loss.terms.{index}.name = {name}: not for {task}"
            );
            term.check(&format!("loss.terms.{index}"), channels)?;
        }
        Ok(())
    }

    /// Whether a term needs to know the one class of each pixel, not parts of several.
    pub(crate) fn needs_labels(&self) -> bool {
        let of_objects = |term: &Term| matches!(term, Term::BoundaryCrossEntropy(_));
        self.terms.iter().any(of_objects)
    }

    /// The loss of a model's outputs, of which the first is its answer.
    ///
    /// # Shapes
    /// `outputs`: `[batch, channels, height, width]` each; `truth` as large as the first.
    /// Output: `[1]`.
    ///
    /// # Panics
    /// If there is no output, or a term does not go with the kind of targets.
    pub fn forward(&self, outputs: &[Tensor<4>], truth: &Truth) -> Tensor<1> {
        let weight = |index: usize| self.outputs.get(index).or(self.outputs.last());
        let losses = outputs.iter().enumerate().filter_map(|(index, output)| {
            let weight = weight(index).copied().filter(|weight| *weight > 0.0)?;
            let [_, _, height, width] = output.dims();
            let loss = self.of_output(output, &truth.resized([height, width]));
            Some(weighted(loss, weight))
        });
        losses
            .reduce(|sum, loss| sum + loss)
            .expect("an output with a weight")
    }

    fn of_output(&self, output: &Tensor<4>, truth: &Truth) -> Tensor<1> {
        let terms = self.terms.iter().map(|term| {
            let loss = term.forward(output.clone(), truth);
            weighted(loss, term.weight())
        });
        terms
            .reduce(|sum, loss| sum + loss)
            .expect("at least one term")
    }
}

fn weighted(loss: Tensor<1>, weight: f64) -> Tensor<1> {
    match weight == 1.0 {
        true => loss,
        false => loss * weight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use burn::tensor::Device;

    fn mse(weight: f64) -> Term {
        Term::Mse(Mse { weight })
    }

    fn map(values: [[f32; 2]; 2]) -> Tensor<4> {
        Tensor::from_data([[values]], &Device::flex())
    }

    #[test]
    fn terms_are_added_by_weight() {
        let truth = Truth::new(Targets::Values(map([[0.0; 2]; 2])), [2, 2], [2, 2]);
        let loss = Loss::of(vec![mse(0.5), Term::L1(L1 { weight: 2.0 })]);
        let value: f32 = loss.forward(&[map([[3.0; 2]; 2])], &truth).into_scalar();
        assert_eq!(value, 0.5 * 9.0 + 2.0 * 3.0);
    }

    #[test]
    fn further_outputs_meet_the_nearest_targets() {
        let truth = Truth::new(
            Targets::Values(map([[1.0, 2.0], [3.0, 4.0]])),
            [2, 2],
            [2, 2],
        );
        let small = Tensor::<4>::from_data([[[[0.0]]]], &Device::flex());
        let mut loss = Loss::of(vec![mse(1.0)]);
        loss.outputs = vec![1.0, 0.25];
        let answer = map([[1.0, 2.0], [3.0, 4.0]]);
        // The nearest target of the one small pixel is the first, 1; the third output takes the
        // last weight.
        let outputs = [answer, small.clone(), small];
        let value: f32 = loss.forward(&outputs, &truth).into_scalar();
        assert_eq!(value, 0.25 + 0.25);
    }

    #[test]
    fn a_loss_is_written_as_it_is_read() {
        let text = r#"{"terms":[{"name":"cross_entropy","smoothing":0.1},{"name":"dice"}]}"#;
        let loss: Loss = serde_json::from_str(text).expect("a loss");
        let again = serde_json::to_string(&loss).expect("writes");
        assert_eq!(serde_json::from_str::<Loss>(&again).expect("reads"), loss);
        let wrong = r#"{"terms":[{"name":"dice","size":3}]}"#;
        let error = serde_json::from_str::<Loss>(wrong).expect_err("no such key");
        assert!(
            error.to_string().contains("unknown field `size`"),
            "{error}"
        );
    }

    #[test]
    fn values_out_of_range_are_named() {
        let message = |loss: Loss| {
            loss.check(Task::Segmentation, 2)
                .expect_err("wrong")
                .to_string()
        };
        assert_eq!(
            message(Loss::of(vec![])),
            "loss.terms is empty: nothing to learn from"
        );
        assert_eq!(
            message(Loss::of(vec![Term::Dice(Dice { weight: -1.0 })])),
            "loss.terms.0.weight = -1: must be at least 0"
        );
        assert_eq!(
            message(Loss::of(vec![mse(1.0)])),
            "loss.terms.0.name = \"mse\": not for segmentation"
        );
        let classes = CrossEntropy {
            class_weights: Some(vec![1.0; 3]),
            ..CrossEntropy::default()
        };
        assert_eq!(
            message(Loss::of(vec![Term::CrossEntropy(classes)])),
            "loss.terms.0.class_weights has 3 weights; there are 2 classes"
        );
    }

    #[test]
    fn a_term_says_where_in_the_recipe_it_is_wrong() {
        let message = |term: serde_json::Value, channels| {
            let loss = serde_json::from_value::<Loss>(serde_json::json!({
                "terms": [{"name": "dice"}, term]
            }));
            let loss = loss.expect("a loss");
            loss.check(Task::Segmentation, channels)
                .expect_err("wrong")
                .to_string()
        };
        for (term, channels, expected) in [
            (
                serde_json::json!({"name": "tversky", "exponent": 0.0}),
                2,
                "loss.terms.1.exponent = 0: must be above 0",
            ),
            (
                serde_json::json!({"name": "bce", "positive_weights": [1.0, -1.0]}),
                2,
                "loss.terms.1.positive_weights = [1.0, -1.0]: must be at least 0",
            ),
            (
                serde_json::json!({"name": "cl_dice", "iterations": 0}),
                2,
                "loss.terms.1.iterations = 0: must be 1 to 100",
            ),
            (
                serde_json::json!({"name": "lovasz_hinge"}),
                3,
                "loss.terms.1: lovasz_hinge is of two classes; there are 3, for which there is \
                 lovasz_softmax",
            ),
            (
                serde_json::json!({"name": "ssim"}),
                2,
                "loss.terms.1.name = \"ssim\": not for segmentation",
            ),
        ] {
            assert_eq!(message(term, channels), expected);
        }
    }
}
