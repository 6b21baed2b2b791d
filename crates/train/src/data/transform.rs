//! What training does to the images, as a list of values.
//!
//! Three kinds stand in one list. Geometry says where each pixel that is seen lies in the image: all
//! of a list's is one map, which is read once, and moves the answer that lies over the image (a
//! mask by its nearest pixel, a picture, points). Colours follow, in their order, and move no
//! answer. Mixing is done last, to whole batches, and mixes answers as it mixes images.
//!
//! What is drawn follows from `(seed, epoch, index)` alone. It is computed in plain f32 and f64,
//! nothing fused, with sines and logarithms of this program's own (`libm`): the bits are the same on
//! every instruction set. The one exception is as old as [`Exposure`], which asks the system for its
//! exponential.

mod affine;
mod blur;
mod canvas;
mod colour;
mod crop;
mod drawn;
mod elastic;
mod erase;
mod exposure;
mod geometry;
mod lay;
mod mix;
mod noise;
mod perspective;
mod policy;
mod projection;
mod range;
mod sample;
mod shift;
mod sometimes;

pub use affine::{Rotate, Scale, Shear};
pub use blur::Blur;
pub use colour::{Brightness, Contrast, Gamma, Hue, Saturation};
pub use crop::{Crop, ResizedCrop};
pub use elastic::Elastic;
pub use erase::Erase;
pub use exposure::Exposure;
pub use mix::{CutMix, Mixup};
pub use noise::Noise;
pub use perspective::Perspective;
pub use policy::RandAugment;
pub use shift::Shift;
pub use sometimes::Sometimes;

pub(super) use drawn::Drawn;
pub(super) use exposure::Exposed;
pub(super) use mix::Mixing;

use anyhow::{Context, Result, bail};
use models::Task;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use self::lay::{FlipHorizontal, FlipVertical, Transpose};
use self::policy::TrivialAugment;

/// One thing that training does to an image and to the answer that lies over it, anew every time
/// it is seen.
///
/// ```
/// use train::data::Transform;
///
/// let list = r#"[{"shift": {"pixels": 4}}, "flip_horizontal", {"rotate": {"degrees": 15}}]"#;
/// let list: Vec<Transform> = serde_json::from_str(list)?;
/// assert_eq!(list[1], Transform::FlipHorizontal);
/// # serde_json::Result::Ok(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transform {
    /// A part of the image, as it is.
    Crop(Crop),
    /// A part of the image, stretched.
    ResizedCrop(ResizedCrop),
    /// A move along rows and columns; `pad_and_crop` is another word for it.
    #[serde(alias = "pad_and_crop")]
    Shift(Shift),
    /// Mirrors left and right, every other time.
    FlipHorizontal,
    /// Mirrors top and bottom, every other time.
    FlipVertical,
    /// Swaps rows and columns of what is seen, a square, every other time. With both flips all
    /// eight ways to lay a square are drawn.
    Transpose,
    /// A turn about the middle.
    Rotate(Rotate),
    /// Nearer or further.
    Scale(Scale),
    /// Slanted.
    Shear(Shear),
    /// Seen from the side.
    Perspective(Perspective),
    /// Bent.
    Elastic(Elastic),
    /// Another exposure, in normalised values.
    Exposure(Exposure),
    /// Brighter or darker.
    Brightness(Brightness),
    /// Further from, or nearer to, its own mean.
    Contrast(Contrast),
    /// Another curve between black and white.
    Gamma(Gamma),
    /// Other colours.
    Hue(Hue),
    /// More or less colourful.
    Saturation(Saturation),
    /// Grain.
    Noise(Noise),
    /// Out of focus.
    Blur(Blur),
    /// A part of it replaced.
    Erase(Erase),
    /// Some of many, all of one strength.
    RandAugment(RandAugment),
    /// One of many, of any strength: TrivialAugment, "TrivialAugment: Tuning-free Yet
    /// State-of-the-Art Data Augmentation" (Müller and Hutter 2021), its wide space: up to 0.99 of
    /// shear and of colours, 32 pixels, 135 degrees, 2 bits.
    TrivialAugment,
    /// A list that is applied by chance.
    Sometimes(Sometimes),
    /// Two images laid over each other.
    Mixup(Mixup),
    /// A part of another image put in.
    #[serde(rename = "cutmix", alias = "cut_mix")]
    CutMix(CutMix),
}

/// What a transform does to one image.
trait Change {
    /// Adds to what is drawn.
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng);

    /// The height and width that it leaves of an image.
    ///
    /// # Errors
    /// If it cannot be applied, or a value is out of its range.
    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]>;
}

impl Transform {
    fn change(&self) -> &dyn Change {
        match self {
            Self::Crop(change) => change,
            Self::ResizedCrop(change) => change,
            Self::Shift(change) => change,
            Self::FlipHorizontal => &FlipHorizontal,
            Self::FlipVertical => &FlipVertical,
            Self::Transpose => &Transpose,
            Self::Rotate(change) => change,
            Self::Scale(change) => change,
            Self::Shear(change) => change,
            Self::Perspective(change) => change,
            Self::Elastic(change) => change,
            Self::Exposure(change) => change,
            Self::Brightness(change) => change,
            Self::Contrast(change) => change,
            Self::Gamma(change) => change,
            Self::Hue(change) => change,
            Self::Saturation(change) => change,
            Self::Noise(change) => change,
            Self::Blur(change) => change,
            Self::Erase(change) => change,
            Self::RandAugment(change) => change,
            Self::TrivialAugment => &TrivialAugment,
            Self::Sometimes(change) => change,
            Self::Mixup(change) => change,
            Self::CutMix(change) => change,
        }
    }
}

/// Height and width that a list of transforms leaves of an image.
///
/// # Errors
/// If one of them cannot be applied to what those before it leave; the error gives its place in the
/// list.
pub fn size_after(transforms: &[Transform], size: [usize; 2]) -> Result<[usize; 2]> {
    let mut each = transforms.iter().enumerate();
    each.try_fold(size, |size, (place, transform)| {
        let after = transform.change().size_after(size);
        after.with_context(|| format!("augmentation.{place}"))
    })
}

/// Whether a list goes with what is learned.
///
/// # Errors
/// If batches are to be mixed whose answers cannot be.
pub fn check_task(transforms: &[Transform], task: Task) -> Result<()> {
    let mixing = transforms.iter().position(Transform::mixes);
    if let (Some(place), Task::KeyPoints) = (mixing, task) {
        bail!("augmentation.{place}: points cannot be mixed; leave mixup and cutmix out");
    }
    Ok(())
}

/// Whether a list may leave parts of several classes where each pixel had one.
pub(crate) fn mixes_classes(transforms: &[Transform]) -> bool {
    let mixup = |transform: &Transform| matches!(transform, Transform::Mixup(_));
    transforms.iter().any(mixup)
}

/// Draws what is seen of an image of this size; [`size_after`] has accepted it.
pub(super) fn draw(transforms: &[Transform], size: [usize; 2], random: &mut StdRng) -> Drawn {
    let mut drawn = Drawn::nothing(size);
    for transform in transforms {
        transform.change().draw(&mut drawn, random);
    }
    drawn
}

#[cfg(test)]
mod tests;
