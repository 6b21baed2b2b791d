//! What to look at, and the look itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Tensor;

use super::edit::Edit;
use super::pattern::Pattern;
use super::record::Record;
use super::scope::{Plan, Public, with_plan};
use crate::tree::leaves;

/// Looks inside a network while it runs: see [the module](crate::seam).
///
/// Parts are named by patterns of paths, in which `*` stands for anything. A seam goes on to know
/// a network after steps of an optimizer, but not one whose parameters were loaded later.
#[derive(Clone)]
pub struct Seam {
    plan: Arc<Plan>,
}

/// No part of the network has a path of this pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no part of the network is called '{pattern}'; there are: {}",
    few(known)
)]
pub struct UnknownPart {
    /// What was asked for.
    pub pattern: String,
    /// The paths that there are.
    pub known: Vec<String>,
}

fn few(known: &[String]) -> String {
    const SHOWN: usize = 40;
    let mut text = known[..known.len().min(SHOWN)].join(", ");
    if known.len() > SHOWN {
        text += &format!(", and {} more", known.len() - SHOWN);
    }
    text
}

impl Seam {
    /// Finds the parts of a network.
    pub fn of(network: &impl Module) -> Self {
        let plan = Plan {
            paths: leaves(network)
                .into_iter()
                .map(|leaf| (leaf.id, leaf.path))
                .collect(),
            ..Plan::default()
        };
        Self {
            plan: Arc::new(plan),
        }
    }

    /// Calls the parts by other names: `public` gives a part's name for its path in the module
    /// tree.
    pub fn named(self, public: Public) -> Self {
        self.with(|plan| plan.public = Some(public))
    }

    /// The paths of all parts: whatever holds a parameter, however far below.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = BTreeSet::new();
        for path in self.plan.paths.values() {
            let name = self.plan.publish(path);
            let ends = name.match_indices('.').map(|(end, _)| end);
            paths.extend(ends.map(|end| name[..end].to_string()));
        }
        paths.into_iter().collect()
    }

    /// Keeps what the parts of this pattern give, to look at it and at its gradient.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn watch(self, pattern: &str) -> Result<Self, UnknownPart> {
        let pattern = self.known(pattern)?;
        Ok(self.with(|plan| plan.watched.push(pattern)))
    }

    /// Cuts skips: a [`Join`](crate::Join) gets zeros for the maps that are carried to it, a
    /// [`Shortcut`](crate::Shortcut) gives zeros, and so does any other part. A residual block
    /// whose `branch` is cut passes on what its short path carries.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn cut(self, pattern: &str) -> Result<Self, UnknownPart> {
        self.edit(pattern, Edit::Cut)
    }

    /// Scales skips: what [`Seam::cut`] cuts is multiplied.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn scale(self, pattern: &str, factor: f64) -> Result<Self, UnknownPart> {
        self.edit(pattern, Edit::Scale(factor))
    }

    /// Averages skips: what [`Seam::cut`] cuts becomes the mean of each of its channels, in every
    /// place. So it still says what there is in the image, and not where; and layers that
    /// normalise by running statistics get what they are used to, on average.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn average(self, pattern: &str) -> Result<Self, UnknownPart> {
        self.edit(pattern, Edit::Average)
    }

    /// Lets no gradient through: what [`Seam::cut`] cuts keeps its values and counts as a constant
    /// on the way back. So of all paths through a network some are followed.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn detach(self, pattern: &str) -> Result<Self, UnknownPart> {
        self.edit(pattern, Edit::Detach)
    }

    /// Replaces skips: instead of what [`Seam::cut`] cuts there is `map`. [`Seam::run`] panics if
    /// it has another shape.
    ///
    /// # Errors
    /// If there is no such part.
    pub fn replace<const D: usize>(
        self,
        pattern: &str,
        map: Tensor<D>,
    ) -> Result<Self, UnknownPart> {
        let shape = map.dims().to_vec();
        let values = map.without_autodiff().flatten(0, D - 1);
        self.edit(pattern, Edit::Replace(values, shape))
    }

    /// Computes the parts of this pattern, and those in what it names, again on the way back:
    /// less memory, for more time. See [`part`](super::part()).
    ///
    /// # Errors
    /// If there is no such part.
    pub fn recompute(self, pattern: &str) -> Result<Self, UnknownPart> {
        let pattern = self.known(pattern)?;
        Ok(self.with(|plan| plan.recomputed.push(pattern)))
    }

    /// Counts the multiply-adds of convolutions and linear layers. Normalisation, activation,
    /// pooling and joining are not counted, as is the custom in the field's tables.
    pub fn count(self) -> Self {
        self.with(|plan| plan.counted = true)
    }

    /// Notes which operations belong to which part.
    pub(crate) fn trace(self) -> Self {
        self.with(|plan| plan.traced = true)
    }

    /// The public name of a path in the module tree.
    pub(crate) fn publish(&self, path: &str) -> String {
        self.plan.publish(path)
    }

    /// Runs `forward` with all of that, on this thread. Runs do not nest: an inner one hides its
    /// parts from an outer one.
    pub fn run<T>(&self, forward: impl FnOnce() -> T) -> (T, Record) {
        with_plan(self.plan.clone(), forward)
    }

    fn edit(self, pattern: &str, edit: Edit) -> Result<Self, UnknownPart> {
        let pattern = self.known(pattern)?;
        Ok(self.with(|plan| plan.edits.push((pattern, edit))))
    }

    fn known(&self, text: &str) -> Result<Pattern, UnknownPart> {
        let pattern = Pattern::new(text);
        let known = self.paths();
        match known.iter().any(|path| pattern.names(path)) {
            true => Ok(pattern),
            false => Err(UnknownPart {
                pattern: text.to_string(),
                known,
            }),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(Arc::make_mut(&mut self.plan));
        self
    }
}

/// Multiply-adds of all convolutions and linear layers that `forward` applies on this thread: what
/// [`Seam::count`] counts, for any code.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Act, conv, conv3x3};
/// use skip_blocks::seam::count_macs;
///
/// let device = Device::flex();
/// let layer = conv3x3(4, 8).init(&device);
/// let x = Tensor::ones([1, 4, 5, 6], &device);
/// assert_eq!(count_macs(|| conv(x, &layer, Act::None)), 4 * 8 * 3 * 3 * 5 * 6);
/// ```
pub fn count_macs<T>(forward: impl FnOnce() -> T) -> u64 {
    let plan = Plan {
        counted: true,
        ..Plan::default()
    };
    with_plan(Arc::new(plan), forward).1.macs()
}
