//! Attributes of nodes.

use crate::proto::AttributeProto;

/// A number.
pub(crate) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.to_string(),
        f: Some(value),
        r#type: Some(1),
        ..AttributeProto::default()
    }
}

/// A whole number.
pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_string(),
        i: Some(value),
        r#type: Some(2),
        ..AttributeProto::default()
    }
}

/// A text.
pub(crate) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.to_string(),
        s: Some(value.as_bytes().to_vec()),
        r#type: Some(3),
        ..AttributeProto::default()
    }
}

/// Lengths.
pub(crate) fn lengths(name: &str, values: impl IntoIterator<Item = usize>) -> AttributeProto {
    AttributeProto {
        name: name.to_string(),
        ints: values.into_iter().map(|value| value as i64).collect(),
        r#type: Some(7),
        ..AttributeProto::default()
    }
}
