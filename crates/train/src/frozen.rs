//! What of a model does not learn in an epoch.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Result, bail, ensure};
use burn::module::ParamId;
use models::keys::Key;
use models::{ImageSpec, Model, ModelConfig};
use skip_blocks::seam::covers;
use skip_blocks::{FrozenMode, Parameter, freeze_only, parameters};

use crate::recipe::Freeze;

/// The parameters that are frozen at first, each with its place among the stages that begin to learn.
pub(crate) struct Frozen {
    places: HashMap<ParamId, usize>,
    mode: FrozenMode,
}

impl Frozen {
    /// What a recipe freezes of a model; none where it freezes nothing.
    ///
    /// # Errors
    /// If there is no parameter of a part, or nothing is left that learns.
    pub fn of(
        freeze: &Freeze,
        model: &Model,
        config: &ModelConfig,
        image: ImageSpec,
    ) -> Result<Option<Self>> {
        if freeze.parts.is_empty() {
            return Ok(None);
        }
        let all: Vec<Named> = named(model, config);
        for part in &freeze.parts {
            if !all.iter().any(|one| one.is_in(part)) {
                let tops: BTreeSet<_> = all.iter().flat_map(Named::tops).collect();
                bail!(
                    "--freeze {part}: no parameter stands there; there are: {}",
                    tops.into_iter().collect::<Vec<_>>().join(", ")
                );
            }
        }
        let is_frozen = |one: &&Named| freeze.parts.iter().any(|part| one.is_in(part));
        let (frozen, learning): (Vec<_>, Vec<_>) = all.iter().partition(is_frozen);
        ensure!(
            !learning.is_empty(),
            "--freeze {}: nothing is left that learns",
            freeze.parts.join(",")
        );
        // What is not asked for is not sought: finding stages takes a forward pass on paper.
        let stages = match freeze.stage_epochs {
            Some(_) => config.stages(image),
            None => BTreeMap::new(),
        };
        let stage = |one: &Named| stages.get(&one.key.name).copied().unwrap_or(0);
        let there: BTreeSet<_> = frozen.iter().map(|one| stage(one)).collect();
        let place = |one: &&Named| there.iter().rev().position(|there| *there == stage(one));
        let placed = frozen
            .iter()
            .map(|one| (one.key.id, place(one).expect("one of them")));
        Ok(Some(Self {
            places: placed.collect(),
            mode: match freeze.evaluation {
                true => FrozenMode::Evaluation,
                false => FrozenMode::Training,
            },
        }))
    }

    /// The model as it learns in an epoch, counted from 0.
    pub fn in_epoch(&self, model: Model, epoch: usize, freeze: &Freeze) -> Model {
        let learning = freeze.stages_that_learn(epoch).unwrap_or(usize::MAX);
        let is_frozen = |one: &Parameter| {
            let place = self.places.get(&one.id);
            place.is_some_and(|place| *place >= learning)
        };
        freeze_only(model, is_frozen, self.mode)
    }
}

/// A parameter by both of its names.
struct Named {
    key: Key,
    /// Where it stands in the module tree: `encoder.stages.0`.
    path: String,
}

impl Named {
    fn is_in(&self, part: &str) -> bool {
        covers(part, &self.key.name) || covers(part, &self.path)
    }

    /// What may be said of all that stands beside it.
    fn tops(&self) -> [String; 2] {
        [&self.path, &self.key.name].map(|path| {
            let top = path.split('.').next();
            top.unwrap_or_default().to_string()
        })
    }
}

fn named(model: &Model, config: &ModelConfig) -> Vec<Named> {
    let keys = model.keys(config).into_iter().zip(parameters(model));
    let learned = keys.filter(|(_, parameter)| !parameter.is_statistic());
    learned
        .map(|(key, Parameter { path, .. })| Named { key, path })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tensor};
    use models::create;
    use serde_json::{Value, json};

    const IMAGE: [usize; 3] = [3, 32, 32];

    fn frozen(name: &str, freeze: Value) -> Result<(Model, ModelConfig, Option<Frozen>, Freeze)> {
        let config = create(name).expect("a model");
        let freeze: Freeze = serde_json::from_value(freeze).expect("a section");
        let model = config.init(&Device::flex().autodiff());
        let [channels, height, width] = IMAGE;
        let frozen = Frozen::of(
            &freeze,
            &model,
            &config,
            ImageSpec::new(channels, height, width),
        )?;
        Ok((model, config, frozen, freeze))
    }

    /// The names of the parameters that gradients come to in an epoch.
    fn learn(name: &str, freeze: Value, epoch: usize) -> BTreeSet<String> {
        let (model, config, frozen, freeze) = frozen(name, freeze).expect("sound");
        let model = frozen.expect("frozen").in_epoch(model, epoch, &freeze);
        let x = Tensor::<4>::ones([2, 3, 32, 32], &Device::flex().autodiff());
        let gradients = model.forward(x).swap_remove(0).sum().backward();
        let gradients = burn::optim::GradientsParams::from_grads(gradients, &model);
        let keys = model.keys(&config).into_iter();
        let reached = |key: &Key| match key.shape.len() {
            1 => gradients.get::<1>(key.id).is_some(),
            2 => gradients.get::<2>(key.id).is_some(),
            _ => gradients.get::<4>(key.id).is_some(),
        };
        keys.filter(reached).map(|key| key.name).collect()
    }

    fn message(name: &str, freeze: Value) -> String {
        frozen(name, freeze).err().expect("an error").to_string()
    }

    #[test]
    fn of_a_frozen_encoder_the_head_alone_learns() {
        let learned = learn("resnet8", json!({"parts": "encoder"}), 0);
        assert_eq!(learned, ["fc.bias", "fc.weight"].map(String::from).into());
    }

    #[test]
    fn public_names_and_patterns_are_taken_too() {
        let learned = learn("resnet8", json!({"parts": ["conv1", "layer1.*"]}), 0);
        assert!(learned.contains("bn1.weight"));
        assert!(!learned.iter().any(|name| name.starts_with("layer1.")));
        assert!(!learned.contains("conv1.weight"));
    }

    #[test]
    fn stages_learn_from_the_head_on() {
        let freeze = json!({"parts": "encoder", "epochs": 1, "stage_epochs": 1});
        let layers = |epoch| {
            let learned = learn("resnet8", freeze.clone(), epoch);
            let tops = learned.iter().filter_map(|name| name.split('.').next());
            let tops: BTreeSet<_> = tops.map(str::to_string).collect();
            tops.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(layers(0), "fc");
        assert_eq!(layers(1), "fc layer3");
        assert_eq!(layers(2), "fc layer2 layer3");
        assert_eq!(layers(4), "bn1 conv1 fc layer1 layer2 layer3");
    }

    #[test]
    fn what_is_not_there_and_what_leaves_nothing_are_errors() {
        let unknown = message("resnet8", json!({"parts": "backbone"}));
        assert!(
            unknown.contains("--freeze backbone: no parameter"),
            "{unknown}"
        );
        assert!(
            unknown.contains("encoder") && unknown.contains("layer1"),
            "{unknown}"
        );
        let nothing = message("resnet8", json!({"parts": "*"}));
        assert!(nothing.contains("nothing is left that learns"), "{nothing}");
    }
}
