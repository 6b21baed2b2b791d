//! Places in an image, as the highest places of heat maps, one for each point.

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use image::{DynamicImage, Rgb, RgbImage};
use serde_json::{Map, Value, json};

use super::kind::{Answer, AnswerForm, Shown, Task};
use crate::data::{Problem, Targets};
use crate::loss::{Loss, Mse, Term};
use crate::metric::peak;
use crate::picture::side_by_side;

/// Mean squared error of heat maps; mean distance; a list of points.
pub(super) struct KeyPoints;

impl Task for KeyPoints {
    fn loss(&self) -> Loss {
        Loss::of(vec![Term::Mse(Mse::default())])
    }

    fn metrics(&self) -> &'static [&'static str] {
        &["mean_distance"]
    }

    fn form(&self) -> AnswerForm {
        AnswerForm::Records
    }

    /// Each point's place in pixels of the image, and how high its map is there.
    fn answer(
        &self,
        problem: &Problem,
        image: &DynamicImage,
        answers: Tensor<4>,
    ) -> Result<Answer> {
        let [_, _, height, width] = answers.dims();
        let scale = [
            f64::from(image.width()) / width as f64,
            f64::from(image.height()) / height as f64,
        ];
        let points = places(answers)?.into_iter().zip(&problem.classes);
        let points = points.map(|((column, row, score), name)| {
            // A place is the middle of its pixel.
            let x = (column as f64 + 0.5) * scale[0] - 0.5;
            let y = (row as f64 + 0.5) * scale[1] - 0.5;
            json!({"name": name, "x": x, "y": y, "score": score})
        });
        Ok(Answer::Record(Map::from_iter([(
            "points".to_string(),
            Value::Array(points.collect()),
        )])))
    }

    /// The image with the true and with the predicted points.
    fn show(&self, _: &Problem, shown: Shown) -> Result<Option<(String, RgbImage)>> {
        let Targets::Values(truth) = shown.targets else {
            bail!("heat maps are not among {:?}", shown.targets);
        };
        let truth = marked(&shown.image, truth)?;
        let predicted = marked(&shown.image, shown.answers)?;
        Ok(Some((shown.name, side_by_side(&[truth, predicted]))))
    }
}

/// Column, row and height of the highest place of each map.
fn places(maps: Tensor<4>) -> Result<Vec<(usize, usize, f32)>> {
    let [_, _, height, width] = maps.dims();
    let values = maps.try_into_vec_as::<f32>()?;
    let peaks = values.chunks(height * width).map(peak);
    Ok(peaks
        .map(|(place, score)| (place % width, place / width, score))
        .collect())
}

/// The image with a cross at the highest place of each map.
fn marked(image: &RgbImage, maps: Tensor<4>) -> Result<RgbImage> {
    const ARM: i64 = 2;
    let [_, _, height, width] = maps.dims();
    let mut marked = image.clone();
    for (column, row, _) in places(maps)? {
        let x = (column * image.width() as usize / width) as i64;
        let y = (row * image.height() as usize / height) as i64;
        for step in -ARM..=ARM {
            for (x, y) in [(x + step, y), (x, y + step)] {
                let inside = (0..i64::from(image.width())).contains(&x)
                    && (0..i64::from(image.height())).contains(&y);
                if inside {
                    marked.put_pixel(x as u32, y as u32, Rgb([230, 159, 0]));
                }
            }
        }
    }
    Ok(marked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_place_is_the_middle_of_its_pixel() {
        let maps = Tensor::<4>::from_data([[[[0.0, 0.0], [0.0, 0.75]]]], &Device::flex());
        assert_eq!(places(maps).expect("reads"), [(1, 1, 0.75)]);
    }
}
