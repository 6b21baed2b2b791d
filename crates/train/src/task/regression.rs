//! Values: of each pixel, images from images; or of whole images.

use anyhow::Result;
use burn::tensor::Tensor;
use image::RgbImage;
use serde_json::{Map, Value};

use super::kind::{Answer, Task};
use crate::data::{Item, Picture, Problem, Target};
use crate::drawing::{of_values, side_by_side};
use crate::loss::{Loss, Mse, Term};

/// Mean squared error; errors; pictures.
pub(super) struct Regression;

impl Task for Regression {
    fn loss(&self) -> Loss {
        Loss::of(vec![Term::Mse(Mse::default())])
    }

    fn metrics(&self) -> &'static [&'static str] {
        &["mae", "rmse"]
    }

    fn test_metrics(&self) -> &'static [&'static str] {
        &["psnr"]
    }

    /// The values of each pixel as a picture, 0 black and 1 white; those of the whole image as a
    /// list.
    fn answer(&self, problem: &Problem, _: &Picture, answers: Tensor<4>) -> Result<Answer> {
        let [_, channels, height, width] = answers.dims();
        let values = answers.try_into_vec_as::<f32>()?;
        if [height, width] != [1, 1] {
            let picture = of_values(&values, [channels, height, width]);
            return Ok(Answer::Pictures(vec![("values", picture.into())]));
        }
        let named = problem.classes.iter().cloned();
        let named: Map<String, Value> = named.zip(values.into_iter().map(Value::from)).collect();
        Ok(Answer::Record(Map::from_iter([(
            "values".to_string(),
            named.into(),
        )])))
    }

    /// The image, what is true and what was predicted side by side; nothing of whole images.
    fn show(
        &self,
        _: &Problem,
        item: Item,
        answers: Tensor<4>,
    ) -> Result<Option<(String, RgbImage)>> {
        let Target::Picture(truth) = item.target else {
            return Ok(None);
        };
        let [_, channels, height, width] = answers.dims();
        let values = answers.try_into_vec_as::<f32>()?;
        let predicted = of_values(&values, [channels, height, width]);
        let row = side_by_side(&[item.picture.to_rgb8(), truth.to_rgb8(), predicted]);
        Ok(Some((item.name, row)))
    }
}
