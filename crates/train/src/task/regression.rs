//! Values for each pixel: images from images.

use anyhow::{Result, bail};
use burn::tensor::Tensor;
use image::{DynamicImage, RgbImage};

use super::kind::{Answer, AnswerForm, Shown, Task};
use crate::data::{Problem, Targets};
use crate::loss::{Loss, Mse, Term};
use crate::picture::{of_values, side_by_side};

/// Mean squared error; errors; pictures.
pub(super) struct Regression;

impl Task for Regression {
    fn loss(&self) -> Loss {
        Loss::of(vec![Term::Mse(Mse::default())])
    }

    fn metrics(&self) -> &'static [&'static str] {
        &["mae", "rmse"]
    }

    fn form(&self) -> AnswerForm {
        AnswerForm::Pictures
    }

    /// The values as a picture, 0 black and 1 white.
    fn answer(&self, _: &Problem, _: &DynamicImage, answers: Tensor<4>) -> Result<Answer> {
        Ok(Answer::Pictures(vec![("values", picture(answers)?.into())]))
    }

    /// The image, what is true and what was predicted side by side.
    fn show(&self, _: &Problem, shown: Shown) -> Result<Option<(String, RgbImage)>> {
        let Targets::Values(truth) = shown.targets else {
            bail!("values are not among {:?}", shown.targets);
        };
        let row = side_by_side(&[shown.image, picture(truth)?, picture(shown.answers)?]);
        Ok(Some((shown.name, row)))
    }
}

fn picture(values: Tensor<4>) -> Result<RgbImage> {
    let [_, channels, height, width] = values.dims();
    let values = values.try_into_vec_as::<f32>()?;
    Ok(of_values(&values, [channels, height, width]))
}
