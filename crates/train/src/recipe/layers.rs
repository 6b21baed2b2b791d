//! From what was given to a recipe: defaults, then a file, then flags, then single values, laid over
//! each other once.

use anyhow::{Context, Error, Result, anyhow};
use models::find;
use serde::Deserialize;
use serde_json::{Value, json};

use super::defaults;
use super::tree::merge;
use super::types::Recipe;
use crate::data::{self, Data, Size, Transform};

/// What was given, the last on top.
#[derive(Clone, Debug, Default)]
pub struct Layers(Vec<Layer>);

#[derive(Clone, Debug)]
struct Layer {
    /// What to say where it is wrong.
    origin: Option<String>,
    tree: Value,
}

/// The data set that is learned from where none is given.
const DATA: &str = "mnist-mini";

impl Layers {
    /// Lays a tree over what is there. `origin` is said where something in it is wrong.
    pub fn over(mut self, origin: Option<String>, tree: Value) -> Self {
        self.0.push(Layer { origin, tree });
        self
    }

    /// What the topmost layer says of the data.
    fn given(&self, key: &str) -> Option<&Value> {
        let given = |layer: &'_ Layer| layer.tree.get("data")?.get(key).map(|_| ());
        let layer = self.0.iter().rev().find(|layer| given(layer).is_some())?;
        layer.tree["data"].get(key)
    }

    /// What was given of the data and the augmentation, where nothing else matters.
    ///
    /// # Errors
    /// If something else was given, or a value is wrong.
    pub fn data(self) -> Result<(Data, Option<Vec<Transform>>)> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sections {
            data: Data,
            #[serde(default)]
            augmentation: Option<Vec<Transform>>,
        }
        let mut tree = json!({"data": {"path": DATA}});
        for layer in self.0 {
            merge(&mut tree, layer.tree);
        }
        let read = serde_path_to_error::deserialize::<_, Sections>(&tree);
        let Sections { data, augmentation } =
            read.map_err(|error| anyhow!("{}: {}", error.path(), error.inner()))?;
        data.check()?;
        Ok((data, augmentation))
    }

    /// The whole recipe, with the data set's defaults where nothing was given.
    ///
    /// # Errors
    /// If the data set or model does not exist, does not fit the other, or a key or value is wrong.
    pub fn resolve(self) -> Result<Recipe> {
        let data = self
            .given("path")
            .and_then(Value::as_str)
            .unwrap_or(DATA)
            .to_string();
        let task = data::task_of(&data)?;
        // Looked for only where it is needed: a folder has many images.
        let given = self.given("size").filter(|size| !size.is_null());
        let size = match given.and_then(|size| serde_json::from_value(size.clone()).ok()) {
            Some(size) => size,
            None => Size::from(data::suggested_size(&data)?),
        };
        let mut tree = defaults::of_data(&data, task, size);
        let mut recipe = read(&tree)?;
        for Layer { origin, tree: over } in self.0 {
            merge(&mut tree, over);
            recipe = read(&tree).map_err(|error| match origin {
                Some(origin) => error.context(origin),
                None => error,
            })?;
        }
        recipe.check(&find(&recipe.model.name)?, task)?;
        Ok(recipe)
    }
}

/// Reads a tree, the constants of what it names filled in.
fn read(tree: &Value) -> Result<Recipe> {
    let mut tree = tree.clone();
    defaults::of_names(&mut tree).map_err(Error::msg)?;
    serde_path_to_error::deserialize(&tree).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        // A key of the topmost table that does not exist is named by the message alone.
        match path.contains('.') || !message.starts_with("unknown field") {
            true => anyhow!("{path}: {message}"),
            false => anyhow!("{message}"),
        }
    })
}

impl Recipe {
    /// The recipe of a data set's defaults with these changes.
    ///
    /// # Errors
    /// As [`Layers::resolve`].
    pub fn with(changes: Value) -> Result<Self> {
        Layers::default().over(None, changes).resolve()
    }

    /// The same with these changes.
    ///
    /// # Errors
    /// As [`Layers::resolve`].
    pub fn changed(&self, changes: Value) -> Result<Self> {
        let layers = Layers::default().over(None, self.tree()?);
        layers.over(None, changes).resolve()
    }

    /// As a tree, which gives the same recipe when it is laid over the defaults.
    ///
    /// # Errors
    /// Never: all values can be written.
    pub fn tree(&self) -> Result<Value> {
        serde_json::to_value(self).context("a recipe cannot be written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::{Algorithm, Curve, at_path};
    use serde_json::json;

    #[test]
    fn the_upper_layer_wins_and_defaults_follow_the_data() {
        let recipe = Layers::default()
            .over(None, json!({"run": {"epochs": 5, "seed": 9}}))
            .over(None, at_path("run.epochs", json!(3)))
            .resolve()
            .expect("a whole recipe");
        assert_eq!((recipe.run.epochs, recipe.run.seed), (3, 9));
        assert_eq!((recipe.optimizer.lr, recipe.run.batch_size), (0.05, 32));
        let recipe = Recipe::with(at_path("data.path", json!("nuclei-mini"))).expect("whole");
        assert_eq!(recipe.optimizer.name, Algorithm::AdamW);
        assert_eq!((recipe.optimizer.lr, recipe.run.epochs), (3e-3, 80));
        assert_eq!(recipe.schedule.name, Curve::Cosine);
        assert_eq!(recipe.loss.terms.len(), 2);
    }

    #[test]
    fn a_run_can_be_repeated_from_its_configuration() {
        for data in data::EMBEDDED {
            let recipe = Recipe::with(at_path("data.path", json!(data))).expect("defaults");
            let again = Recipe::with(recipe.tree().expect("writes")).expect("whole");
            assert_eq!(again, recipe);
        }
    }

    #[test]
    fn another_optimizer_brings_its_own_constants() {
        let file = Recipe::with(json!({})).and_then(|recipe| recipe.tree());
        let recipe = Layers::default()
            .over(None, file.expect("defaults"))
            .over(None, at_path("optimizer.name", json!("adamw")))
            .resolve()
            .expect("whole");
        assert_eq!(recipe.optimizer.lr, 3e-3);
        assert_eq!(recipe.optimizer.momentum, None);
    }

    #[test]
    fn a_term_of_the_loss_is_reached_by_its_place() {
        let recipe = Layers::default()
            .over(None, at_path("data.path", json!("nuclei-mini")))
            .over(None, at_path("loss.terms.1.weight", json!(0.5)))
            .resolve()
            .expect("whole");
        let terms = serde_json::to_value(&recipe.loss.terms).expect("writes");
        assert_eq!(terms[0]["weight"], 1.0);
        assert_eq!(terms[1], json!({"name": "dice", "weight": 0.5}));
    }

    #[test]
    fn wrong_keys_and_values_are_named_with_their_path() {
        let message = |tree: Value| Recipe::with(tree).expect_err("wrong").to_string();
        for (tree, expected) in [
            (
                json!({"epoch": 3}),
                "unknown field `epoch`, expected one of `model`, `data`, ",
            ),
            (
                json!({"run": {"epoch": 3}}),
                "run.epoch: unknown field `epoch`, expected one of `backend`, ",
            ),
            (
                json!({"run": {"epochs": "many"}}),
                "run.epochs: invalid type: string \"many\", expected usize",
            ),
            (
                json!({"optimizer": {"name": "tiger"}}),
                "optimizer.name: unknown variant `tiger`, expected one of `sgd`, `adam`, `adamw`, ",
            ),
            (
                json!({"optimizer": {"name": "adamw", "momentum": 0.9}}),
                "optimizer.momentum: 'adamw' has no `momentum`; it has: ",
            ),
            (
                json!({"run": {"epochs": 0}}),
                "--epochs 0: must be at least 1",
            ),
            (
                json!({"optimizer": {"lr": -1.0}}),
                "--lr -1: must be above 0 and at most 1",
            ),
            (
                json!({"model": {"name": "unet8"}}),
                "model 'unet8' is for segmentation, data 'mnist-mini' for classification; the \
                 command `models` lists what there is",
            ),
        ] {
            let message = message(tree);
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
