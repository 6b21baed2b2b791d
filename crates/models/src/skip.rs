//! How a model skips.

use std::fmt;

use serde::{Serialize, Serializer};

/// How skip connections join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Skip {
    /// Added: `x + F(x)`.
    Add,
    /// Concatenated: `[x, F(x)]`.
    Concat,
    /// Some channels added, the others concatenated: `[x + F(x), x', F'(x)]`.
    Dual,
    /// Added to several streams, which mix: hyper-connections.
    Streams,
    /// Added, and summed with weights over all that came before.
    Average,
    /// Gated: `T(x) * H(x) + (1 - T(x)) * x`.
    Gate,
    /// Carried from an encoder to a decoder.
    Long,
}

impl Skip {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Concat => "concat",
            Self::Dual => "dual",
            Self::Streams => "streams",
            Self::Average => "average",
            Self::Gate => "gate",
            Self::Long => "long",
        }
    }
}

/// The skip connections of a model, as its configuration has them; none in a plain model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skips(pub Vec<Skip>);

impl fmt::Display for Skips {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("none");
        }
        let names: Vec<_> = self.0.iter().map(|skip| skip.name()).collect();
        formatter.write_str(&names.join("+"))
    }
}

impl Serialize for Skips {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
