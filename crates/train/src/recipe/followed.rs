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
    /// As [`Self::of`], and if nothing says which model they are of, or how images are scaled.
    pub(super) fn to_apply(given: &Value) -> Result<Self> {
        let weights = given.pointer("/model/weights").and_then(Value::as_str);
        let weights = weights.context("no weights are given")?;
        let said = declaration(weights)?;
        let mut followed = match &said {
            Some(said) => Self::said(given, weights, said, true)?,
            None => Self {
                from: format!("no config.json beside '{weights}': as torchvision's presets"),
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
        if said.is_some() || !is_imagenet {
            bail!(
                "nothing says how the values of images are scaled for the weights '{weights}'; \
                 put the config.json of timm beside them, or give --set \
                 'data.normalization={{\"moments\": {{\"mean\": [..], \"deviation\": [..]}}}}'"
            );
        }
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
