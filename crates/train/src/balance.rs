//! Classes that count alike in the loss.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::loss::Loss;

/// The loss with these weights of classes in each term that has some and was given none.
///
/// # Errors
/// If no term has weights of classes.
pub(crate) fn balanced(loss: &Loss, weights: &[f64]) -> Result<Loss> {
    let mut tree = serde_json::to_value(loss)?;
    let mut found = false;
    let terms = tree.get_mut("terms").and_then(Value::as_array_mut);
    for term in terms.into_iter().flatten() {
        if let Some(own) = term.get_mut("class_weights") {
            found = true;
            if own.is_null() {
                *own = json!(weights);
            }
        }
    }
    ensure!(
        found,
        "data.class_weights = balanced: no term of the loss has class_weights; cross_entropy has"
    );
    serde_json::from_value(tree).context("the loss with weights of classes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(text: &str) -> Loss {
        serde_json::from_str(text).expect("a loss")
    }

    #[test]
    fn terms_that_weigh_classes_get_weights_unless_they_have_some() {
        let plain = loss(r#"{"terms": [{"name": "cross_entropy"}, {"name": "dice"}]}"#);
        let tree = serde_json::to_value(balanced(&plain, &[0.5, 2.0]).expect("one weighs"));
        let tree = tree.expect("writes");
        assert_eq!(tree["terms"][0]["class_weights"], json!([0.5, 2.0]));
        let own = loss(r#"{"terms": [{"name": "cross_entropy", "class_weights": [1, 3]}]}"#);
        assert_eq!(balanced(&own, &[0.5, 2.0]).expect("its own"), own);
        let none = loss(r#"{"terms": [{"name": "dice"}]}"#);
        assert!(balanced(&none, &[0.5, 2.0]).is_err());
    }
}
