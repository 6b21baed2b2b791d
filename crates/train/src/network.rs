//! A model by name, for images and a number of outputs.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use models::{ImageSpec, Model, ModelConfig, ModelError, Task, create};
use serde_json::{Map, Value};
use weights::{HeadWeights, KeyMap, Options, Report, Weights, apply};

use crate::data::Problem;
use crate::recipe;
use crate::shipped::{is_shipped, shipped_weights};
use crate::weights_file::weights_file;

/// The configuration of the model of this name, with these of its fields changed, for images and a
/// number of outputs.
///
/// # Errors
/// If there is no such model or field, a field cannot have its value, or the model cannot take the
/// images, with what it takes.
pub fn configure(
    name: &str,
    fields: &Map<String, Value>,
    image: ImageSpec,
    outputs: usize,
) -> Result<ModelConfig> {
    let config = set_all(create(name)?, "", fields).with_context(|| format!("model '{name}'"))?;
    let config = config.with_image(image).with_outputs(outputs);
    config.check().with_context(|| format!("model '{name}'"))?;
    config
        .answer_size(image.height, image.width)
        .with_context(|| format!("model '{name}' cannot take the images"))?;
    Ok(config)
}

/// Changes fields, of which some may be tables of fields.
fn set_all(
    mut config: ModelConfig,
    path: &str,
    fields: &Map<String, Value>,
) -> Result<ModelConfig, ModelError> {
    for (key, value) in fields {
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        config = match (config.clone().set(&path, value.clone()), value) {
            (Err(ModelError::UnknownField { .. }), Value::Object(fields)) => {
                set_all(config, &path, fields)?
            }
            (outcome, _) => outcome?,
        };
    }
    Ok(config)
}

/// The configuration of a recipe's model, for the task, the images and the classes of a problem.
///
/// # Errors
/// As [`configure`].
pub(crate) fn configured(model: &recipe::Model, problem: &Problem) -> Result<ModelConfig> {
    let outputs = problem.classes.len();
    let config = configure(&model.name, &model.fields, problem.image, outputs)?;
    // What answers each pixel with a class answers it with a value, or with how likely a point is.
    let is_new = config.task() != problem.task;
    let mut config = config.with_task(problem.task);
    let head = model.fields.get("head");
    let is_told = head.is_some_and(|head| head.get("zero_init").is_some());
    if is_new && problem.task == Task::KeyPoints && !is_told {
        // Heat maps are empty almost everywhere. A head that does not start so needs most of the
        // training to come there.
        config.head.zero_init = true;
    }
    Ok(config)
}

/// A model that is to learn: drawn at random, and with the weights that the recipe names, if any, and
/// what became of these.
///
/// # Errors
/// If the weights are not to be had, or do not fit the model.
pub(crate) fn start(
    recipe: &recipe::Model,
    config: &ModelConfig,
    device: &Device,
) -> Result<(Model, Option<Report>)> {
    let model = init(config, device);
    let Some(name) = &recipe.weights else {
        return Ok((model, None));
    };
    let weights = match is_shipped(name) {
        true => shipped_weights(name)?,
        false => Weights::read(&weights_file(name, &mut |_| {})?.weights)?,
    };
    let filled = filled(model, config, recipe, &weights).with_context(|| {
        format!(
            "--weights {name}: for other classes, --new-head leaves the head as it is; for another \
             decoder, --encoder-only takes the encoder's alone"
        )
    });
    let (model, report) = filled?;
    Ok((model, Some(report)))
}

/// The model with these weights, put in as a recipe says, and what became of them.
///
/// # Errors
/// If they do not fit, or averaged ones are asked for and there are none.
pub(crate) fn filled(
    model: Model,
    config: &ModelConfig,
    recipe: &recipe::Model,
    weights: &Weights,
) -> Result<(Model, Report)> {
    let filled = apply(model, config, weights, &options(recipe)?)?;
    let is_averaged = filled.1.prefix.to_lowercase().contains("ema");
    ensure!(
        is_averaged || !recipe.averaged_weights,
        "model.averaged_weights: there are no averaged weights, which have a name with `ema` before \
         theirs; leave it out, for those that there are"
    );
    Ok(filled)
}

/// How a recipe puts weights into its model.
///
/// # Errors
/// If its key map cannot be read.
pub(crate) fn options(recipe: &recipe::Model) -> Result<Options> {
    Ok(Options {
        head: match recipe.new_head {
            true => HeadWeights::Leave,
            false => HeadWeights::Take,
        },
        encoder_only: recipe.encoder_only,
        averaged: recipe.averaged_weights,
        key_map: match &recipe.key_map {
            Some(path) => KeyMap::read(Path::new(path))?,
            None => KeyMap::default(),
        },
    })
}

/// Makes the model. Its parameters are drawn at once, so that a seed set before gives the same ones.
///
/// # Panics
/// Panics where [`ModelConfig::check`] gives an error.
pub fn init(config: &ModelConfig, device: &Device) -> Model {
    let model = config.init(device);
    model.visit(&mut Draw);
    model
}

/// Draws every parameter: Burn's are lazy, and would be drawn in the order of their first use.
struct Draw;

impl ModuleVisitor for Draw {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        param.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DIGITS: ImageSpec = ImageSpec::new(1, 28, 28);

    fn fields(tree: Value) -> Map<String, Value> {
        tree.as_object().expect("a table").clone()
    }

    fn problem(task: Task) -> Problem {
        let data = crate::data::load(&crate::data::Data::of("nuclei-mini"), 1).expect("embedded");
        Problem {
            task,
            ..data.problem
        }
    }

    #[test]
    fn heads_of_heat_maps_start_with_nothing_unless_told_otherwise() {
        let model = |fields: Value| -> recipe::Model {
            let mut tree = json!({"name": "unet8"});
            let fields = fields.as_object().expect("a table").clone();
            tree.as_object_mut().expect("a table").extend(fields);
            serde_json::from_value(tree).expect("a section")
        };
        let zero = |fields: Value, task| {
            let config = configured(&model(fields), &problem(task)).expect("fits");
            assert_eq!(config.task(), task);
            config.head.zero_init
        };
        assert!(zero(json!({}), Task::KeyPoints));
        assert!(!zero(
            json!({"head": {"zero_init": false}}),
            Task::KeyPoints
        ));
        assert!(!zero(json!({}), Task::Regression));
    }

    #[test]
    fn a_field_is_reached_by_its_name_or_its_whole_path() {
        let plain = configure("resnet8", &fields(json!({})), DIGITS, 10).expect("a model");
        for tree in [
            json!({"shortcut": "plain"}),
            json!({"encoder": {"shortcut": "plain"}}),
        ] {
            let changed = configure("resnet8", &fields(tree), DIGITS, 10).expect("a model");
            assert_ne!(changed, plain);
            let twin = create("plain20").expect("a model").encoder;
            let shortcut = |config: &ModelConfig| {
                let found = config
                    .fields()
                    .into_iter()
                    .find(|(path, _)| path.ends_with("shortcut"));
                found.map(|(_, value)| value)
            };
            let twin = ModelConfig {
                encoder: twin,
                ..changed.clone()
            };
            assert_eq!(shortcut(&changed), shortcut(&twin));
        }
    }

    #[test]
    fn a_whole_configuration_gives_itself() {
        for name in ["resnet18", "unet8", "densenet40_k12"] {
            let image = ImageSpec::new(3, 64, 64);
            let config = configure(name, &fields(json!({})), image, 3).expect("a model");
            let tree = serde_json::to_value(&config).expect("writes");
            let again = configure(name, &fields(tree), image, 3).expect("a model");
            assert_eq!(again, config, "{name}");
        }
    }

    #[test]
    fn a_model_that_cannot_take_the_images_says_what_it_takes() {
        let image = ImageSpec::new(1, 20, 20);
        let error = configure("unet", &fields(json!({})), image, 2).expect_err("too small");
        let message = format!("{error:#}");
        assert!(
            message.starts_with("model 'unet' cannot take the images: images of 20x20: the model "),
            "{message}"
        );
    }
}
