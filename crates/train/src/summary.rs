//! One model, layer by layer.

use anyhow::Result;
use models::{Variant, find};
use serde::Serialize;
use skip_blocks::outline::{Layer, Outline};

use crate::diagram;
use crate::list::Row;
use crate::markdown::markdown;

/// A model and its layers, for one image.
#[derive(Serialize)]
pub struct Summary {
    #[serde(skip)]
    variant: Variant,
    #[serde(flatten)]
    row: Row,
    /// Bytes of what all layers give.
    bytes: usize,
    #[serde(flatten)]
    outline: Outline,
}

impl Summary {
    /// Of the model of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn of(name: &str) -> Result<Self> {
        let variant = find(name)?;
        let outline = variant.outline();
        Ok(Self {
            row: Row::of(&variant),
            bytes: outline.bytes(),
            variant,
            outline,
        })
    }

    /// A JSON object: what the list of models says, and `layers`, `units` and `links`.
    ///
    /// # Errors
    /// None that is known.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// A line about the model, and a Markdown table of its layers.
    pub fn text(&self) -> String {
        let head = [
            "layer",
            "kind",
            "input",
            "output",
            "parameters",
            "MMACs",
            "KiB",
        ];
        let mut lines = vec![head.map(str::to_string)];
        lines.extend(self.outline.layers.iter().map(line));
        let right = [false, false, false, false, true, true, true];
        format!(
            "{}: {}\n\n{}",
            self.variant.name(),
            self.subtitle(),
            markdown(&lines, &right)
        )
    }

    /// The model's skip connections as a picture, as SVG.
    pub fn svg(&self) -> String {
        diagram::svg(self.variant.name(), &self.subtitle(), &self.outline)
    }

    fn subtitle(&self) -> String {
        let input = self.variant.input().dims().map(|size| size.to_string());
        format!(
            "{}, {} skips, input {}, {} parameters, {:.3} GMACs, {:.1} MiB of activations",
            self.variant.task(),
            self.variant.skips(),
            input.join("x"),
            grouped(self.outline.parameters()),
            self.outline.macs() as f64 / 1e9,
            self.bytes as f64 / f64::from(1 << 20),
        )
    }
}

fn line(layer: &Layer) -> [String; 7] {
    // The batch is one image.
    let shape = |shape: &[usize]| {
        let sizes: Vec<_> = shape.iter().skip(1).map(usize::to_string).collect();
        sizes.join("x")
    };
    let kind = match layer.kernel {
        Some([height, width]) => format!("{} {height}x{width}", layer.kind),
        None => layer.kind.clone(),
    };
    [
        layer.path.clone(),
        kind,
        shape(&layer.input),
        shape(&layer.output),
        grouped(layer.parameters),
        format!("{:.2}", layer.macs as f64 / 1e6),
        format!("{:.1}", layer.bytes() as f64 / 1024.0),
    ]
}

/// A number with its digits in groups of three.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let place = |(index, digit): (usize, char)| {
        let left = digits.len() - index;
        let separated = index > 0 && left.is_multiple_of(3);
        separated.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1234), "1,234");
        assert_eq!(grouped(11_689_512), "11,689,512");
    }
}
