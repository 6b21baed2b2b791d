//! Which operations stand in one unit.

use burn::backend::capture::TensorId;

use super::{Layer, Unit};
use crate::seam::record::Span;

/// The units so far, the first of them the input.
pub(super) struct Units {
    /// The parts that hold no others, with their places among the units once they have begun.
    spans: Vec<(Span, Option<usize>)>,
    units: Vec<Unit>,
    /// The unit of layers alone that may go on.
    open: Option<Open>,
}

struct Open {
    unit: usize,
    /// Where its layers stand.
    container: String,
    /// Whether it has a layer of weights already.
    weighted: bool,
}

impl Units {
    pub fn new(spans: &[Span]) -> Self {
        let holds_another = |span: &Span| {
            spans
                .iter()
                .any(|other| span.first < other.first && other.last < span.last)
        };
        let mut spans: Vec<_> = spans
            .iter()
            .filter(|span| !holds_another(span))
            .map(|span| (span.clone(), None))
            .collect();
        spans.sort_by_key(|(span, _)| span.first);
        Self {
            spans,
            units: vec![unit("input")],
            open: None,
        }
    }

    /// The part that an operation's result stands in.
    pub fn around(&mut self, id: TensorId) -> Option<usize> {
        let after = self.spans.partition_point(|(span, _)| span.first < id);
        let (span, place) = self.spans.get_mut(after.checked_sub(1)?)?;
        if span.last < id {
            return None;
        }
        self.open = None;
        Some(*place.get_or_insert_with(|| {
            self.units.push(unit(&span.path));
            self.units.len() - 1
        }))
    }

    /// The unit of a layer that stands in no part: with those before it, where they stand in one
    /// container and there is one layer of weights among them.
    pub fn alone(&mut self, path: &str, weighted: bool) -> usize {
        let container = path.rsplit_once('.').map_or("", |(container, _)| container);
        if let Some(open) = &mut self.open
            && open.container == container
            && !(open.weighted && weighted)
        {
            open.weighted |= weighted;
            if weighted {
                self.units[open.unit].path = path.to_string();
            }
            return open.unit;
        }
        self.units.push(unit(path));
        let place = self.units.len() - 1;
        self.open = Some(Open {
            unit: place,
            container: container.to_string(),
            weighted,
        });
        place
    }

    pub fn path(&self, unit: usize) -> &str {
        &self.units[unit].path
    }

    /// A layer stands in this unit.
    pub fn add(&mut self, unit: usize, layer: &Layer) {
        let unit = &mut self.units[unit];
        unit.parameters += layer.parameters;
        unit.macs += layer.macs;
    }

    pub fn finish(self) -> Vec<Unit> {
        self.units
    }
}

fn unit(path: &str) -> Unit {
    Unit {
        path: path.to_string(),
        output: vec![],
        parameters: 0,
        macs: 0,
    }
}
