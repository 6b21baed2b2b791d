//! `nuclei-points`: where a nucleus ends.

use std::sync::Arc;

use anyhow::Result;
use models::Task;

use super::Nuclei;
use crate::data::DataSet;
use crate::data::assemble::assemble;
use crate::data::collection::{Collection, Known, Part};
use crate::data::joined::Joined;
use crate::data::mask::Mask;
use crate::data::picture::Picture;
use crate::data::settings::{Data, Scaling};
use crate::data::source::{Item, Source, Target};
use crate::data::transform::{Shift, Transform};
use crate::data::window::Window;
use crate::objects::Objects;

/// Height and width of what is seen around a nucleus.
const SIDE: usize = 64;

/// Smaller ones are specks.
const SMALLEST_AREA: usize = 80;

/// Larger ones would not be seen as a whole.
const LONGEST: usize = 48;

/// So many of an image at most, the first ones that are found.
const MOST: usize = 12;

/// 64x64 around one nucleus each, and its four extreme points: the middles of its first and last row
/// and of its first and last column, as in "Deep Extreme Cut" (Maninis et al. 2017,
/// <https://arxiv.org/abs/1711.09081>).
pub(in crate::data) fn nuclei_points(settings: &Data, seed: u64) -> Result<DataSet> {
    let (mut known, mut sources) = (Vec::new(), Vec::<Arc<dyn Source>>::new());
    for (part, nuclei) in Nuclei::splits() {
        let around = Around::of(&nuclei)?;
        known.extend(around.known(part));
        sources.push(Arc::new(around));
    }
    let collection = Collection {
        origin: "'nuclei-points'".to_string(),
        known,
        source: Arc::new(Joined::new(sources)),
        task: Task::KeyPoints,
        classes: ["top", "bottom", "left", "right"]
            .map(String::from)
            .to_vec(),
        mask_values: None,
        mirrors: false,
    };
    // The images' brightness differs tenfold.
    let settings = Data {
        normalization: Some(Scaling::Image),
        ..settings.clone()
    };
    Ok(DataSet {
        transforms: vec![
            Transform::Shift(Shift { pixels: 6 }),
            Transform::FlipHorizontal,
        ],
        ..assemble(collection, &settings, seed)?
    })
}

/// What is seen around each nucleus of some images.
struct Around(Vec<Item>);

impl Around {
    fn of(nuclei: &Nuclei) -> Result<Self> {
        let mut items = Vec::new();
        for index in 0..nuclei.len() {
            let picture = Nuclei::picture(nuclei, index)?;
            let objects = whole_objects(&nuclei.mask(index)?);
            let around = objects.into_iter().take(MOST).enumerate();
            items.extend(around.map(|(place, points)| {
                let name = format!("{}-{}-{place}", nuclei.split, nuclei.names[index]);
                item(name, &picture, points)
            }));
        }
        Ok(Self(items))
    }

    /// Nuclei of one image stay in one part.
    fn known(&self, part: Part) -> impl Iterator<Item = Known> {
        self.0.iter().map(move |item| Known {
            part: Some(part),
            group: item
                .name
                .rsplit_once('-')
                .map(|(image, _)| image.to_string()),
            ..Known::default()
        })
    }
}

/// The extreme points of each object that is neither a speck, nor too large, nor cut by the edge.
fn whole_objects(mask: &Mask) -> Vec<[[usize; 2]; 4]> {
    let size @ [height, width] = mask.size();
    let objects = Objects::of(mask.classes(), size);
    let mut pixels = vec![Vec::new(); objects.iter().count()];
    for (place, object) in objects.places().enumerate() {
        if let Some(object) = object {
            pixels[object].push([place / width, place % width]);
        }
    }
    let is_whole = |bounds: &[std::ops::Range<usize>; 2]| {
        let sides = bounds.iter().zip([height, width]);
        let mut inside = sides.map(|(range, side)| range.start > 0 && range.end < side);
        inside.all(|inside| inside) && bounds.iter().all(|range| range.len() <= LONGEST)
    };
    let all = objects.iter().zip(pixels);
    let whole =
        all.filter(|(object, _)| object.area >= SMALLEST_AREA && is_whole(&object.bounds()));
    whole.map(|(_, pixels)| extremes(&pixels)).collect()
}

/// The middles of the first and last row, and of the first and last column, `[row, column]`.
fn extremes(pixels: &[[usize; 2]]) -> [[usize; 2]; 4] {
    let middle = |along: usize, last: bool| {
        let at = pixels.iter().map(|pixel| pixel[along]);
        let at = if last { at.max() } else { at.min() }.expect("an object has pixels");
        let mut line: Vec<_> = pixels.iter().filter(|pixel| pixel[along] == at).collect();
        line.sort();
        *line[line.len() / 2]
    };
    [
        middle(0, false),
        middle(0, true),
        middle(1, false),
        middle(1, true),
    ]
}

fn item(name: String, picture: &Picture, points: [[usize; 2]; 4]) -> Item {
    let [height, width] = picture.size();
    let [top, bottom, left, right] = points;
    let middle = [(top[0] + bottom[0]) / 2, (left[1] + right[1]) / 2];
    // Inside the image, whose edge is no place for a nucleus's middle.
    let start = |at: usize, side: usize| at.saturating_sub(SIDE / 2).min(side - SIDE);
    let start = [start(middle[0], height), start(middle[1], width)];
    let window = Window::whole([height, width]).crop(start, [SIDE; 2]);
    let seen =
        |[row, column]: [usize; 2]| Some([(row - start[0]) as f32, (column - start[1]) as f32]);
    Item {
        name,
        picture: picture.clone().seen_through(&window),
        target: Target::Points(points.map(seen).to_vec()),
    }
}

impl Source for Around {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        self.0[index].name.clone()
    }

    fn bytes(&self, _: usize) -> Result<u64> {
        Ok((SIDE * SIDE) as u64)
    }

    fn get(&self, index: usize) -> Result<Item> {
        Ok(self.0[index].clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extreme_points_are_the_middles_of_the_outermost_lines() {
        // A cross of three rows and five columns.
        let cross = [[0, 2], [1, 0], [1, 1], [1, 2], [1, 3], [1, 4], [2, 2]];
        assert_eq!(extremes(&cross), [[0, 2], [2, 2], [1, 0], [1, 4]]);
    }

    #[test]
    fn every_point_lies_on_the_nucleus_that_is_seen() {
        let nuclei = Nuclei::list("test");
        let around = Around::of(&nuclei).expect("embedded");
        assert!(around.len() > 100, "{}", around.len());
        for item in &around.0 {
            assert_eq!(item.picture.size(), [SIDE; 2]);
            let Target::Points(points) = &item.target else {
                panic!("points");
            };
            let points: Vec<_> = points.iter().flatten().collect();
            let [top, bottom, left, right] = points[..] else {
                panic!("four points");
            };
            let side = SIDE as f32;
            let inside = |point: &&&[f32; 2]| point.iter().all(|at| (0.0..side).contains(at));
            assert_eq!(points.iter().filter(inside).count(), 4, "{}", item.name);
            assert!(top[0] < bottom[0] && left[1] < right[1], "{}", item.name);
        }
    }

    #[test]
    fn nuclei_of_one_image_are_never_on_both_sides() {
        let data = nuclei_points(&Data::of("nuclei-points"), 1).expect("embedded");
        let images = |source: &dyn Source| -> std::collections::HashSet<String> {
            let names = (0..source.len()).map(|index| source.name(index));
            names
                .map(|name| name.rsplit_once('-').expect("a number").0.to_string())
                .collect()
        };
        let [train, valid] = [&data.train, &data.valid].map(|part| images(part.as_ref()));
        assert!(!valid.is_empty() && train.is_disjoint(&valid));
    }
}
