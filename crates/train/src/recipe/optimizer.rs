//! How parameters follow their gradients.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, ModuleOptimizer, SgdConfig};
use models::keys::Key;
use models::{ImageSpec, Model, ModelConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skip_blocks::seam::fits;

/// An algorithm with its constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// How parameters follow their gradients: sgd, adam or adamw
    #[schemars(with = "String", extend("x-flag" = "optimizer", "x-value" = "NAME"))]
    pub name: Algorithm,
    /// Highest learning rate
    #[schemars(extend("x-flag" = "lr", "x-value" = "RATE"))]
    pub lr: f64,
    /// Weight decay
    #[schemars(extend("x-flag" = "weight-decay", "x-value" = "DECAY"))]
    pub weight_decay: f64,
    /// Of sgd: how much of the step before goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// Of sgd: whether the gradient is that after the momentum's step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nesterov: Option<bool>,
    /// Of adam and adamw: how much of the mean gradient goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_1: Option<f64>,
    /// Of adam and adamw: how much of the mean squared gradient goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_2: Option<f64>,
    /// Of adam and adamw: what keeps a division from overflowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Parameters that are treated in another way; of several groups the last counts.
    #[serde(default)]
    pub groups: Vec<Group>,
}

/// The algorithms that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Algorithm {
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// Adam; weight decay is added to the gradient.
    Adam,
    /// Adam with decoupled weight decay.
    AdamW,
}

/// Parameters, by path and number of dimensions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Paths of parameters, where `*` stands for anything: `layer1.*`.
    #[serde(default = "any_path")]
    pub paths: Vec<String>,
    /// Only parameters of so many dimensions: 1 for biases and the values of normalisations.
    #[serde(default)]
    pub dims: Option<usize>,
    /// Only parameters of these stages: 0 is the stem, then come the encoder's stages and the
    /// decoder's, and the head is last.
    #[serde(default)]
    pub stages: Option<Vec<usize>>,
    /// Times the learning rate.
    #[serde(default = "unchanged")]
    pub lr: f64,
    /// Weight decay of its own; none: that of the others.
    #[serde(default)]
    pub weight_decay: Option<f64>,
}

fn any_path() -> Vec<String> {
    vec!["*".to_string()]
}

fn unchanged() -> f64 {
    1.0
}

/// The constants of an algorithm, which are all that it has.
pub(super) fn defaults(name: &str) -> Option<Value> {
    let adam = |weight_decay: f64| {
        json!({
            "lr": 3e-3, "weight_decay": weight_decay,
            "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "groups": [],
        })
    };
    match name {
        "sgd" => Some(json!({
            "lr": 0.1, "weight_decay": 5e-4, "momentum": 0.9, "nesterov": true, "groups": [],
        })),
        "adam" => Some(adam(0.0)),
        "adamw" => Some(adam(1e-2)),
        _ => None,
    }
}

impl Optimizer {
    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.lr > 0.0 && self.lr <= 1.0,
            "--lr {}: must be above 0 and at most 1",
            self.lr
        );
        ensure!(
            self.weight_decay >= 0.0,
            "--weight-decay {}: must not be negative",
            self.weight_decay
        );
        let parts = [
            ("momentum", self.momentum),
            ("beta_1", self.beta_1),
            ("beta_2", self.beta_2),
        ];
        for (key, value) in parts {
            let value = value.unwrap_or_default();
            ensure!(
                (0.0..1.0).contains(&value),
                "optimizer.{key} = {value}: must be at least 0 and below 1"
            );
        }
        let epsilon = self.epsilon.unwrap_or(1.0);
        ensure!(
            epsilon > 0.0,
            "optimizer.epsilon = {epsilon}: must be above 0"
        );
        for (index, group) in self.groups.iter().enumerate() {
            let lr = self.lr * group.lr;
            ensure!(
                lr > 0.0 && lr <= 1.0,
                "optimizer.groups.{index}.lr = {}: times the learning rate, it must be above 0 and \
                 at most 1",
                group.lr
            );
            let decay = group.weight_decay.unwrap_or_default();
            ensure!(
                decay >= 0.0,
                "optimizer.groups.{index}.weight_decay = {decay}: must not be negative"
            );
        }
        Ok(())
    }

    /// The parameters of each group.
    ///
    /// # Errors
    /// If a group has none.
    pub fn groups(
        &self,
        model: &Model,
        config: &ModelConfig,
        image: ImageSpec,
    ) -> Result<Vec<ParamGroup>> {
        let staged = self.groups.iter().any(|group| group.stages.is_some());
        let stages = match staged {
            true => config.stages(image),
            false => BTreeMap::new(),
        };
        self.groups_of(&model.keys(config), &stages)
    }

    fn groups_of(&self, all: &[Key], stages: &BTreeMap<String, usize>) -> Result<Vec<ParamGroup>> {
        let ids = self.groups.iter().enumerate().map(|(index, group)| {
            let members = all.iter().filter(|parameter| {
                let dims = group.dims.is_none_or(|dims| dims == parameter.shape.len());
                let stage = stages.get(&parameter.name);
                let in_stage = |wanted: &Vec<usize>| stage.is_some_and(|at| wanted.contains(at));
                let mut patterns = group.paths.iter();
                dims && group.stages.as_ref().is_none_or(in_stage)
                    && patterns.any(|pattern| fits(pattern, &parameter.name))
            });
            let ids: Vec<_> = members.map(|parameter| parameter.id).collect();
            ensure!(
                !ids.is_empty(),
                "optimizer.groups.{index}: no parameter has a path like {}{}{}; the first is '{}'",
                group.paths.join(" or "),
                group
                    .dims
                    .map_or(String::new(), |dims| format!(" and {dims} dimensions")),
                group
                    .stages
                    .as_ref()
                    .map_or(String::new(), |stages| format!(" in stages {stages:?}")),
                all.first().map_or("", |parameter| &parameter.name)
            );
            Ok(ParamGroup::from_ids(ids))
        });
        ids.collect()
    }

    /// Burn's optimizer, with these parameters in the groups.
    pub fn init(&self, groups: &[ParamGroup]) -> ModuleOptimizer {
        // The same for every parameter, but for the weight decay.
        macro_rules! grouped {
            ($algorithm:expr) => {{
                let algorithm = $algorithm;
                let mut optimizer = ModuleOptimizer::from(algorithm(self.weight_decay as f32));
                for (ids, group) in groups.iter().zip(&self.groups) {
                    let decay = group.weight_decay.unwrap_or(self.weight_decay);
                    optimizer = optimizer.with_group(ids.clone(), algorithm(decay as f32), None);
                }
                optimizer
            }};
        }
        let beta_1 = self.beta_1.unwrap_or_default() as f32;
        let beta_2 = self.beta_2.unwrap_or_default() as f32;
        let epsilon = self.epsilon.unwrap_or_default() as f32;
        let decay = |decay: f32| (decay > 0.0).then(|| WeightDecayConfig::new(decay));
        match self.name {
            Algorithm::Sgd => grouped!(|weight_decay: f32| {
                let momentum = self.momentum.filter(|momentum| *momentum > 0.0);
                let momentum = momentum.map(|momentum| {
                    MomentumConfig::new()
                        .with_momentum(momentum)
                        .with_dampening(0.0)
                        .with_nesterov(self.nesterov.unwrap_or_default())
                });
                SgdConfig::new()
                    .with_momentum(momentum)
                    .with_weight_decay(decay(weight_decay))
                    .build()
            }),
            Algorithm::Adam => grouped!(|weight_decay: f32| {
                AdamConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .with_weight_decay(decay(weight_decay))
                    .build()
            }),
            Algorithm::AdamW => grouped!(|weight_decay: f32| {
                AdamWConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .with_weight_decay(weight_decay)
                    .build()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Module;
    use burn::nn::{BatchNormConfig, Initializer, Linear, LinearConfig};
    use burn::optim::GradientsParams;
    use burn::tensor::{Device, Tensor};
    use skip_blocks::{Parameter, parameters};

    fn optimizer(name: &str, fields: Value) -> Optimizer {
        let mut tree = defaults(name).expect("an algorithm");
        tree["name"] = json!(name);
        for (key, value) in fields.as_object().expect("a table") {
            tree[key] = value.clone();
        }
        serde_json::from_value(tree).expect("an optimizer")
    }

    fn own_names(module: &impl Module) -> Vec<Key> {
        let named = |parameter: Parameter| Key {
            id: parameter.id,
            name: parameter.path,
            shape: parameter.shape,
        };
        parameters(module).into_iter().map(named).collect()
    }

    /// The weight and the bias of a layer of one value, both 1, after a step where every gradient
    /// is 0: what weight decay alone does.
    fn decayed(optimizer: &Optimizer) -> [f32; 2] {
        let device = Device::flex().autodiff();
        let layer: Linear = LinearConfig::new(1, 1)
            .with_initializer(Initializer::Ones)
            .init(&device);
        let loss = layer.forward(Tensor::<2>::ones([1, 1], &device)).sum() * 0.0;
        let gradients = GradientsParams::from_grads(loss.backward(), &layer);
        let groups = optimizer
            .groups_of(&own_names(&layer), &BTreeMap::new())
            .expect("known paths");
        let layer = optimizer.init(&groups).step(0.5, layer, gradients);
        let bias = layer.bias.expect("a bias").val();
        [layer.weight.val().into_scalar(), bias.into_scalar()]
    }

    #[test]
    fn weight_decay_is_that_of_a_parameters_group() {
        let plain = optimizer("adamw", json!({"weight_decay": 0.2}));
        assert_eq!(decayed(&plain), [0.9, 0.9]);
        let groups = json!([{"dims": 1, "weight_decay": 0.0}]);
        let grouped = optimizer("adamw", json!({"weight_decay": 0.2, "groups": groups}));
        assert_eq!(decayed(&grouped), [0.9, 1.0]);
        let groups = json!([{"paths": ["b*"], "weight_decay": 0.0}]);
        let grouped = optimizer(
            "sgd",
            json!({"weight_decay": 0.2, "groups": groups, "momentum": 0.0}),
        );
        assert_eq!(decayed(&grouped), [0.9, 1.0]);
    }

    #[test]
    fn a_group_without_parameters_is_named() {
        let groups = json!([{"paths": ["head.*"]}]);
        let optimizer = optimizer("sgd", json!({"groups": groups}));
        let norm = BatchNormConfig::new(2).init(&Device::flex());
        let error = optimizer
            .groups_of(&own_names(&norm), &BTreeMap::new())
            .expect_err("no head");
        assert!(
            error.to_string().starts_with(
                "optimizer.groups.0: no parameter has a path like head.*; the first is "
            ),
            "{error}"
        );
    }
}
