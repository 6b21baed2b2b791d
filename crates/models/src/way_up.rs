//! The way from an encoder's last map up to the image's size: what U-Nets of all kinds go.

use burn::tensor::Tensor;
use skip_blocks::ConfigError;
use skip_blocks::check::ensure;
use skip_blocks::layers::split;

use crate::Level;

/// A step on the way: the size is doubled, and an encoder's map of that size may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How many times smaller than the image its result is.
    pub reduction: usize,
    /// The place of the map that joins in the encoder's list; of maps of one size, as dilated
    /// encoders give them, it is the last.
    pub skip: Option<usize>,
    /// The channels of that map; 0 where there is none.
    pub skip_channels: usize,
}

/// The steps, the smallest first: one for each doubling from the last map to the image.
pub(crate) fn way_up(levels: &[Level]) -> Vec<Step> {
    let last = levels.last().map_or(1, |last| last.reduction);
    let step = |power| {
        let reduction = 1_usize << power;
        let skip = levels
            .iter()
            .rposition(|level| level.reduction == reduction);
        Step {
            reduction,
            skip,
            skip_channels: skip.map_or(0, |skip| levels[skip].channels),
        }
    };
    (0..last.ilog2()).rev().map(step).collect()
}

/// The last map of each size, the smallest first.
pub(crate) fn by_size(levels: &[Level]) -> Vec<Step> {
    let step = |(place, level): (usize, &Level)| Step {
        reduction: level.reduction,
        skip: Some(place),
        skip_channels: level.channels,
    };
    let mut steps: Vec<_> = levels.iter().enumerate().map(step).rev().collect();
    steps.dedup_by_key(|step| step.reduction);
    steps
}

/// Whether there is a way.
///
/// # Errors
/// If the last map is as large as the image.
pub(crate) fn check(decoder: &str, levels: &[Level]) -> Result<(), ConfigError> {
    ensure!(
        !way_up(levels).is_empty(),
        "levels = {levels:?}: {decoder} needs an encoder whose last map is smaller than the image"
    );
    Ok(())
}

/// An encoder's maps, each taken once, and the image's height and width.
pub(crate) struct Maps {
    maps: Vec<Option<Tensor<4>>>,
    image: [usize; 2],
}

impl Maps {
    pub fn new(maps: Vec<Tensor<4>>, image: [usize; 2]) -> Self {
        let maps = maps.into_iter().map(Some).collect();
        Self { maps, image }
    }

    /// The last map.
    pub fn last(&mut self) -> Tensor<4> {
        let last = self.maps.last_mut().and_then(Option::take);
        last.expect("an encoder gives a map, and it is taken once")
    }

    /// The map that joins at a step, and the step's height and width.
    pub fn at(&mut self, step: &Step) -> (Option<Tensor<4>>, [usize; 2]) {
        let skip = step.skip.and_then(|skip| self.maps[skip].take());
        let size = match &skip {
            Some(skip) => size(skip),
            None => self.image.map(|size| size.div_ceil(step.reduction)),
        };
        (skip, size)
    }
}

/// One more path for a map that goes on.
pub(crate) fn share(map: &mut Tensor<4>) -> Tensor<4> {
    let [shared, kept] = split(map.clone());
    *map = kept;
    shared
}

/// The height and width of a map.
pub(crate) fn size(map: &Tensor<4>) -> [usize; 2] {
    [map.dims()[2], map.dims()[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_up_joins_the_last_map_of_each_size() {
        let level = |channels, reduction| Level {
            channels,
            reduction,
        };
        let dilated = [level(4, 2), level(6, 4), level(8, 4), level(9, 16)];
        let steps = way_up(&dilated);
        let found: Vec<_> = steps
            .iter()
            .map(|step| (step.reduction, step.skip, step.skip_channels))
            .collect();
        assert_eq!(
            found,
            [(8, None, 0), (4, Some(2), 8), (2, Some(0), 4), (1, None, 0)]
        );
    }
}
