//! Which points change places in a mirrored image.

use anyhow::{Context, Result, ensure};
use models::Task;

use super::collection::Collection;
use super::settings::Data;

/// The pairs of points, by their places among the classes, that a mirror makes each other's: those
/// that the settings name, or else those whose names differ in `left` and `right` alone.
///
/// # Errors
/// If what is named is no point, or has two partners.
pub(super) fn pairs(collection: &Collection, settings: &Data) -> Result<Vec<[usize; 2]>> {
    let points = &collection.classes;
    let place = |name: &String| points.iter().position(|point| point == name);
    let Some(named) = &settings.mirrored else {
        return Ok(match collection.task {
            Task::KeyPoints => by_their_names(points),
            _ => Vec::new(),
        });
    };
    ensure!(
        collection.task == Task::KeyPoints,
        "data.mirrored: {} has no points that could change places",
        collection.origin
    );
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    for names in named {
        let mut pair = [0; 2];
        for (own, name) in pair.iter_mut().zip(names) {
            *own = place(name).with_context(|| {
                format!(
                    "data.mirrored: '{name}' is no point; there are: {}",
                    points.join(", ")
                )
            })?;
            let taken = pairs.iter().flatten().any(|taken| taken == own);
            ensure!(!taken, "data.mirrored: '{name}' is in two pairs");
        }
        ensure!(
            pair[0] != pair[1],
            "data.mirrored: '{}' cannot change places with itself; leave it out",
            names[0]
        );
        pairs.push(pair);
    }
    Ok(pairs)
}

/// Pairs as `left_eye` and `right_eye`.
fn by_their_names(points: &[String]) -> Vec<[usize; 2]> {
    let other = |name: &String| {
        let words: Vec<_> = name
            .split(|letter: char| !letter.is_alphanumeric())
            .collect();
        let side = words
            .iter()
            .find(|word| word.eq_ignore_ascii_case("left"))?;
        // Of one case, as the name's own.
        let right = match *side {
            "left" => "right",
            "Left" => "Right",
            _ => "RIGHT",
        };
        let partner = name.replacen(side, right, 1);
        points.iter().position(|point| *point == partner)
    };
    let pairs = points.iter().enumerate();
    pairs
        .filter_map(|(left, name)| Some([left, other(name)?]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::made::Made;
    use std::sync::Arc;

    fn of(task: Task, points: &[&str], named: Option<&[[&str; 2]]>) -> Result<Vec<[usize; 2]>> {
        let collection = Collection {
            origin: "'faces'".to_string(),
            source: Arc::new(Made::new(1)),
            known: Vec::new(),
            task,
            classes: points.iter().map(|name| name.to_string()).collect(),
            mask_values: None,
            mirrors: false,
        };
        let settings = Data {
            mirrored: named.map(|pairs| {
                let pair = |pair: &[&str; 2]| pair.map(str::to_string);
                pairs.iter().map(pair).collect()
            }),
            ..Data::of("faces")
        };
        pairs(&collection, &settings)
    }

    const FACE: [&str; 5] = ["nose", "left_eye", "right_eye", "Ear-Left", "Ear-Right"];

    #[test]
    fn names_tell_left_and_right() {
        let found = of(Task::KeyPoints, &FACE, None).expect("points");
        assert_eq!(found, [[1, 2], [3, 4]]);
        let none = of(Task::KeyPoints, &["leftover", "left", "cleft"], None);
        assert!(none.expect("points").is_empty());
        let classes = of(Task::Classification, &["left", "right"], None);
        assert!(classes.expect("no points").is_empty());
    }

    #[test]
    fn pairs_are_those_that_are_named() {
        let found = of(Task::KeyPoints, &FACE, Some(&[["nose", "Ear-Left"]]));
        assert_eq!(found.expect("points"), [[0, 3]]);
        assert!(
            of(Task::KeyPoints, &FACE, Some(&[]))
                .expect("none")
                .is_empty()
        );
    }

    #[test]
    fn what_is_no_pair_is_told() {
        let error = |task, named: &[[&str; 2]]| {
            let error = of(task, &FACE, Some(named)).expect_err("wrong");
            error.to_string()
        };
        let points = |named| error(Task::KeyPoints, named);
        assert_eq!(
            points(&[["nose", "left_ear"]]),
            "data.mirrored: 'left_ear' is no point; there are: nose, left_eye, right_eye, \
             Ear-Left, Ear-Right"
        );
        assert_eq!(
            points(&[["nose", "left_eye"], ["left_eye", "right_eye"]]),
            "data.mirrored: 'left_eye' is in two pairs"
        );
        assert_eq!(
            points(&[["nose", "nose"]]),
            "data.mirrored: 'nose' cannot change places with itself; leave it out"
        );
        assert_eq!(
            error(Task::Segmentation, &[["nose", "left_eye"]]),
            "data.mirrored: 'faces' has no points that could change places"
        );
    }
}
