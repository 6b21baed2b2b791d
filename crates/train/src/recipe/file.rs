//! Configuration files.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::format;

/// Reads a configuration file, TOML or JSON by its ending: any part of a recipe. A run's
/// `config.json` is one too; what it says of the problem that was learned follows from the data.
///
/// # Errors
/// If the file cannot be read or is not of that format.
pub fn read(path: &Path) -> Result<Value> {
    let named = || format!("the configuration file '{}'", path.display());
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", named()))?;
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let mut tree: Value = match ending.to_lowercase().as_str() {
        "json" => serde_json::from_str(&text).with_context(|| format!("{} is wrong", named()))?,
        "toml" => toml::from_str(&text).with_context(|| format!("{} is wrong", named()))?,
        other => bail!(
            "{} ends in '{other}'; it must end in .toml or .json",
            named()
        ),
    };
    if let Some(table) = tree.as_object_mut() {
        if table.remove("problem").is_some() || table.contains_key("format") {
            format::check(table.get("format")).with_context(named)?;
        }
        table.remove("format");
        table.remove("images");
        table.remove("answers");
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipe;
    use crate::hostile::mutations;

    const TOML: &str = r#"
augmentation = [{ shift = { pixels = 4 } }, "flip_horizontal"]
[model]
name = "resnet20"
shortcut = "plain"
[data]
path = "nuclei-mini"
[run]
epochs = 40
minutes = 2.5
[optimizer]
name = "adamw"
lr = 0.2
groups = [{ dims = 1, weight_decay = 0.0 }]
[schedule]
name = "onecycle"
warm_up = 0.2
[loss]
terms = [{ name = "cross_entropy", smoothing = 0.1 }, { name = "dice" }]
"#;

    #[test]
    fn damaged_recipes_are_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        let tree: Value = toml::from_str(TOML).expect("a recipe");
        for (name, text) in [("recipe.toml", TOML), ("recipe.json", &tree.to_string())] {
            let path = folder.path().join(name);
            for bytes in mutations(text.as_bytes(), 1000) {
                std::fs::write(&path, bytes).expect("writes");
                read(&path).and_then(Recipe::with).ok();
            }
        }
    }
}
