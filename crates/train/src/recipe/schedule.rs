//! How the learning rate goes over a run.

use std::f64::consts::PI;

use anyhow::{Result, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Up to the highest rate, then along a curve.
///
/// A rate follows from how far the run has come, and from nothing else: a run that goes on after a
/// stop goes on at the rate that it would have had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The curve: constant, cosine, linear, polynomial, onecycle, step or exponential.
    #[schemars(with = "String", extend("x-flag" = "schedule", "x-value" = "NAME"))]
    pub name: Curve,
    /// The part of the run in which the rate rises, 0 to 1.
    pub warm_up: f64,
    /// The part of the highest rate that the run begins with, where it rises.
    pub start: f64,
    /// Of cosine, linear, polynomial and onecycle: the part of the highest rate that is left at the
    /// end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
    /// Of polynomial: the power of the part of the run that is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
    /// Of step: after how many epochs, again and again, the rate is multiplied by the factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<usize>,
    /// Of step: what the rate is multiplied by. Of exponential: the same, in each epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
}

/// The curves that there are, after the rise. `t` goes from 0 to 1, `e` counts epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Curve {
    /// `1`
    Constant,
    /// `end + (1 - end) (1 + cos(pi t)) / 2`, from "SGDR" (Loshchilov and Hutter 2016,
    /// <https://arxiv.org/abs/1608.03983>), without its restarts.
    Cosine,
    /// `end + (1 - end) (1 - t)`
    Linear,
    /// `end + (1 - end) (1 - t)^power`, as in "DeepLab" (Chen et al. 2016,
    /// <https://arxiv.org/abs/1606.00915>).
    Polynomial,
    /// Up along half a cosine and down along another, from "Super-Convergence" (Smith and Topin
    /// 2017, <https://arxiv.org/abs/1708.07120>), with PyTorch's constants. Momentum stays.
    OneCycle,
    /// `factor^floor(e / every)`
    Step,
    /// `factor^e`
    Exponential,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Steps that are done; or, of a run that lasts a time, anything that grows with it.
    pub done: f64,
    /// All that there are to be, in the same unit.
    pub all: f64,
    /// What makes an epoch, in the same unit.
    pub epoch: f64,
}

/// The constants of a curve, which are all that it has.
pub(super) fn defaults(name: &str) -> Option<Value> {
    let start = 0.01;
    match name {
        "constant" => Some(json!({"warm_up": 0.0, "start": start})),
        "cosine" | "linear" => Some(json!({"warm_up": 0.1, "start": start, "end": 0.0})),
        "polynomial" => Some(json!({"warm_up": 0.0, "start": start, "end": 0.0, "power": 0.9})),
        "onecycle" => Some(json!({"warm_up": 0.3, "start": 0.04, "end": 4e-6})),
        "step" => Some(json!({"warm_up": 0.0, "start": start, "every": 30, "factor": 0.1})),
        "exponential" => Some(json!({"warm_up": 0.0, "start": start, "factor": 0.95})),
        _ => None,
    }
}

impl Schedule {
    pub(super) fn check(&self) -> Result<()> {
        let parts = [
            ("warm_up", self.warm_up),
            ("start", self.start),
            ("end", self.end.unwrap_or_default()),
        ];
        for (key, value) in parts {
            ensure!(
                (0.0..=1.0).contains(&value),
                "schedule.{key} = {value}: must be 0 to 1"
            );
        }
        let power = self.power.unwrap_or(1.0);
        ensure!(power > 0.0, "schedule.power = {power}: must be above 0");
        let every = self.every.unwrap_or(1);
        ensure!(every > 0, "schedule.every = {every}: must be at least 1");
        let factor = self.factor.unwrap_or(1.0);
        ensure!(
            factor > 0.0 && factor <= 1.0,
            "schedule.factor = {factor}: must be above 0 and at most 1"
        );
        Ok(())
    }

    /// What the highest rate is multiplied by, at the step that follows a moment.
    pub fn factor(&self, moment: Moment) -> f64 {
        let Moment { done, all, epoch } = moment;
        let rise = match self.warm_up > 0.0 {
            true => (all * self.warm_up).floor().max(1.0),
            false => 0.0,
        };
        if done < rise {
            let t = done / rise;
            return match self.name {
                Curve::OneCycle => along(self.start, 1.0, half_cosine(t)),
                _ => along(self.start, 1.0, t),
            };
        }
        let t = ((done - rise) / (all - rise).max(1.0)).min(1.0);
        let epochs = (done - rise) / epoch;
        let end = self.end.unwrap_or_default();
        let factor = self.factor.unwrap_or(1.0);
        match self.name {
            Curve::Constant => 1.0,
            Curve::Cosine | Curve::OneCycle => along(1.0, end, half_cosine(t)),
            Curve::Linear => along(1.0, end, t),
            Curve::Polynomial => along(end, 1.0, (1.0 - t).powf(self.power.unwrap_or(1.0))),
            Curve::Step => factor.powf((epochs / self.every.unwrap_or(1) as f64).floor()),
            Curve::Exponential => factor.powf(epochs),
        }
    }
}

fn along(from: f64, to: f64, t: f64) -> f64 {
    from + (to - from) * t
}

/// From 0 to 1, slowly at both ends.
fn half_cosine(t: f64) -> f64 {
    (1.0 - (PI * t).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factors of two epochs of five steps.
    fn factors(name: &str, fields: Value) -> Vec<f64> {
        let mut tree = defaults(name).expect("a curve");
        tree["name"] = json!(name);
        for (key, value) in fields.as_object().expect("a table") {
            tree[key] = value.clone();
        }
        let schedule: Schedule = serde_json::from_value(tree).expect("a schedule");
        schedule.check().expect("sound");
        let factor = |step: usize| {
            schedule.factor(Moment {
                done: step as f64,
                all: 10.0,
                epoch: 5.0,
            })
        };
        (0..10).map(factor).collect()
    }

    fn close(factors: &[f64], expected: &[f64]) {
        for (factor, expected) in factors.iter().zip(expected) {
            assert!((factor - expected).abs() < 1e-9, "{factors:?}");
        }
    }

    #[test]
    fn a_constant_rate_stays() {
        assert_eq!(factors("constant", json!({})), [1.0; 10]);
    }

    #[test]
    fn a_rate_warms_up_and_falls_along_a_cosine() {
        let factors = factors("cosine", json!({"warm_up": 0.2}));
        close(&factors[..3], &[0.01, 0.505, 1.0]);
        let middle = 0.5 * (1.0 + (PI * 4.0 / 8.0).cos());
        close(&factors[6..7], &[middle]);
    }

    #[test]
    fn a_rate_falls_along_a_line_to_its_end() {
        let factors = factors("linear", json!({"warm_up": 0.0, "end": 0.5}));
        close(&factors[..3], &[1.0, 0.95, 0.9]);
    }

    #[test]
    fn a_rate_falls_along_a_power() {
        let factors = factors("polynomial", json!({"power": 2.0, "end": 0.1}));
        close(&factors[..2], &[1.0, 0.1 + 0.9 * 0.81]);
    }

    #[test]
    fn a_cycle_rises_and_falls_along_half_cosines() {
        // OneCycleLR's pct_start, div_factor and final_div_factor.
        let factors = factors("onecycle", json!({}));
        close(&factors[..4], &[0.04, 0.28, 0.76, 1.0]);
        close(&factors[4..5], &[along(1.0, 4e-6, half_cosine(1.0 / 7.0))]);
    }

    #[test]
    fn a_rate_falls_in_steps_of_epochs() {
        let factors = factors("step", json!({"every": 1, "factor": 0.1}));
        close(&factors[4..6], &[1.0, 0.1]);
    }

    #[test]
    fn a_rate_falls_by_a_factor_each_epoch() {
        let factors = factors("exponential", json!({"factor": 0.5}));
        close(&[factors[0], factors[5]], &[1.0, 0.5]);
    }

    #[test]
    fn a_rate_stays_at_its_end_after_the_end() {
        let mut tree = defaults("cosine").expect("a curve");
        tree["name"] = json!("cosine");
        tree["end"] = json!(0.25);
        let schedule: Schedule = serde_json::from_value(tree).expect("a schedule");
        let late = Moment {
            done: 30.0,
            all: 10.0,
            epoch: 5.0,
        };
        close(&[schedule.factor(late)], &[0.25]);
    }
}
