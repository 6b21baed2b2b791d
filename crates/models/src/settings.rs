//! Fields of a configuration by path, from outside.

use serde_json::Value;

use crate::{ModelConfig, ModelError};

/// All fields with their values, in the order of their paths.
pub(crate) fn fields(config: &ModelConfig) -> Vec<(String, Value)> {
    let mut found = vec![];
    collect(&tree(config), "", &mut found);
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}

/// The configuration with another value of a field.
pub(crate) fn set(
    config: &ModelConfig,
    path: &str,
    value: Value,
) -> Result<ModelConfig, ModelError> {
    let mut tree = tree(config);
    let full = find(config, path)?;
    let place = tree.pointer_mut(&format!("/{}", full.replace('.', "/")));
    let place = place.expect("found in the same tree");
    *place = value.clone();
    serde_json::from_value(tree).map_err(|error| ModelError::WrongValue {
        path: full,
        value: value.to_string(),
        reason: error.to_string(),
    })
}

fn tree(config: &ModelConfig) -> Value {
    serde_json::to_value(config).expect("a configuration can be written")
}

/// The one field whose path is this, or ends in it.
fn find(config: &ModelConfig, path: &str) -> Result<String, ModelError> {
    let known: Vec<_> = fields(config).into_iter().map(|(path, _)| path).collect();
    let ending = format!(".{path}");
    let candidates: Vec<_> = known
        .iter()
        .filter(|known| *known == path || known.ends_with(&ending))
        .collect();
    match candidates[..] {
        [one] => Ok(one.clone()),
        [] => Err(ModelError::UnknownField {
            path: path.to_string(),
            known: known.join(", "),
        }),
        _ => Err(ModelError::AmbiguousField {
            path: path.to_string(),
            candidates: candidates
                .iter()
                .map(|path| path.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Objects are gone into, but for those that are values: lists and modifiers.
fn collect(tree: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match tree {
        Value::Object(fields) if !is_value(path) => {
            for (name, value) in fields {
                let path = match path {
                    "" => name.clone(),
                    _ => format!("{path}.{name}"),
                };
                collect(value, &path, found);
            }
        }
        _ => found.push((path.to_string(), tree.clone())),
    }
}

/// Whether what stands here is set as a whole, as `{"group": 8}` of a normalisation is.
fn is_value(path: &str) -> bool {
    !matches!(path, "" | "encoder" | "decoder" | "head" | "encoder.image")
}
