//! Trees of values: how one is laid over another.

use serde_json::{Map, Value};

/// Lays a tree over another: what it says replaces what is there, key by key, and in a list by
/// place.
///
/// A table with a `name` is of a kind, as that of a model or an optimizer. Where the upper one has
/// another `name`, nothing of the lower one stays: it spoke of something else.
pub(super) fn merge(lower: &mut Value, upper: Value) {
    match (lower, upper) {
        (Value::Object(lower), Value::Object(upper)) => {
            let renamed = |name: &Value| lower.get("name").is_some_and(|own| own != name);
            if upper.get("name").is_some_and(renamed) {
                lower.clear();
            }
            for (key, value) in upper {
                merge(lower.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(lower), Value::Object(upper)) if places(&upper, lower.len()) => {
            for (place, value) in upper {
                let place: usize = place.parse().expect("a place");
                merge(&mut lower[place], value);
            }
        }
        (lower, upper) => *lower = upper,
    }
}

/// Whether all keys are places in a list of this length.
fn places(table: &Map<String, Value>, length: usize) -> bool {
    let place = |key: &String| key.parse::<usize>().is_ok_and(|place| place < length);
    table.keys().all(place)
}

/// Puts under a table's values those of `below` where it has none, or null.
pub(super) fn fill(table: &mut Map<String, Value>, below: &Map<String, Value>) {
    for (key, value) in below {
        let own = table.entry(key.clone()).or_insert(Value::Null);
        if own.is_null() {
            *own = value.clone();
        }
    }
}

/// The tree that has `value` at a path, `optimizer.lr`, and nothing else.
pub fn at_path(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |value, key| {
        Value::Object(Map::from_iter([(key.to_string(), value)]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(mut lower: Value, upper: Value) -> Value {
        merge(&mut lower, upper);
        lower
    }

    #[test]
    fn the_upper_tree_wins_key_by_key() {
        let lower = json!({"run": {"epochs": 3, "seed": 1}, "data": {"path": "a"}});
        let upper = at_path("run.epochs", json!(5));
        assert_eq!(
            merged(lower, upper),
            json!({"run": {"epochs": 5, "seed": 1}, "data": {"path": "a"}})
        );
    }

    #[test]
    fn another_name_forgets_what_was_said_of_the_first() {
        let lower = json!({"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}});
        let same = json!({"optimizer": {"name": "sgd", "lr": 0.2}});
        assert_eq!(
            merged(lower.clone(), same),
            json!({"optimizer": {"name": "sgd", "lr": 0.2, "momentum": 0.9}})
        );
        let other = json!({"optimizer": {"name": "adamw"}});
        assert_eq!(merged(lower, other.clone()), other);
    }

    #[test]
    fn lists_are_reached_by_place() {
        let lower = json!({"terms": [{"weight": 1}, {"weight": 1}]});
        let upper = at_path("terms.1.weight", json!(2));
        assert_eq!(
            merged(lower.clone(), upper),
            json!({"terms": [{"weight": 1}, {"weight": 2}]})
        );
        let whole = json!({"terms": []});
        assert_eq!(merged(lower, whole.clone()), whole);
    }
}
