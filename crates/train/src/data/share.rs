//! How images are shared out: to learn from, to validate by, to test.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::collection::{Collection, Part};
use super::settings::{Data, Sharing};

/// The part of the images that is held out where a set brings no images of its own for validation
/// or test.
const HELD_OUT: f64 = 0.1;

/// Which images go where.
pub(super) type Shared = [Vec<usize>; 3];

/// Shares images out: those whose part is known go there; where validation or test have none, a part
/// of the others is held out for them, drawn with the seed. Images of one group stay together.
///
/// # Errors
/// If a part is left without images, or a group is in more than one.
pub(super) fn share(collection: &Collection, settings: &Data, seed: u64) -> Result<Shared> {
    let given = |part| -> Vec<usize> {
        let known = collection.known.iter().enumerate();
        known
            .filter(|(_, known)| known.part == Some(part))
            .map(|(index, _)| index)
            .collect()
    };
    let pool: Vec<usize> = (0..collection.known.len())
        .filter(|&index| collection.is_learned(index))
        .collect();
    let [mut valid, mut test] = [given(Part::Valid), given(Part::Test)];
    let mut draws = Draws(seed);
    let mut pool = Units::new(collection, settings.split, pool)?;
    if test.is_empty() {
        test = pool.hold_out(HELD_OUT, draws.next());
    }
    let train = match settings.fold {
        Some([fold, folds]) => {
            let own = Units::new(collection, settings.split, valid)?;
            pool.strata.extend(own.strata);
            let (train, part) = pool.fold(fold - 1, folds, draws.next());
            valid = part;
            train
        }
        None => {
            if valid.is_empty() {
                valid = pool.hold_out(HELD_OUT, draws.next());
            }
            pool.all()
        }
    };
    let shared = [train, valid, test];
    for (indices, part) in shared.iter().zip(Part::ALL) {
        if indices.is_empty() {
            bail!(
                "{} has too few images: none is left for '{}'",
                collection.origin,
                part.name()
            );
        }
    }
    check_groups(collection, &shared)?;
    Ok(shared)
}

/// A seed of its own for each draw.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        let seed = self.0;
        self.0 = seed.wrapping_add(1);
        seed
    }
}

/// No group may be on both sides, or what was learned of it is taken for understanding.
fn check_groups(collection: &Collection, shared: &Shared) -> Result<()> {
    let mut parts = HashMap::new();
    for (indices, part) in shared.iter().zip(Part::ALL) {
        for &index in indices {
            let Some(group) = &collection.known[index].group else {
                continue;
            };
            let first = *parts.entry(group).or_insert(part);
            ensure!(
                first == part,
                "{}: the group '{group}' has images in '{}' and in '{}', as '{}'; a group must be \
                 in one part",
                collection.origin,
                first.name(),
                part.name(),
                collection.source.name(index)
            );
        }
    }
    Ok(())
}

/// Images that are shared out: in each stratum lists of those that stay together.
struct Units {
    strata: Vec<Vec<Vec<usize>>>,
}

impl Units {
    fn new(collection: &Collection, sharing: Sharing, indices: Vec<usize>) -> Result<Self> {
        let grouped = indices
            .iter()
            .any(|&index| collection.known[index].group.is_some());
        ensure!(
            !(grouped && sharing == Sharing::Stratified),
            "data.split = stratified: {} has groups, which are not parted to balance classes; use \
             random",
            collection.origin
        );
        if sharing == Sharing::Random {
            return Ok(Self {
                strata: vec![grouped_units(collection, indices)],
            });
        }
        let mut strata = vec![Vec::new(); collection.classes.len()];
        for index in indices {
            match collection.known[index].class {
                Some(class) => strata[class].push(vec![index]),
                None => bail!(
                    "data.split = stratified: the images of {} have no classes; use random",
                    collection.origin
                ),
            }
        }
        Ok(Self { strata })
    }

    /// Takes a part out, one image at least, drawn with a seed.
    fn hold_out(&mut self, part: f64, seed: u64) -> Vec<usize> {
        let mut random = StdRng::seed_from_u64(seed);
        let one = self.strata.len() == 1;
        let mut held_out = Vec::new();
        for units in &mut self.strata {
            units.shuffle(&mut random);
            let count: usize = units.iter().map(Vec::len).sum();
            let wanted = count as f64 * part;
            let wanted = match one {
                true => (wanted as usize).max(1),
                false => wanted.round() as usize,
            };
            let mut taken = Vec::new();
            while taken.iter().map(Vec::len).sum::<usize>() < wanted
                && let Some(unit) = units.pop()
            {
                taken.push(unit);
            }
            held_out.extend(taken.into_iter().rev().flatten());
        }
        if held_out.is_empty() {
            let largest = self.strata.iter_mut().max_by_key(|units| units.len());
            held_out.extend(largest.and_then(Vec::pop).unwrap_or_default());
        }
        held_out
    }

    /// Deals all out into equal parts, and gives one of them after the others.
    fn fold(self, fold: usize, folds: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut parts = vec![Vec::new(); folds];
        for mut units in self.strata {
            units.shuffle(&mut random);
            for unit in units {
                // To the first of the smallest.
                if let Some(smallest) = parts.iter_mut().min_by_key(|part| part.len()) {
                    smallest.extend(unit);
                }
            }
        }
        let part = parts.remove(fold);
        (parts.concat(), part)
    }

    fn all(self) -> Vec<usize> {
        self.strata.into_iter().flatten().flatten().collect()
    }
}

fn grouped_units(collection: &Collection, indices: Vec<usize>) -> Vec<Vec<usize>> {
    let mut units: Vec<Vec<usize>> = Vec::new();
    let mut places = HashMap::new();
    for index in indices {
        match &collection.known[index].group {
            None => units.push(vec![index]),
            Some(group) => {
                let place = *places.entry(group).or_insert(units.len());
                match units.get_mut(place) {
                    Some(unit) => unit.push(index),
                    None => units.push(vec![index]),
                }
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::collection::Known;
    use crate::data::made::Made;
    use models::Task;
    use std::collections::HashSet;
    use std::sync::Arc;

    fn collection(known: Vec<Known>) -> Collection {
        Collection {
            origin: "the index 'a.csv'".to_string(),
            source: Arc::new(Made::new(known.len())),
            known,
            task: Task::Classification,
            classes: vec!["a".to_string(), "b".to_string()],
            mask_values: None,
            mirrors: true,
        }
    }

    fn of_classes(count: usize, rare: usize) -> Collection {
        let known = |index| Known {
            class: Some(usize::from(index < rare)),
            ..Known::default()
        };
        collection((0..count).map(known).collect())
    }

    fn settings(split: Sharing, fold: Option<[usize; 2]>) -> Data {
        Data {
            split,
            fold,
            ..Data::of("a.csv")
        }
    }

    fn sorted(shared: &Shared) -> Vec<usize> {
        let mut all = shared.concat();
        all.sort();
        all
    }

    #[test]
    fn every_image_is_in_one_part() {
        for sharing in [Sharing::Random, Sharing::Stratified] {
            let shared = share(&of_classes(100, 20), &settings(sharing, None), 1);
            let shared = shared.expect("enough");
            assert_eq!(sorted(&shared), (0..100).collect::<Vec<_>>());
            assert_eq!(shared.each_ref().map(Vec::len), [81, 9, 10], "{sharing:?}");
        }
    }

    #[test]
    fn strata_have_their_part_everywhere() {
        let collection = of_classes(100, 20);
        for seed in 0..10 {
            let settings = settings(Sharing::Stratified, None);
            let shared = share(&collection, &settings, seed).expect("enough");
            let rare = shared
                .each_ref()
                .map(|indices| indices.iter().filter(|&&index| index < 20).count());
            assert_eq!(rare, [16, 2, 2]);
        }
    }

    #[test]
    fn folds_are_each_other_s_complement() {
        for sharing in [Sharing::Random, Sharing::Stratified] {
            let mut validated = Vec::new();
            let mut tests = HashSet::new();
            for fold in 1..=5 {
                let settings = settings(sharing, Some([fold, 5]));
                let shared = share(&of_classes(103, 20), &settings, 3).expect("enough");
                assert_eq!(sorted(&shared), (0..103).collect::<Vec<_>>());
                assert!((18..=19).contains(&shared[1].len()));
                let [_, valid, test] = shared;
                validated.extend(valid);
                tests.insert(test);
            }
            assert_eq!(tests.len(), 1, "the test is the same for all");
            validated.sort();
            validated.dedup();
            assert_eq!(validated.len(), 93);
        }
    }

    #[test]
    fn groups_stay_together() {
        let known = |index: usize| Known {
            group: (!index.is_multiple_of(7)).then(|| format!("{}", index / 3)),
            ..Known::default()
        };
        let collection = collection((0..90).map(known).collect());
        for fold in [None, Some([2, 4])] {
            for seed in 0..10 {
                let settings = settings(Sharing::Random, fold);
                let shared = share(&collection, &settings, seed).expect("groups are whole");
                assert_eq!(sorted(&shared), (0..90).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_group_that_is_given_to_two_parts_is_refused() {
        let known = |index: usize| Known {
            part: Some(Part::ALL[index % 3]),
            group: Some(if index < 2 { "x" } else { "y" }.to_string()),
            ..Known::default()
        };
        let collection = collection((0..3).map(known).collect());
        let error = share(&collection, &settings(Sharing::Random, None), 1).expect_err("x");
        assert_eq!(
            error.to_string(),
            "the index 'a.csv': the group 'x' has images in 'train' and in 'valid', as 'item 1'; a \
             group must be in one part"
        );
    }
}
