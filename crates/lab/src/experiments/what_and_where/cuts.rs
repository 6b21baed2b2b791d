//! Skips that are cut at test time, in every combination: of each channel its mean arrives, so that
//! it says no more where something is.

use anyhow::Result;
use skip_blocks::seam::{Seam, UnknownPart};
use train::{Learned, evaluate};

use crate::nuclei::Scores;
use crate::{Lab, Run};

/// How many levels have a skip. A decoder's stages are numbered from the smallest maps on.
pub(super) const LEVELS: usize = 4;

/// The level whose maps are the smallest.
pub(super) const DEEPEST: usize = 0;

/// The level whose maps are as large as the image.
pub(super) const FINEST: usize = LEVELS - 1;

/// The size of a level's maps, as a part of the image's.
pub(super) fn name(level: usize) -> String {
    match FINEST - level {
        0 => "full size".to_string(),
        halvings => format!("1/{}", 1 << halvings),
    }
}

/// The levels of a combination: level `l` is among them if the number's bit `l` is set.
pub(super) fn chosen(combination: usize) -> Vec<usize> {
    let is_in = |level: &usize| combination >> level & 1 == 1;
    (0..LEVELS).filter(is_in).collect()
}

/// A seam that cuts the skips of these levels.
pub(super) fn without(learned: &Learned, levels: &[usize]) -> Result<Seam, UnknownPart> {
    let seam = learned.model.seam(&learned.config);
    levels.iter().try_fold(seam, |seam, level| {
        seam.average(&format!("decoder.{level}.join"))
    })
}

/// The scores of every combination, by its number.
pub(super) fn measure(lab: &mut Lab<'_>, runs: &[Run]) -> Result<Vec<Scores>> {
    let mut cuts = vec![Scores::default(); 1 << LEVELS];
    for run in runs {
        lab.say(&format!("skips are cut, seed {}", run.seed));
        let scores = lab.kept(("skips averaged", run.id()), |device| {
            let learned = run.learned(device)?;
            let images = learned.to_test(device)?;
            let scores = |combination| {
                let seam = without(&learned, &chosen(combination))?;
                let Learned {
                    recipe,
                    problem,
                    model,
                    ..
                } = &learned;
                let (evaluation, _) = seam.run(|| evaluate(model, recipe, problem, &images));
                let values = evaluation?.values;
                // Where it is no number, nothing was found.
                let score = |name| values.get(name).filter(|value| value.is_finite());
                Ok(["mean_iou", "boundary_f1"].map(|name| score(name).unwrap_or(0.0)))
            };
            (0..1 << LEVELS).map(scores).collect::<Result<Vec<_>>>()
        })?;
        for (cut, [mean_iou, boundary_f1]) in cuts.iter_mut().zip(scores) {
            cut.mean_iou.push(mean_iou);
            cut.boundary_f1.push(boundary_f1);
        }
    }
    Ok(cuts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combination_is_a_number() {
        assert_eq!(chosen(0), [0; 0]);
        assert_eq!(chosen(1 << FINEST | 1 << DEEPEST), [DEEPEST, FINEST]);
        assert_eq!(chosen((1 << LEVELS) - 1).len(), LEVELS);
    }

    #[test]
    fn the_deepest_maps_are_the_smallest() {
        let names: Vec<_> = (0..LEVELS).map(name).collect();
        assert_eq!(names, ["1/8", "1/4", "1/2", "full size"]);
    }
}
