//! What of a model does not learn, and for how long.

use anyhow::{Result, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::run::Run;
use super::schedule::Moment;

/// What of the model is frozen: it stays as it was drawn or loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Freeze {
    /// Leave parts of the model as they are: encoder, decoder, head, or paths as layer1.*
    #[serde(deserialize_with = "one_or_several")]
    #[schemars(
        with = "serde_json::Value",
        extend("x-flag" = "freeze", "x-value" = "PARTS")
    )]
    pub parts: Vec<String>,
    /// Let what is frozen learn too after so many epochs
    #[schemars(extend("x-flag" = "freeze-epochs", "x-value" = "N"))]
    pub epochs: Option<usize>,
    /// Epochs from one stage that begins to learn to the next, from the head on; none: all learn at
    /// once. From "Universal Language Model Fine-tuning" (Howard and Ruder 2018,
    /// <https://arxiv.org/abs/1801.06146>), section 3.3.
    pub stage_epochs: Option<usize>,
    /// Highest learning rate of the epochs before: the schedule is laid over these alone, and then
    /// over the others with the optimizer's. None: one schedule over all.
    pub lr: Option<f64>,
    /// Whether frozen parts behave as in evaluation: running statistics stay, and nothing is dropped.
    pub evaluation: bool,
}

impl Default for Freeze {
    fn default() -> Self {
        Self {
            parts: vec![],
            epochs: None,
            stage_epochs: None,
            lr: None,
            evaluation: true,
        }
    }
}

/// A text, or a list of them; texts are cut at commas.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Parts {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Parts::deserialize(deserializer)? {
        Parts::One(parts) => parts
            .split(',')
            .map(|part| part.trim().to_string())
            .collect(),
        Parts::Several(parts) => parts,
    })
}

impl Freeze {
    pub(super) fn check(&self, run: &Run) -> Result<()> {
        let later = [
            ("freeze.epochs", self.epochs.is_some()),
            ("freeze.stage_epochs", self.stage_epochs.is_some()),
            ("freeze.lr", self.lr.is_some()),
        ];
        for (key, given) in later {
            ensure!(
                !given || !self.parts.is_empty(),
                "{key}: nothing is frozen; name parts with --freeze, as --freeze encoder"
            );
            ensure!(
                !given || self.epochs.is_some(),
                "{key}: it is not said when what is frozen begins to learn; say so with \
                 --freeze-epochs"
            );
        }
        if let Some(epochs) = self.epochs {
            ensure!(
                run.minutes.is_none(),
                "--freeze-epochs {epochs}: with --minutes the number of epochs is not known; give \
                 --epochs instead"
            );
            ensure!(
                (1..run.epochs).contains(&epochs),
                "--freeze-epochs {epochs}: must be at least 1 and below --epochs {}; leave it out \
                 to freeze for the whole run",
                run.epochs
            );
        }
        ensure!(
            self.stage_epochs != Some(0),
            "freeze.stage_epochs = 0: must be at least 1"
        );
        if let Some(lr) = self.lr {
            ensure!(
                lr > 0.0 && lr <= 1.0,
                "freeze.lr = {lr}: must be above 0 and at most 1"
            );
        }
        Ok(())
    }

    /// How many of the stages that are frozen learn in an epoch, counted from 0; none: all.
    pub fn stages_that_learn(&self, epoch: usize) -> Option<usize> {
        match (self.epochs, self.stage_epochs) {
            (Some(epochs), None) if epoch >= epochs => None,
            (Some(epochs), Some(every)) if epoch >= epochs => Some((epoch - epochs) / every + 1),
            _ => Some(0),
        }
    }

    /// The highest learning rate at a moment, and the moment in the part of the run that a schedule
    /// is laid over. `lr` is the optimizer's.
    pub fn phase(&self, lr: f64, moment: Moment) -> (f64, Moment) {
        let (Some(epochs), Some(frozen)) = (self.epochs, self.lr) else {
            return (lr, moment);
        };
        let Moment { done, all, epoch } = moment;
        let first = epochs as f64 * epoch;
        match done < first {
            true => (
                frozen,
                Moment {
                    all: first,
                    ..moment
                },
            ),
            false => (
                lr,
                Moment {
                    done: done - first,
                    all: all - first,
                    epoch,
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn freeze(tree: Value) -> Freeze {
        serde_json::from_value(tree).expect("a section")
    }

    #[test]
    fn parts_come_as_a_text_or_as_a_list() {
        let expected = ["encoder", "decoder.0"];
        assert_eq!(
            freeze(json!({"parts": "encoder, decoder.0"})).parts,
            expected
        );
        assert_eq!(freeze(json!({"parts": expected})).parts, expected);
    }

    #[test]
    fn stages_begin_to_learn_one_after_the_other() {
        let whole = freeze(json!({"parts": "encoder"}));
        assert_eq!(whole.stages_that_learn(1000), Some(0));
        let at_once = freeze(json!({"parts": "encoder", "epochs": 2}));
        let learning: Vec<_> = (0..4)
            .map(|epoch| at_once.stages_that_learn(epoch))
            .collect();
        assert_eq!(learning, [Some(0), Some(0), None, None]);
        let gradual = freeze(json!({"parts": "encoder", "epochs": 1, "stage_epochs": 2}));
        let learning: Vec<_> = (0..6)
            .map(|epoch| gradual.stages_that_learn(epoch))
            .collect();
        assert_eq!(learning, [0, 1, 1, 2, 2, 3].map(Some));
    }

    #[test]
    fn a_rate_of_its_own_makes_two_schedules() {
        let two = freeze(json!({"parts": "encoder", "epochs": 2, "lr": 0.01}));
        let at = |done: f64| {
            let moment = Moment {
                done,
                all: 50.0,
                epoch: 10.0,
            };
            let (lr, Moment { done, all, .. }) = two.phase(0.1, moment);
            (lr, done, all)
        };
        assert_eq!(at(19.0), (0.01, 19.0, 20.0));
        assert_eq!(at(20.0), (0.1, 0.0, 30.0));
    }
}
