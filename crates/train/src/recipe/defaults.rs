//! What a recipe starts from.

use models::Task;
use serde_json::{Map, Value, json};

use super::tree::{fill, merge};
use super::{optimizer, schedule};
use crate::data::Size;
use crate::task;

/// The longest side of images that are small.
const THUMBNAIL: usize = 64;

/// What data starts from, with images of this height and width. For the embedded sets: measured,
/// see the README.
pub(super) fn of_data(data: &str, task: Task, size: Size) -> Value {
    let mut tree = of_task(task);
    let own = match data {
        "mnist-mini" => json!({
            "model": {"name": "resnet10_w32"},
            "run": {"epochs": 12, "batch_size": 32},
            "optimizer": {"lr": 0.05},
        }),
        "nuclei-mini" => json!({
            "model": {"name": "unet8"},
            "run": {"epochs": 80},
        }),
        "nuclei-noisy" => json!({
            "model": {"name": "unet8"},
            "run": {"epochs": 40},
        }),
        "nuclei-points" => json!({
            "model": {"name": "unet8"},
            "run": {"epochs": 20, "batch_size": 16},
        }),
        // Thumbnails have no need of a network that halves them twice before its first block.
        _ if task == Task::Classification && size.sides().iter().max() > Some(&THUMBNAIL) => {
            json!({"model": {"name": "resnet18"}, "run": {"batch_size": 32}})
        }
        _ => json!({}),
    };
    merge(&mut tree, own);
    merge(&mut tree, json!({"data": {"path": data, "size": size}}));
    tree
}

fn of_task(task: Task) -> Value {
    let mut tree = match task {
        Task::Classification => json!({
            "model": {"name": "resnet20"},
            "run": {"epochs": 20, "batch_size": 64},
            "optimizer": {"name": "sgd"},
        }),
        _ => json!({
            "model": {"name": "unet16"},
            "run": {"epochs": 40, "batch_size": 4},
            "optimizer": {"name": "adamw"},
        }),
    };
    merge(
        &mut tree,
        json!({"schedule": {"name": "cosine"}, "loss": task::of(task).loss()}),
    );
    tree
}

/// Puts in the constants of the algorithm and of the curve that are named.
///
/// # Errors
/// If a table has a key that what it names does not have.
pub(super) fn of_names(tree: &mut Value) -> Result<(), String> {
    for (key, defaults) in [
        (
            "optimizer",
            optimizer::defaults as fn(&str) -> Option<Value>,
        ),
        ("schedule", schedule::defaults),
    ] {
        let Some(table) = tree.get_mut(key).and_then(Value::as_object_mut) else {
            continue;
        };
        let name = table.get("name").and_then(Value::as_str);
        // What the flag was called before.
        let name = name.map(|name| name.replace("adam-w", "adamw"));
        if let Some(name) = &name {
            table.insert("name".to_string(), name.clone().into());
        }
        // A name that does not exist is found when the tree is read.
        let Some((name, defaults)) = name.and_then(|name| Some((name.clone(), defaults(&name)?)))
        else {
            continue;
        };
        let defaults = defaults.as_object().cloned().unwrap_or_default();
        only_known(key, &name, table, &defaults)?;
        fill(table, &defaults);
    }
    Ok(())
}

fn only_known(
    section: &str,
    name: &str,
    table: &Map<String, Value>,
    known: &Map<String, Value>,
) -> Result<(), String> {
    let unknown = |(key, value): &(&String, &Value)| {
        *key != "name" && !value.is_null() && !known.contains_key(*key)
    };
    match table.iter().find(unknown) {
        None => Ok(()),
        Some((key, _)) => Err(format!(
            "{section}.{key}: '{name}' has no `{key}`; it has: {}",
            known.keys().cloned().collect::<Vec<_>>().join(", ")
        )),
    }
}
