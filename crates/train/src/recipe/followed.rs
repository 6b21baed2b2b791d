//! What follows from the weights that a model starts from: which model it is, and how images are
//! brought to it. It lies between the defaults and what was given.

use std::fmt;

use anyhow::{Context, Result, bail};
use models::{Task, find};
use serde_json::{Map, Value, json};
use weights::{Crop, CropMode, Declaration, Interpolation};

use crate::data::{EMBEDDED, Normalization, Preprocessing};
use crate::run_folder::RunConfig;
use crate::shipped::{is_shipped, shipped_config};
use crate::weights_file::weights_file;

/// What follows from weights. As text: a line that says so.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// What it follows from.
    from: String,
    /// By section and key, as in a recipe.
    values: Vec<(&'static str, &'static str, Value)>,
}

/// What is seen of images by torchvision's presets, and how they are scaled.
const IMAGENET: [[f64; 3]; 2] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
const SEEN: f64 = 0.875;

impl Followed {
    /// What follows from the weights that were asked for; none where there are none, or nothing lies
    /// beside them that says anything.
    ///
    /// # Errors
    /// If the weights are not to be had, or what is said of them cannot be.
    pub(super) fn of(given: &Value) -> Result<Option<Self>> {
        let Some(weights) = given.pointer("/model/weights").and_then(Value::as_str) else {
            return Ok(None);
        };
        // Embedded images are taken as they are.
        let data = given.pointer("/data/path").and_then(Value::as_str);
        let is_free = data.is_some_and(|data| !EMBEDDED.contains(&data));
        if is_shipped(weights) {
            return Self::shipped(given, weights, is_free).map(Some);
        }
        let Some(said) = declaration(weights)? else {
            return Ok(None);
        };
        Self::said(given, weights, &said, is_free).map(Some)
    }

    /// What follows from weights that are applied as they are.
    ///
    /// # Errors
    /// As [`Self::of`], and if nothing says which model they are of.
    pub(super) fn to_apply(given: &Value) -> Result<Self> {
        let weights = given.pointer("/model/weights").and_then(Value::as_str);
        let weights = weights.context("no weights are given")?;
        let said = declaration(weights)?;
        let mut followed = match &said {
            Some(said) => Self::said(given, weights, said, true)?,
            None => Self {
                from: format!("no config.json beside '{weights}'"),
                values: vec![],
            },
        };
        let name = given.pointer("/model/name");
        let name = name.or_else(|| followed.value("model", "name"));
        let name = name.and_then(Value::as_str).with_context(|| {
            format!(
                "nothing says which model the weights '{weights}' are of; give its name with \
                 --model"
            )
        })?;
        let variant = find(name)?;
        let is_free = |key| is_free(given, "data", key);
        // What speaks of pixels sees an image as large as it is, unless something is said.
        let of_pixels = variant.task() != Task::Classification;
        if of_pixels && is_free("size") && followed.value("data", "size").is_none() {
            followed.values.push(("data", "size", Value::Null));
        }
        if !is_free("normalization") || followed.value("data", "normalization").is_some() {
            return Ok(followed);
        }
        let is_imagenet = variant.twin().is_some() && variant.input().dims() == [3, 224, 224];
        // Whoever needs a scale that nothing says asks for it.
        if said.is_some() || !is_imagenet {
            return Ok(followed);
        }
        followed.from += ": as torchvision's presets";
        let scale = ("data", "normalization", moments(IMAGENET));
        followed.values.push(scale);
        if !of_pixels && is_free("fit") {
            let fit = json!({"center_crop": {"fraction": SEEN}});
            followed.values.push(("data", "fit", fit));
        }
        Ok(followed)
    }

    /// What a declaration says, of images too if they are to follow, where nothing else was given.
    fn said(given: &Value, weights: &str, said: &Declaration, images: bool) -> Result<Self> {
        let mut values = vec![];
        if is_free(given, "model", "name") {
            let Some(model) = &said.model else {
                bail!(
                    "the weights '{weights}' are of {}, which is no model here; the command \
                     `models` lists what there is, and --model names one",
                    said.network
                );
            };
            values.push(("model", "name", json!(model)));
        }
        if images {
            let own = of_images(given, weights, said)?;
            let free = |(key, _): &(&str, Value)| is_free(given, "data", key);
            let own = own.into_iter().filter(free);
            values.extend(own.map(|(key, value)| ("data", key, value)));
        }
        Ok(Self {
            from: weights.to_string(),
            values,
        })
    }

    /// What follows from a network that comes with the program.
    fn shipped(given: &Value, name: &str, images: bool) -> Result<Self> {
        let RunConfig {
            recipe, problem, ..
        } = shipped_config(name)?;
        let Preprocessing {
            channels,
            normalization,
            ..
        } = problem.preprocessing;
        let normalization = match normalization {
            Normalization::DataSet { mean, deviation } => {
                json!({"moments": {"mean": mean, "deviation": deviation}})
            }
            Normalization::Image => json!("image"),
            Normalization::ImageRoot => json!("image_root"),
        };
        let mut values = vec![("model", "name", json!(recipe.model.name))];
        if images {
            values.push(("data", "channels", json!(channels)));
            values.push(("data", "normalization", normalization));
        }
        values.retain(|(section, key, _)| is_free(given, section, key));
        Ok(Self {
            from: name.to_string(),
            values,
        })
    }

    fn value(&self, section: &str, key: &str) -> Option<&Value> {
        let own = self.values.iter();
        let mut own = own.filter(|(own, name, _)| (*own, *name) == (section, key));
        own.next().map(|(_, _, value)| value)
    }

    /// As part of a recipe.
    pub(super) fn tree(&self) -> Value {
        let mut tree = Map::new();
        for (section, key, value) in &self.values {
            let section = tree.entry(*section).or_insert_with(|| json!({}));
            section[*key] = value.clone();
        }
        Value::Object(tree)
    }
}

impl fmt::Display for Followed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.from)?;
        if self.values.is_empty() {
            return write!(formatter, " nothing that was not given");
        }
        for (section, key, value) in &self.values {
            match value {
                Value::String(text) => write!(formatter, " {section}.{key}={text}")?,
                value => write!(formatter, " {section}.{key}={value}")?,
            }
        }
        Ok(())
    }
}

/// What is said of weights, if anything is.
pub(crate) fn declaration(weights: &str) -> Result<Option<Declaration>> {
    let found = weights_file(weights, &mut |_| {})?;
    Ok(match found.config {
        Some(config) => Declaration::read(&config)?,
        None => None,
    })
}

/// Whether nothing was given for a key.
fn is_free(given: &Value, section: &str, key: &str) -> bool {
    let given = given.get(section).and_then(|section| section.get(key));
    given.is_none_or(Value::is_null)
}

/// How images are brought to a network, by the keys of a recipe's data.
fn of_images(
    given: &Value,
    weights: &str,
    said: &Declaration,
) -> Result<Vec<(&'static str, Value)>> {
    let mut values = vec![];
    if let Some([height, width]) = said.size {
        let size = match height == width {
            true => json!(height),
            false => json!([height, width]),
        };
        values.push(("size", size));
    }
    if let Some(crop) = said.crop.filter(|_| is_free(given, "data", "fit")) {
        values.push((
            "fit",
            fit(crop).with_context(|| format!("the weights '{weights}'"))?,
        ));
    }
    if let Some(interpolation) = said.interpolation {
        let name = match interpolation {
            Interpolation::Bicubic => "bicubic",
            _ => "bilinear",
        };
        values.push(("interpolation", json!(name)));
    }
    let channels = given.pointer("/data/channels").and_then(Value::as_u64);
    let channels = channels.or(said.channels.map(|channels| channels as u64));
    if let Some(channels) = channels {
        values.push(("channels", json!(channels)));
    }
    // What is said of other channels than those that are seen is of no use.
    if let (Some(mean), Some(deviation)) = (&said.mean, &said.deviation)
        && channels.is_none_or(|channels| mean.len() as u64 == channels)
    {
        let scale = [mean.as_slice(), deviation].map(<[f64]>::to_vec);
        values.push(("normalization", moments(scale)));
    }
    Ok(values)
}

fn moments([mean, deviation]: [impl serde::Serialize; 2]) -> Value {
    json!({"moments": {"mean": mean, "deviation": deviation}})
}

fn fit(crop: Crop) -> Result<Value> {
    Ok(match crop.mode {
        CropMode::Center => json!({"center_crop": {"fraction": crop.fraction}}),
        CropMode::Squash if crop.fraction == 1.0 => json!("stretch"),
        mode => bail!(
            "crop_mode {mode:?} with crop_pct {} is not known here; say how images come to their \
             size with --set data.fit",
            crop.fraction
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::recipe::Layers;
    use tempfile::{TempDir, tempdir};

    /// A folder with a file of weights, of which nothing is read here, its `config.json`, and images
    /// of two classes.
    fn beside(config: &Value) -> (TempDir, Layers) {
        let folder = tempdir().expect("a folder");
        let file = folder.path().join("model.safetensors");
        fs::write(&file, "").expect("writes");
        fs::write(folder.path().join("config.json"), config.to_string()).expect("writes");
        for class in ["a", "b"] {
            let images = folder.path().join("data/train").join(class);
            fs::create_dir_all(&images).expect("a folder");
            let image = image::GrayImage::from_pixel(40, 30, image::Luma([9]));
            image.save(images.join("0.png")).expect("writes");
        }
        let layers = Layers::default().over(
            None,
            json!({"model": {"weights": file}, "data": {"path": folder.path().join("data")}}),
        );
        (folder, layers)
    }

    fn atto() -> Value {
        json!({"architecture": "convnext_atto", "pretrained_cfg": {
            "input_size": [3, 224, 288], "interpolation": "bicubic", "crop_pct": 0.9,
            "mean": [0.1, 0.2, 0.3], "std": [0.5, 0.25, 0.125],
        }})
    }

    #[test]
    fn the_model_and_how_it_sees_images_follow_from_what_lies_beside_its_weights() {
        let (_folder, layers) = beside(&atto());
        let (recipe, followed) = layers.resolve_and_say().expect("whole");
        assert_eq!(recipe.model.name, "convnext_atto");
        let line = followed.expect("all of it").to_string();
        let (_, line) = line.split_once(": ").expect("what it is of");
        assert_eq!(
            line,
            "model.name=convnext_atto data.size=[224,288] \
             data.fit={\"center_crop\":{\"fraction\":0.9}} data.interpolation=bicubic \
             data.channels=3 data.normalization={\"moments\":{\"mean\":[0.1,0.2,0.3],\
             \"deviation\":[0.5,0.25,0.125]}}"
        );
        // What is written of a recipe says all of it, and nothing follows once more.
        let tree = recipe.tree().expect("writes");
        let again = Layers::default().over(None, tree).resolve_and_say();
        let (again, followed) = again.expect("whole");
        assert_eq!(again, recipe);
        assert_eq!(followed.expect("read again").values, []);
    }

    #[test]
    fn a_scale_of_other_channels_does_not_follow() {
        let (_folder, layers) = beside(&atto());
        let layers = layers.over(None, json!({"data": {"channels": 1, "fit": "cover"}}));
        let (recipe, followed) = layers.resolve_and_say().expect("whole");
        assert_eq!(recipe.data.normalization, None);
        let followed = followed.expect("the rest");
        assert_eq!(followed.value("data", "normalization"), None);
        assert_eq!(followed.value("data", "fit"), None);
        assert!(followed.value("data", "interpolation").is_some());
    }

    #[test]
    fn a_crop_that_is_not_known_here_is_no_error_where_another_is_given() {
        let mut config = atto();
        config["pretrained_cfg"]["crop_mode"] = json!("border");
        let (_folder, layers) = beside(&config);
        let error = layers.clone().resolve().expect_err("not known");
        assert!(format!("{error:#}").contains("--set data.fit"), "{error:#}");
        let given = layers.over(None, json!({"data": {"fit": "letterbox"}}));
        given.resolve().expect("whole");
    }
}
