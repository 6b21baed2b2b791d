//! Networks that have learned, inside the program.

use anyhow::{Context, Result};
use rust_embed::RustEmbed;
use serde_json::Value;
use weights::Weights;

use crate::format;
use crate::run_folder::RunConfig;

#[derive(RustEmbed)]
#[folder = "weights"]
#[include = "*/config.json"]
#[include = "*/model.safetensors"]
struct Files;

/// The names of the networks that come with the program.
pub fn shipped() -> Vec<String> {
    let names = Files::iter().filter_map(|path| {
        let name = path.strip_suffix("/config.json")?;
        Some(name.to_string())
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Whether a network of this name comes with the program.
pub fn is_shipped(name: &str) -> bool {
    Files::get(&format!("{name}/config.json")).is_some()
}

/// The recipe and the problem that such a network has learned.
///
/// # Errors
/// If there is none of this name.
pub(crate) fn shipped_config(name: &str) -> Result<RunConfig> {
    let tree: Value = serde_json::from_slice(&file(name, "config.json")?)?;
    format::check(tree.get("format"))?;
    Ok(serde_json::from_value(tree)?)
}

/// Its weights.
///
/// # Errors
/// If there is none of this name.
pub(crate) fn shipped_weights(name: &str) -> Result<Weights> {
    Ok(Weights::from_safetensors(&file(
        name,
        "model.safetensors",
    )?)?)
}

fn file(name: &str, file: &str) -> Result<Vec<u8>> {
    let found = Files::get(&format!("{name}/{file}")).with_context(|| {
        format!(
            "no network '{name}' is shipped; there are: {}",
            shipped().join(", ")
        )
    })?;
    Ok(found.data.into_owned())
}
