//! How the learning rate goes over a run.

use anyhow::{Result, anyhow, ensure};
use burn::lr_scheduler::LrSchedulerConfig;
use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
use burn::lr_scheduler::exponential::ExponentialLrSchedulerConfig;
use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLrScheduler, ModuleLrSchedulerConfig};
use burn::lr_scheduler::sequential::SequentialLrSchedulerConfig;
use burn::lr_scheduler::step::StepLrSchedulerConfig;
use burn::module::ParamGroup;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::optimizer::Optimizer;

/// Up from a hundredth of the highest rate, then along a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The curve: constant, cosine, linear, step or exponential.
    #[schemars(with = "String")]
    pub name: Curve,
    /// The part of the steps in which the rate rises, 0 to 1.
    pub warm_up: f64,
    /// Of cosine and linear: the part of the highest rate that is left at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
    /// Of step: after how many epochs, again and again, the rate is multiplied by the factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<usize>,
    /// Of step: what the rate is multiplied by. Of exponential: the same, in each epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
}

/// The curves that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Curve {
    /// Stays.
    Constant,
    /// Falls along half a cosine.
    Cosine,
    /// Falls along a line.
    Linear,
    /// Falls by a factor every few epochs.
    Step,
    /// Falls by a factor each epoch, a little each step.
    Exponential,
}

/// The constants of a curve, which are all that it has.
pub(super) fn defaults(name: &str) -> Option<Value> {
    match name {
        "constant" => Some(json!({"warm_up": 0.0})),
        "cosine" | "linear" => Some(json!({"warm_up": 0.1, "end": 0.0})),
        "step" => Some(json!({"warm_up": 0.0, "every": 30, "factor": 0.1})),
        "exponential" => Some(json!({"warm_up": 0.0, "factor": 0.95})),
        _ => None,
    }
}

impl Schedule {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.warm_up),
            "schedule.warm_up = {}: must be 0 to 1",
            self.warm_up
        );
        let end = self.end.unwrap_or_default();
        ensure!(
            (0.0..=1.0).contains(&end),
            "schedule.end = {end}: must be 0 to 1"
        );
        let every = self.every.unwrap_or(1);
        ensure!(every > 0, "schedule.every = {every}: must be at least 1");
        let factor = self.factor.unwrap_or(1.0);
        ensure!(
            factor > 0.0 && factor <= 1.0,
            "schedule.factor = {factor}: must be above 0 and at most 1"
        );
        Ok(())
    }

    /// The learning rate of each of the steps, with these parameters in the optimizer's groups.
    ///
    /// # Errors
    /// If Burn has none for so many steps.
    pub fn init(
        &self,
        optimizer: &Optimizer,
        groups: &[ParamGroup],
        steps_of_an_epoch: usize,
        epochs: usize,
    ) -> Result<ModuleLrScheduler> {
        let rate = |lr: f64| self.rate(lr, steps_of_an_epoch, epochs);
        let mut config = ModuleLrSchedulerConfig::new(rate(optimizer.lr));
        for (ids, group) in groups.iter().zip(&optimizer.groups) {
            config = config.with_group(ids.clone(), rate(optimizer.lr * group.lr));
        }
        let steps = steps_of_an_epoch * epochs;
        config
            .init()
            .map_err(|error| anyhow!("there is no learning rate for {steps} steps: {error}"))
    }

    fn rate(&self, lr: f64, steps_of_an_epoch: usize, epochs: usize) -> LrSchedulerConfig {
        let steps = steps_of_an_epoch * epochs;
        let warm_up = match self.warm_up > 0.0 {
            true => ((steps as f64 * self.warm_up) as usize).max(1),
            false => 0,
        };
        let rest = (steps - warm_up).max(1);
        let end = lr * self.end.unwrap_or_default();
        let factor = self.factor.unwrap_or(1.0);
        let curve: LrSchedulerConfig = match self.name {
            Curve::Constant => lr.into(),
            Curve::Cosine => CosineAnnealingLrSchedulerConfig::new(lr, rest)
                .with_min_lr(end)
                .into(),
            Curve::Linear => LinearLrSchedulerConfig::new(lr, end, rest).into(),
            Curve::Step => {
                let every = steps_of_an_epoch * self.every.unwrap_or(1);
                StepLrSchedulerConfig::new(lr, every)
                    .with_gamma(factor)
                    .into()
            }
            Curve::Exponential => {
                let each_step = factor.powf(1.0 / steps_of_an_epoch as f64);
                ExponentialLrSchedulerConfig::new(lr, each_step).into()
            }
        };
        if warm_up == 0 {
            return curve;
        }
        let rise = LinearLrSchedulerConfig::new(lr / 100.0, lr, warm_up);
        SequentialLrSchedulerConfig::new(vec![rise.into(), curve], vec![warm_up]).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn optimizer() -> Optimizer {
        serde_json::from_value(json!({"name": "sgd", "lr": 0.5, "weight_decay": 0.0}))
            .expect("an optimizer")
    }

    /// The rates of two epochs of five steps.
    fn rates(name: &str, fields: Value) -> Vec<f64> {
        let mut tree = defaults(name).expect("a curve");
        tree["name"] = json!(name);
        for (key, value) in fields.as_object().expect("a table") {
            tree[key] = value.clone();
        }
        let schedule: Schedule = serde_json::from_value(tree).expect("a schedule");
        let mut scheduler = schedule.init(&optimizer(), &[], 5, 2).expect("rates");
        (0..10).map(|_| scheduler.step().base()).collect()
    }

    fn close(rates: &[f64], expected: &[f64]) {
        for (rate, expected) in rates.iter().zip(expected) {
            assert!((rate - expected).abs() < 1e-9, "{rates:?}");
        }
    }

    #[test]
    fn a_constant_rate_stays() {
        assert_eq!(rates("constant", json!({})), [0.5; 10]);
    }

    #[test]
    fn a_rate_warms_up_and_falls_along_a_cosine() {
        let rates = rates("cosine", json!({"warm_up": 0.2}));
        close(&rates[..3], &[0.005, 0.2525, 0.5]);
        let middle = 0.25 * (1.0 + (std::f64::consts::PI * 4.0 / 8.0).cos());
        close(&rates[6..7], &[middle]);
    }

    #[test]
    fn a_rate_falls_along_a_line_to_its_end() {
        let rates = rates("linear", json!({"warm_up": 0.0, "end": 0.5}));
        close(&rates[..3], &[0.5, 0.475, 0.45]);
    }

    #[test]
    fn a_rate_falls_in_steps_of_epochs() {
        let rates = rates("step", json!({"every": 1, "factor": 0.1}));
        close(&rates[4..6], &[0.5, 0.05]);
    }

    #[test]
    fn a_rate_falls_by_a_factor_each_epoch() {
        let rates = rates("exponential", json!({"factor": 0.5}));
        close(&[rates[0], rates[5]], &[0.5, 0.25]);
    }

    #[test]
    fn a_group_has_its_part_of_the_rate() {
        use burn::module::ParamId;
        let mut optimizer = optimizer();
        optimizer.groups = serde_json::from_value(json!([{"lr": 0.1}])).expect("a group");
        let id = ParamId::new();
        let groups = [ParamGroup::from_ids(vec![id])];
        let mut tree = defaults("constant").expect("a curve");
        tree["name"] = json!("constant");
        let schedule: Schedule = serde_json::from_value(tree).expect("a schedule");
        let rates = schedule
            .init(&optimizer, &groups, 5, 2)
            .expect("rates")
            .step();
        assert!((rates.lr_from_param(id, None) - 0.05).abs() < 1e-9);
        assert_eq!(rates.base(), 0.5);
    }
}
