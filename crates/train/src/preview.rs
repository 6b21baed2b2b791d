//! A sheet of images as training sees them.

use anyhow::Result;
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use crate::data::{Item, Loader, Target};
use crate::drawing::{cover, crosses, side_by_side};

/// The side of a picture on the sheet: smaller ones are shown as many times as large as fits, larger
/// ones smaller.
const SIDE: u32 = 128;
/// Between pictures.
const GAP: u32 = 4;

/// What is on a sheet.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The pictures, in rows of [`columns`](Self::columns).
    pub picture: RgbImage,
    /// How many pictures a row has.
    pub columns: usize,
    /// What each picture is: its name, and its answer in words where it is not drawn.
    pub legend: Vec<String>,
}

/// The first images of a loader's next epoch with their answers: masks and points drawn on them,
/// target pictures beside them. Classes are named in the legend, by `classes`.
///
/// # Errors
/// If an image cannot be read.
pub fn sheet(loader: &Loader, classes: &[String], count: usize) -> Result<Sheet> {
    let items = loader.first(count)?;
    let columns = (1..=items.len().max(1))
        .find(|columns| columns * columns >= items.len())
        .unwrap_or(1);
    let pictures: Vec<RgbImage> = items.iter().map(drawn).collect();
    let size = |dim: fn(&RgbImage) -> u32| pictures.iter().map(dim).max().unwrap_or(1);
    let cell = [size(RgbImage::width) + GAP, size(RgbImage::height) + GAP];
    let rows = items.len().div_ceil(columns);
    let [width, height] = [columns as u32 * cell[0] + GAP, rows as u32 * cell[1] + GAP];
    let mut picture = RgbImage::from_pixel(width, height, Rgb([255; 3]));
    for (place, own) in pictures.iter().enumerate() {
        let [column, row] = [place % columns, place / columns].map(|place| place as u32);
        let [left, top] = [column * cell[0] + GAP, row * cell[1] + GAP].map(i64::from);
        imageops::replace(&mut picture, own, left, top);
    }
    let legend = items.iter().map(|item| told(item, classes)).collect();
    Ok(Sheet {
        picture,
        columns,
        legend,
    })
}

/// An image with its answer on it.
fn drawn(item: &Item) -> RgbImage {
    let image = item.picture.to_rgb8();
    let longer = image.width().max(image.height());
    let scale = |own: u32| match SIDE / longer {
        0 => (own * SIDE / longer).max(1),
        times => own * times,
    };
    let [width, height] = [image.width(), image.height()].map(scale);
    let filter = match SIDE / longer {
        0 => FilterType::Triangle,
        _ => FilterType::Nearest,
    };
    let shown = |image: &RgbImage| imageops::resize(image, width, height, filter);
    match &item.target {
        Target::Mask(mask) => shown(&cover(&image, mask.classes())),
        Target::Picture(target) => side_by_side(&[shown(&image), shown(&target.to_rgb8())]),
        Target::Points(points) => {
            let place = |[row, column]: [f32; 2]| {
                let along = |place: f32, shown: u32, own: u32| {
                    (place + 0.5) * shown as f32 / own as f32 - 0.5
                };
                [
                    along(row, height, image.height()),
                    along(column, width, image.width()),
                ]
            };
            crosses(&shown(&image), points.iter().flatten().copied().map(place))
        }
        _ => shown(&image),
    }
}

/// An image's name, and what is said of it that cannot be drawn.
fn told(item: &Item, classes: &[String]) -> String {
    let named = |class: usize| classes.get(class).map_or("?", String::as_str);
    match &item.target {
        Target::Class(class) => format!("{} ({})", item.name, named(*class)),
        Target::Distribution(parts) => {
            let parts = parts.iter().enumerate().filter(|(_, part)| **part > 0.0);
            let parts = parts.map(|(class, part)| format!("{part:.2} {}", named(class)));
            format!("{} ({})", item.name, parts.collect::<Vec<_>>().join(", "))
        }
        Target::Values(values) => format!("{} ({values:?})", item.name),
        _ => item.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Data, Transform, load};

    #[test]
    fn a_sheet_shows_images_as_training_sees_them() {
        let data = load(&Data::of("nuclei-mini"), 1).expect("embedded");
        let loader = Loader::new(data.train.clone(), data.problem.preprocessing.clone(), 4)
            .for_training(data.transforms.clone(), 1);
        let own = sheet(&loader, &data.problem.classes, 6).expect("embedded");
        assert_eq!((own.columns, own.legend.len()), (3, 6));
        // 3 of 128, and the lines between and around them; two rows.
        assert_eq!(own.picture.dimensions(), (3 * 132 + 4, 2 * 132 + 4));
        let orange = |pixel: &&Rgb<u8>| pixel.0[0] > pixel.0[2].saturating_add(40);
        assert!(
            own.picture.pixels().filter(orange).count() > 500,
            "masks are drawn"
        );
        let again = sheet(&loader, &data.problem.classes, 6).expect("embedded");
        assert_eq!(again.picture, own.picture, "the epoch stays to come");
    }

    #[test]
    fn mixed_classes_are_told() {
        let data = load(&Data::of("mnist-mini"), 1).expect("embedded");
        let mixup: Transform = serde_json::from_str(r#"{"mixup": {"alpha": 5}}"#).expect("one");
        let loader = Loader::new(data.train.clone(), data.problem.preprocessing.clone(), 8)
            .for_training(vec![mixup], 1)
            .with_classes(10);
        let sheet = sheet(&loader, &data.problem.classes, 8).expect("embedded");
        let two = sheet.legend.iter().filter(|line| line.contains(", "));
        assert!(two.count() >= 4, "{:?}", sheet.legend);
    }
}
