//! What a recipe says of the images.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::normalization::Normalization;
use super::pages::Pages;
use super::resizing::{Interpolation, Resizing};

/// The images.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Embedded data set (mnist-mini, nuclei-mini, nuclei-noisy, nuclei-points), folder of images,
    /// or index of them (.csv, .jsonl, COCO's .json, .npz)
    #[schemars(extend("x-flag" = "data", "x-value" = "NAME|PATH"))]
    pub path: String,
    /// Height and width that a folder's images are resized to [default: what suits them]
    #[serde(default)]
    #[schemars(extend("x-flag" = "image-size", "x-value" = "PIXELS"))]
    pub size: Option<Size>,
    /// Use at most so many images of each split, to try things out
    #[serde(default)]
    #[schemars(extend("x-flag" = "limit", "x-value" = "N"))]
    pub limit: Option<usize>,
    /// How many threads read images; none: half as many as there are cores, at most 8. The run is
    /// the same for any number.
    #[serde(default)]
    pub threads: Option<usize>,
    /// How images of another form come to that size: `stretch`; `letterbox`, all of it with black
    /// around; `cover`, with what juts out cut off; `crop`, its middle as it is; `{"center_crop":
    /// {"fraction": 0.875}}`, its middle, so much of the shorter side; `{"tiles": {"overlap": 32}}`,
    /// as it is, one tile of that size after the other. None: as the weights say that the model
    /// starts from, or stretched.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "Option<String>")]
    pub fit: Option<Resizing>,
    /// How pixels are interpolated on the way: `bilinear` or `bicubic`. None: as the weights say, or
    /// bilinear.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "Option<String>")]
    pub interpolation: Option<Interpolation>,
    /// In how many channels images are seen: 1, gray, or 3, colours. None: as the weights say, or
    /// what suits the images.
    #[serde(default, skip_serializing_if = "is_default")]
    pub channels: Option<usize>,
    /// How pixels are brought to a common scale: `measured`, by the mean and the deviation of the
    /// images to learn from; `image`, each by its own percentiles; `image_root`, each by the
    /// roots of that; `{"moments": {"mean": [0.5], "deviation": [0.5]}}`, a value from 0 to 1 for each
    /// channel. None: as the weights say, or
    /// measured.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "Option<String>")]
    pub normalization: Option<Scaling>,
    /// How images that belong to no part are shared out where a part has none of its own.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "String")]
    pub split: Sharing,
    /// `[k, n]`: of all images that are not for the test alone, the k-th of n equal parts, from 1
    /// on, is the one to validate by, and the others are learned from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fold: Option<[usize; 2]>,
    /// What is done about images that are in more than one part, pixel for pixel: `tell` of them when
    /// a run begins, or `refuse` to load them, for which all images are read once; or `allow` them.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "String")]
    pub duplicates: Duplicates,
    /// How often each image is learned from: `uniform`, once an epoch; `balanced`, each class as
    /// often as the others; `weighted`, by the column `weight` of an index.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "String")]
    pub sampling: Sampling,
    /// How much each class counts in the terms of the loss that have `class_weights` and were given
    /// none: `equal`, or `balanced`, rare ones as much as frequent ones.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "String")]
    pub class_weights: ClassWeights,
    /// What is done about an image that cannot be read: fail or skip
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(
        with = "String",
        extend("x-flag" = "on-bad-image", "x-value" = "fail|skip")
    )]
    pub on_bad_image: OnBadImage,
    /// What the colours of masks stand for, the background first: `[["background", [0, 0, 0]],
    /// ["road", [128, 64, 128]]]`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mask_colours: Option<Vec<(String, [u8; 3])>>,
    /// A value of masks, as 255, that stands for no class: pixels that do not count.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mask_ignored: Option<u16>,
    /// Masks number objects, from 1 on, and the objects' borders, so many pixels wide, are a class of
    /// their own that keeps touching objects apart: background, object, border.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mask_border: Option<usize>,
    /// Pairs of key points that change places in a mirrored image: `[["left eye", "right eye"]]`.
    /// None: those whose names differ in left and right alone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mirrored: Option<Vec<[String; 2]>>,
    /// What the pages of a TIFF are: `first`, the image; `items`, images of their own with one
    /// answer; `channels`, the channels of one image.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(with = "String")]
    pub pages: Pages,
    /// Folder in which images to learn from and to validate by are kept as they are once they are
    /// decoded and resized, so that large ones are decoded once.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cache: Option<PathBuf>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Data {
    /// This data set or path, with no wishes.
    pub fn of(path: &str) -> Self {
        Self {
            path: path.to_string(),
            ..Self::default()
        }
    }

    /// # Errors
    /// If a value is out of its range.
    pub fn check(&self) -> Result<()> {
        let smallest = self.size.map(|size| size.sides().into_iter().min());
        let sizes = [
            ("--limit", self.limit.unwrap_or(usize::MAX)),
            ("--image-size", smallest.flatten().unwrap_or(usize::MAX)),
        ];
        for (flag, value) in sizes {
            ensure!(value > 0, "{flag} {value}: must be at least 1");
        }
        if let Some(fit) = self.fit {
            fit.check().context("data.fit")?;
        }
        ensure!(
            self.channels != Some(0),
            "data.channels 0: must be at least 1"
        );
        if let Some([fold, folds]) = self.fold {
            ensure!(
                folds >= 2 && (1..=folds).contains(&fold),
                "data.fold [{fold}, {folds}]: must be [k, n] with k of 1 to n, and n at least 2"
            );
        }
        ensure!(
            self.mask_border.is_none() || self.mask_colours.is_none(),
            "data.mask_border and data.mask_colours: masks number objects or have the colours of \
             classes, not both"
        );
        if let Some(border) = self.mask_border {
            ensure!(
                (1..=64).contains(&border),
                "data.mask_border {border}: must be 1 to 64"
            );
        }
        Ok(())
    }
}

/// How pixels are brought to a common scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scaling {
    /// By the mean and the deviation of the images to learn from.
    #[default]
    Measured,
    /// Each image by its own percentiles.
    Image,
    /// Each image by the roots of what [`Scaling::Image`] has.
    ImageRoot,
    /// By these, of values from 0 to 1.
    Moments {
        /// Mean of each channel.
        mean: Vec<f32>,
        /// Standard deviation of each channel.
        deviation: Vec<f32>,
    },
}

impl Scaling {
    /// The scale, where nothing has to be measured for it.
    pub(crate) fn told(&self) -> Option<Normalization> {
        match self.clone() {
            Self::Measured => None,
            Self::Image => Some(Normalization::Image),
            Self::ImageRoot => Some(Normalization::ImageRoot),
            Self::Moments { mean, deviation } => Some(Normalization::DataSet { mean, deviation }),
        }
    }
}

/// How images that belong to no part are shared out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sharing {
    /// By the seed alone; by group where an index has a column `group`.
    #[default]
    Random,
    /// By the seed, each class by itself, so that each part has as much of it.
    Stratified,
}

/// What is done about images that are in more than one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Duplicates {
    /// Nothing: they are not looked for.
    Allow,
    /// A run that begins tells of them.
    #[default]
    Tell,
    /// They are an error that names them.
    Refuse,
}

/// How often each image is learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sampling {
    /// Once an epoch.
    #[default]
    Uniform,
    /// As many an epoch as there are, drawn so that each class comes as often as the others.
    Balanced,
    /// As many an epoch as there are, drawn by their weights.
    Weighted,
}

/// How much each class counts in the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClassWeights {
    /// All alike.
    #[default]
    Equal,
    /// Rare ones as much as frequent ones.
    Balanced,
}

/// What is done about an image that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnBadImage {
    /// It ends the run with an error that names it.
    #[default]
    Fail,
    /// It is left out, and listed.
    Skip,
}

/// Height and width: one number for both, or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Size {
    /// Both.
    Square(usize),
    /// Height, width.
    Sides([usize; 2]),
}

impl Size {
    /// Height and width.
    pub fn sides(self) -> [usize; 2] {
        match self {
            Self::Square(side) => [side, side],
            Self::Sides(sides) => sides,
        }
    }
}

impl From<[usize; 2]> for Size {
    fn from([height, width]: [usize; 2]) -> Self {
        match height == width {
            true => Self::Square(height),
            false => Self::Sides([height, width]),
        }
    }
}
