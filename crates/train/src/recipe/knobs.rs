//! The knobs of a recipe, read from the types: a flag is written once, at its field.

use anyhow::{Context, Result};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::types::Recipe;

/// A value of the recipe that can be given on the command line.
#[derive(Clone, Debug)]
pub struct Knob {
    /// Where it is in the recipe: `optimizer.lr`.
    pub path: String,
    /// Its flag, without the dashes.
    pub flag: String,
    /// What the help calls its value; none: the flag alone means yes.
    pub value: Option<String>,
    /// What it does.
    pub help: String,
    /// What may stand there.
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Text,
    Whole,
    Number,
    /// Whatever the text is in JSON, or the text.
    Any,
}

/// All knobs, in the order of the recipe.
pub fn knobs() -> Vec<Knob> {
    let settings = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<Recipe>();
    let mut knobs = Vec::new();
    if let Some(schema) = schema.as_object() {
        collect(schema, "", &mut knobs);
    }
    knobs
}

fn collect(schema: &Map<String, Value>, path: &str, knobs: &mut Vec<Knob>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, schema) in properties.into_iter().flatten() {
        let Some(schema) = schema.as_object() else {
            continue;
        };
        let path = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        if let Some(flag) = text(schema, "x-flag") {
            knobs.push(Knob {
                flag,
                value: text(schema, "x-value"),
                help: text(schema, "description")
                    .unwrap_or_default()
                    .replace('\n', " "),
                kind: Kind::of(schema),
                path: path.clone(),
            });
        }
        collect(schema, &path, knobs);
    }
}

fn text(schema: &Map<String, Value>, key: &str) -> Option<String> {
    schema.get(key)?.as_str().map(str::to_string)
}

impl Kind {
    fn of(schema: &Map<String, Value>) -> Self {
        let is = |kind: &str| match schema.get("type") {
            Some(Value::String(own)) => own == kind,
            Some(Value::Array(all)) => all.iter().any(|own| own == kind),
            _ => false,
        };
        match () {
            () if is("integer") => Self::Whole,
            () if is("number") => Self::Number,
            () if is("string") => Self::Text,
            () => Self::Any,
        }
    }
}

impl Knob {
    /// The value that a flag's text stands for.
    ///
    /// # Errors
    /// If it is no number where one must be.
    pub fn parse(&self, text: &str) -> Result<Value> {
        Ok(match self.kind {
            Kind::Text => Value::from(text),
            Kind::Any => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
            Kind::Whole => Value::from(text.parse::<u64>().context("must be a whole number")?),
            Kind::Number => Value::from(text.parse::<f64>().context("must be a number")?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_knob_has_a_help_and_its_own_flag() {
        let knobs = knobs();
        let flags: Vec<&str> = knobs.iter().map(|knob| knob.flag.as_str()).collect();
        let expected = [
            "model",
            "weights",
            "key-map",
            "new-head",
            "encoder-only",
            "data",
            "image-size",
            "limit",
            "on-bad-image",
            "backend",
            "device",
            "epochs",
            "minutes",
            "patience",
            "best",
            "batch-size",
            "recompute",
            "seed",
            "on-nan",
            "optimizer",
            "lr",
            "weight-decay",
            "clip",
            "accumulate",
            "average",
            "schedule",
            "freeze",
            "freeze-epochs",
        ];
        assert_eq!(flags, expected);
        assert!(knobs.iter().all(|knob| !knob.help.is_empty()));
    }

    #[test]
    fn texts_become_what_the_field_takes() {
        let knobs = knobs();
        let parse = |flag: &str, text: &str| {
            let knob = knobs.iter().find(|knob| knob.flag == flag).expect("a knob");
            knob.parse(text)
        };
        assert_eq!(parse("model", "18").expect("text"), Value::from("18"));
        assert_eq!(parse("limit", "18").expect("a number"), Value::from(18));
        assert_eq!(parse("lr", "1").expect("a number"), Value::from(1.0));
        assert!(parse("epochs", "many").is_err());
    }
}
