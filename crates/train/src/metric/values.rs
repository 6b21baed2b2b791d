//! Metrics by name.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// Metrics by name, the loss first. Fractions are 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<(String, f64)>);

impl Values {
    pub(super) fn new(values: Vec<(String, f64)>) -> Self {
        Self(values)
    }

    /// Each name with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> + '_ {
        self.0.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter()
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value)
    }

    /// As a record: none where a value is not a number.
    pub fn record(&self) -> BTreeMap<String, Option<f64>> {
        let finite = |value: f64| value.is_finite().then_some(value);
        let named = self
            .iter()
            .map(|(name, value)| (name.to_string(), finite(value)));
        named.collect()
    }
}

impl Serialize for Values {
    /// As [`Values::record`], in order.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finite = |value: f64| value.is_finite().then_some(value);
        serializer.collect_map(self.iter().map(|(name, value)| (name, finite(value))))
    }
}
