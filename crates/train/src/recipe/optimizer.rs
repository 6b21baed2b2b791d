//! How parameters follow their gradients.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{ParamGroup, ParamId};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, LambConfig, LionConfig, ModuleOptimizer, SgdConfig};
use models::keys::Key;
use models::{ImageSpec, Model, ModelConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skip_blocks::seam::fits;

use super::tree::merge;

/// An algorithm with its constants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// How parameters follow their gradients: sgd, adam, adamw, lamb or lion
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
    /// Of adam, adamw, lamb and lion: how much of the mean gradient goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_1: Option<f64>,
    /// Of adam, adamw and lamb: how much of the mean squared gradient goes on. Of lion: how much of
    /// the mean gradient is kept for the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_2: Option<f64>,
    /// Of adam, adamw and lamb: what keeps a division from overflowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// Largest norm of the gradient of all parameters together; a longer one is shortened to it
    #[serde(default)]
    #[schemars(extend("x-flag" = "clip", "x-value" = "NORM"))]
    pub clip: Option<f64>,
    /// How many batches make a step: their gradients are averaged
    #[serde(default = "one_batch")]
    #[schemars(extend("x-flag" = "accumulate", "x-value" = "N"))]
    pub accumulate: usize,
    /// Keep an average of the weights too, and answer with it: how much of it stays at each step
    #[serde(default)]
    #[schemars(extend("x-flag" = "average", "x-value" = "DECAY"))]
    pub average: Option<f64>,
    /// What the learning rate is multiplied by for each stage further from the head; none: all
    /// stages learn alike.
    #[serde(default)]
    pub layer_decay: Option<f64>,
    /// Whether weight decay is also on biases and on the values of normalisations and scales: the
    /// parameters of one dimension.
    #[serde(default = "yes")]
    pub decay_vectors: bool,
    /// Parameters that are treated in another way; of several groups the last counts.
    #[serde(default)]
    pub groups: Vec<Group>,
}

fn one_batch() -> usize {
    1
}

fn yes() -> bool {
    true
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
    /// AdamW whose steps are as long as each layer's weights, from "Large Batch Optimization for Deep
    /// Learning" (You et al. 2019, <https://arxiv.org/abs/1904.00962>).
    Lamb,
    /// Steps by the sign of a mean gradient, from "Symbolic Discovery of Optimization Algorithms"
    /// (Chen et al. 2023, <https://arxiv.org/abs/2302.06675>).
    Lion,
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
    let own = match name {
        "sgd" => json!({"lr": 0.1, "weight_decay": 5e-4, "momentum": 0.9, "nesterov": true}),
        "adam" => json!({
            "lr": 3e-3, "weight_decay": 0.0, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8,
        }),
        "adamw" => json!({
            "lr": 3e-3, "weight_decay": 1e-2, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8,
        }),
        "lamb" => json!({
            "lr": 3e-3, "weight_decay": 1e-2, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-6,
        }),
        "lion" => json!({"lr": 3e-4, "weight_decay": 0.1, "beta_1": 0.9, "beta_2": 0.99}),
        _ => return None,
    };
    let mut all = json!({
        "clip": null, "accumulate": 1, "average": null, "layer_decay": null, "decay_vectors": true,
        "groups": [],
    });
    merge(&mut all, own);
    Some(all)
}

/// Parameters that follow their gradients in the same way.
#[derive(Clone, Debug)]
pub struct Treatment {
    parameters: ParamGroup,
    /// Times the learning rate.
    lr: f64,
    weight_decay: f64,
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
        if let Some(clip) = self.clip {
            ensure!(clip > 0.0, "--clip {clip}: must be above 0");
        }
        ensure!(
            self.accumulate > 0,
            "--accumulate {}: must be at least 1",
            self.accumulate
        );
        if let Some(average) = self.average {
            ensure!(
                (0.0..1.0).contains(&average),
                "--average {average}: must be at least 0 and below 1"
            );
        }
        if let Some(decay) = self.layer_decay {
            ensure!(
                decay > 0.0 && decay <= 1.0,
                "optimizer.layer_decay = {decay}: must be above 0 and at most 1"
            );
        }
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

    /// How parameters are treated that are not as all others, those that are treated alike together.
    ///
    /// # Errors
    /// If a group has none.
    pub fn treatments(
        &self,
        model: &Model,
        config: &ModelConfig,
        image: ImageSpec,
    ) -> Result<Vec<Treatment>> {
        let staged = self.groups.iter().any(|group| group.stages.is_some());
        let stages = match staged || self.layer_decay.is_some() {
            true => config.stages(image),
            false => BTreeMap::new(),
        };
        self.treatments_of(&model.keys(config), &stages)
    }

    fn treatments_of(
        &self,
        all: &[Key],
        stages: &BTreeMap<String, usize>,
    ) -> Result<Vec<Treatment>> {
        for (index, group) in self.groups.iter().enumerate() {
            ensure!(
                all.iter().any(|parameter| group.has(parameter, stages)),
                "optimizer.groups.{index}: no parameter {group}; the first is '{}'",
                all.first().map_or("", |parameter| &parameter.name)
            );
        }
        // By the bits of both numbers, in an order that is always the same.
        let mut alike: BTreeMap<[u64; 2], Vec<ParamId>> = BTreeMap::new();
        for parameter in all {
            let (lr, decay) = self.treatment_of(parameter, stages);
            let ids = alike.entry([lr.to_bits(), decay.to_bits()]).or_default();
            ids.push(parameter.id);
        }
        let treatment = |([lr, decay], ids): ([u64; 2], Vec<ParamId>)| Treatment {
            parameters: ParamGroup::from_ids(ids),
            lr: f64::from_bits(lr),
            weight_decay: f64::from_bits(decay),
        };
        let as_all = [1_f64.to_bits(), self.weight_decay.to_bits()];
        alike.remove(&as_all);
        Ok(alike.into_iter().map(treatment).collect())
    }

    /// What a parameter's learning rate is multiplied by, and its weight decay.
    fn treatment_of(&self, parameter: &Key, stages: &BTreeMap<String, usize>) -> (f64, f64) {
        let group = self
            .groups
            .iter()
            .rfind(|group| group.has(parameter, stages));
        let lr = group.map_or(1.0, |group| group.lr);
        let depth = match stages.get(&parameter.name) {
            Some(stage) => stages.values().max().map_or(0, |last| last - stage),
            None => 0,
        };
        let lr = lr * self.layer_decay.unwrap_or(1.0).powi(depth as i32);
        let decayed = self.decay_vectors || parameter.shape.len() > 1;
        let decay = if decayed { self.weight_decay } else { 0.0 };
        let decay = group.and_then(|group| group.weight_decay).unwrap_or(decay);
        (lr, decay)
    }

    /// The learning rate of each parameter, where the schedule multiplies all by `factor`.
    pub fn rates(&self, treatments: &[Treatment], factor: f64) -> ModuleLearningRate {
        let all = ModuleLrScheduler::new(self.lr * factor);
        let with = |rates: ModuleLrScheduler, treatment: &Treatment| {
            let rate = self.lr * treatment.lr * factor;
            rates.with_group(treatment.parameters.clone(), rate)
        };
        treatments.iter().fold(all, with).step()
    }

    /// Burn's optimizer, which treats parameters so.
    pub fn init(&self, treatments: &[Treatment]) -> ModuleOptimizer {
        // The same for every parameter, but for the weight decay.
        macro_rules! grouped {
            ($algorithm:expr) => {{
                let algorithm = $algorithm;
                let mut optimizer = ModuleOptimizer::from(algorithm(self.weight_decay as f32));
                for treatment in treatments {
                    let algorithm = algorithm(treatment.weight_decay as f32);
                    optimizer = optimizer.with_group(treatment.parameters.clone(), algorithm, None);
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
            Algorithm::Lamb => grouped!(|weight_decay: f32| {
                LambConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .with_weight_decay(weight_decay)
                    .build()
            }),
            Algorithm::Lion => grouped!(|weight_decay: f32| {
                LionConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_weight_decay(weight_decay)
                    .build()
            }),
        }
    }
}

impl Group {
    fn has(&self, parameter: &Key, stages: &BTreeMap<String, usize>) -> bool {
        let dims = self.dims.is_none_or(|dims| dims == parameter.shape.len());
        let stage = stages.get(&parameter.name);
        let in_stage = |wanted: &Vec<usize>| stage.is_some_and(|at| wanted.contains(at));
        let mut patterns = self.paths.iter();
        dims && self.stages.as_ref().is_none_or(in_stage)
            && patterns.any(|pattern| fits(pattern, &parameter.name))
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "has a path like {}", self.paths.join(" or "))?;
        if let Some(dims) = self.dims {
            write!(formatter, " and {dims} dimensions")?;
        }
        match &self.stages {
            Some(stages) => write!(formatter, " in stages {stages:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::{Module, Param};
    use burn::nn::{BatchNormConfig, Initializer, Linear, LinearConfig};
    use burn::optim::GradientsParams;
    use burn::tensor::{Device, Tensor, TensorData, Tolerance};
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
        let treatments = optimizer
            .treatments_of(&own_names(&layer), &BTreeMap::new())
            .expect("known paths");
        let layer = optimizer.init(&treatments).step(0.5, layer, gradients);
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
        let matrices = optimizer(
            "adamw",
            json!({"weight_decay": 0.2, "decay_vectors": false}),
        );
        assert_eq!(decayed(&matrices), [0.9, 1.0]);
    }

    #[test]
    fn a_parameter_learns_at_the_rate_of_its_group_and_stage() {
        let key = |name: &str| Key {
            id: ParamId::new(),
            name: name.to_string(),
            shape: vec![2, 2],
        };
        let all = ["stem", "layer1", "head"].map(key);
        let stages = all.iter().enumerate();
        let stages = stages.map(|(stage, key)| (key.name.clone(), stage));
        let fields = json!({
            "lr": 0.5, "layer_decay": 0.5, "groups": [{"paths": ["head"], "lr": 0.1}],
        });
        let optimizer = optimizer("sgd", fields);
        let treatments = optimizer
            .treatments_of(&all, &stages.collect())
            .expect("known paths");
        let rates = optimizer.rates(&treatments, 0.5);
        let of = |key: &Key| rates.lr_from_param(key.id, None);
        assert_eq!(all.each_ref().map(of), [0.0625, 0.125, 0.025]);
    }

    fn numbers(values: &Value) -> Vec<f32> {
        let values = values.as_array().expect("a list").iter();
        let values = values.map(|value| value.as_f64().expect("a number") as f32);
        values.collect()
    }

    /// Values as `references/optimizers.json` has them.
    fn weight_and_bias(of: &Value, device: &Device) -> (Tensor<2>, Tensor<1>) {
        let weight = TensorData::new(numbers(&of["weight"]), [3, 2]);
        let bias = TensorData::new(numbers(&of["bias"]), [2]);
        let weight = Tensor::from_data(weight, device);
        (weight, Tensor::from_data(bias, device))
    }

    #[test]
    fn steps_are_those_of_the_references() {
        let all = include_str!("../../tests/references/optimizers.json");
        let all: Value = serde_json::from_str(all).expect("JSON");
        let device = Device::flex().autodiff();
        for case in all["cases"].as_array().expect("cases") {
            let name = case["name"].as_str().expect("a name");
            let mut optimizer = optimizer(name, case["fields"].clone()).init(&[]);
            let mut layer: Linear = LinearConfig::new(3, 2).init(&device);
            let (weight, bias) = weight_and_bias(&all["start"], &device);
            layer.weight = Param::from_tensor(weight);
            layer.bias = Some(Param::from_tensor(bias));
            let gradients = all["gradients"].as_array().expect("gradients");
            for (rate, gradients) in numbers(&all["rates"]).into_iter().zip(gradients) {
                let (of_weight, of_bias) = weight_and_bias(gradients, &device);
                let bias = layer.bias.as_ref().expect("a bias").val();
                let loss = (layer.weight.val() * of_weight).sum() + (bias * of_bias).sum();
                let gradients = GradientsParams::from_grads(loss.backward(), &layer);
                layer = optimizer.step(f64::from(rate), layer, gradients);
            }
            let bias = layer.bias.expect("a bias").val();
            let found = [layer.weight.val().into_data(), bias.into_data()];
            let expected = weight_and_bias(&case["end"], &device);
            let expected = [expected.0.into_data(), expected.1.into_data()];
            for (found, expected) in found.iter().zip(&expected) {
                found.assert_approx_eq::<f32>(expected, Tolerance::absolute(1e-6));
            }
        }
    }

    #[test]
    fn a_group_without_parameters_is_named() {
        let groups = json!([{"paths": ["head.*"]}]);
        let optimizer = optimizer("sgd", json!({"groups": groups}));
        let norm = BatchNormConfig::new(2).init(&Device::flex());
        let error = optimizer
            .treatments_of(&own_names(&norm), &BTreeMap::new())
            .expect_err("no head");
        assert!(
            error.to_string().starts_with(
                "optimizer.groups.0: no parameter has a path like head.*; the first is "
            ),
            "{error}"
        );
    }
}
