//! From what was given to a recipe: defaults, then a file, then flags, then single values, laid over
//! each other once.

use anyhow::{Context, Error, Result, anyhow};
use models::find;
use serde::Deserialize;
use serde_json::{Value, json};

use super::defaults;
use super::followed::Followed;
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

    /// All that was given, as one tree.
    fn given(&self) -> Value {
        let mut tree = json!({});
        for layer in &self.0 {
            merge(&mut tree, layer.tree.clone());
        }
        tree
    }

    /// The weights that were asked for: a path, or a name on the hub.
    pub fn weights(&self) -> Option<String> {
        let given = self.given();
        Some(given.pointer("/model/weights")?.as_str()?.to_string())
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
        Ok(self.resolve_and_say()?.0)
    }

    /// The whole recipe, and what in it follows from the weights that the model starts from.
    ///
    /// # Errors
    /// As [`Self::resolve`], and if the weights are not to be had, or say something that cannot be.
    pub fn resolve_and_say(self) -> Result<(Recipe, Option<Followed>)> {
        let given = self.given();
        let data = text(&given, "/data/path").unwrap_or(DATA).to_string();
        let task = data::task_of(&data)?;
        let followed = Followed::of(&given)?;
        let tree = followed.as_ref().map_or(Value::Null, Followed::tree);
        // Looked for only where it is needed: a folder has many images.
        let size = match size(&given).or_else(|| size(&tree)) {
            Some(size) => size,
            None => Size::from(data::suggested_size(&data)?),
        };
        let mut recipe = defaults::of_data(&data, task, size);
        if tree.is_object() {
            merge(&mut recipe, tree);
        }
        let recipe = self.laid_over(recipe)?;
        recipe.check(&find(&recipe.model.name)?, task)?;
        Ok((recipe, followed))
    }

    /// The recipe of a model that is applied with the weights that were given, which are of others
    /// and stay as they are; and what in it follows from them. Where nothing says how they see
    /// images, those of networks that torchvision and its kin have see them as torchvision does.
    ///
    /// # Errors
    /// If the weights are not to be had, nobody says which model they are of, or a key or value is
    /// wrong.
    pub fn resolve_to_apply(self) -> Result<(Recipe, Followed)> {
        let given = self.given();
        let followed = Followed::to_apply(&given)?;
        let tree = followed.tree();
        let name = text(&given, "/model/name").or_else(|| text(&tree, "/model/name"));
        let variant = find(name.unwrap_or_default())?;
        let data = text(&given, "/data/path").unwrap_or_default();
        let image = variant.input();
        let size = Size::from([image.height, image.width]);
        let mut recipe = defaults::of_data(data, variant.task(), size);
        merge(&mut recipe, json!({"model": {"name": variant.name()}}));
        merge(&mut recipe, tree);
        let recipe = self.laid_over(recipe)?;
        recipe.check(&variant, variant.task())?;
        Ok((recipe, followed))
    }

    /// All layers over a tree that is whole.
    fn laid_over(self, mut tree: Value) -> Result<Recipe> {
        let mut recipe = read(&tree)?;
        for Layer { origin, tree: over } in self.0 {
            merge(&mut tree, over);
            recipe = read(&tree).map_err(|error| match origin {
                Some(origin) => error.context(origin),
                None => error,
            })?;
        }
        Ok(recipe)
    }
}

fn text<'a>(tree: &'a Value, place: &str) -> Option<&'a str> {
    tree.pointer(place)?.as_str()
}

/// The size of images that a tree has, if it is one.
fn size(tree: &Value) -> Option<Size> {
    let size = tree.pointer("/data/size").filter(|size| !size.is_null())?;
    serde_json::from_value(size.clone()).ok()
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
