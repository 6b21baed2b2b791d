//! Places in an image, as the highest places of heat maps, one for each point.

use anyhow::Result;
use burn::tensor::Tensor;
use image::RgbImage;
use serde_json::{Map, Value, json};

use super::kind::{Answer, Task};
use crate::data::{Item, Picture, Problem, Target};
use crate::drawing::{bright, crosses, side_by_side};
use crate::loss::{Loss, Mse, Term};
use crate::metric::peak;

/// Mean squared error of heat maps; mean distance; a list of points.
pub(super) struct KeyPoints;

impl Task for KeyPoints {
    fn loss(&self) -> Loss {
        Loss::of(vec![Term::Mse(Mse::default())])
    }

    fn metrics(&self) -> &'static [&'static str] {
        &["mean_distance"]
    }

    fn test_metrics(&self) -> &'static [&'static str] {
        &["pck"]
    }

    /// Each point's place in pixels of the image, and how high its map is there.
    fn answer(&self, problem: &Problem, picture: &Picture, answers: Tensor<4>) -> Result<Answer> {
        let places = places(answers, picture.size())?;
        let points = places.into_iter().zip(&problem.classes);
        let points = points.map(|(([row, column], score), name)| {
            json!({"name": name, "row": row, "column": column, "score": score})
        });
        Ok(Answer::Record(Map::from_iter([(
            "points".to_string(),
            Value::Array(points.collect()),
        )])))
    }

    /// The image with the true and with the predicted points.
    fn show(
        &self,
        _: &Problem,
        item: Item,
        answers: Tensor<4>,
    ) -> Result<Option<(String, RgbImage)>> {
        let Target::Points(truth) = item.target else {
            return Ok(None);
        };
        let image = bright(&item.picture);
        let predicted = places(answers, item.picture.size())?;
        let predicted = predicted.into_iter().map(|(place, _)| place);
        let row = [
            crosses(&image, truth.into_iter().flatten()),
            crosses(&image, predicted),
        ];
        Ok(Some((item.name, side_by_side(&row))))
    }
}

/// The highest place of each map, `[row, column]` in an image of this height and width, and how high
/// it is there. Whole numbers are the middles of pixels.
fn places(maps: Tensor<4>, image: [usize; 2]) -> Result<Vec<([f32; 2], f32)>> {
    let [_, _, height, width] = maps.dims();
    let values = maps.try_into_vec_as::<f32>()?;
    let along = |place: usize, image: usize, map: usize| {
        (place as f32 + 0.5) * image as f32 / map as f32 - 0.5
    };
    let place = |map: &[f32]| {
        let (place, score) = peak(map);
        let row = along(place / width, image[0], height);
        ([row, along(place % width, image[1], width)], score)
    };
    Ok(values.chunks(height * width).map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn places_are_those_of_the_image() {
        let maps = Tensor::<4>::from_data([[[[0.0, 0.0], [0.0, 0.75]]]], &Device::flex());
        let places = |image| places(maps.clone(), image).expect("reads");
        assert_eq!(places([2, 2]), [([1.0, 1.0], 0.75)]);
        // The pixel covers rows 2 and 3, and columns 4 to 7.
        assert_eq!(places([4, 8]), [([2.5, 5.5], 0.75)]);
    }
}
