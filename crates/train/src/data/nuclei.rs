//! The embedded nuclei, a part of BBBC038: 70 images to learn from and 24 to test, 256x256 and gray,
//! and the sets that are made of them.

mod masks;
mod noisy;
mod points;

pub(super) use masks::nuclei_mini;
pub(super) use noisy::nuclei_noisy;
pub(super) use points::nuclei_points;

use std::sync::Arc;

use anyhow::{Context, Result};
use models::ImageSpec;
use rust_embed::RustEmbed;

use super::collection::{Known, Part};
use super::image_file::picture_from;
use super::joined::Joined;
use super::mask::Mask;
use super::mask_file::mask_from;
use super::mask_values::{MaskReading, MaskValues};
use super::picture::Picture;
use super::source::Source;

#[derive(RustEmbed)]
#[folder = "data/nuclei-mini"]
#[include = "*.png"]
struct Files;

const SIZE: ImageSpec = ImageSpec {
    channels: 1,
    height: 256,
    width: 256,
};

/// The images of a split, which are embedded as files.
struct Nuclei {
    split: &'static str,
    names: Vec<String>,
}

impl Nuclei {
    fn list(split: &'static str) -> Self {
        let folder = format!("{split}/images/");
        let names = Files::iter().filter_map(|path| {
            let name = path.strip_prefix(&folder)?.strip_suffix(".png")?;
            Some(name.to_string())
        });
        let mut names: Vec<_> = names.collect();
        names.sort();
        Self { split, names }
    }

    /// Both splits, each with the part that it is.
    fn splits() -> [(Part, Self); 2] {
        [(Part::Train, "train"), (Part::Test, "test")].map(|(part, name)| (part, Self::list(name)))
    }

    fn file(&self, kind: &str, index: usize) -> Result<Vec<u8>> {
        let path = format!("{}/{kind}/{}.png", self.split, self.names[index]);
        let file = Files::get(&path).with_context(|| format!("'{path}' is not embedded"))?;
        Ok(file.data.into_owned())
    }

    fn bytes(&self, index: usize) -> Result<u64> {
        Ok(self.file("images", index)?.len() as u64)
    }

    fn picture(&self, index: usize) -> Result<Picture> {
        picture_from(&self.file("images", index)?)
    }

    fn mask(&self, index: usize) -> Result<Mask> {
        let mask = mask_from(&self.file("masks", index)?)?;
        MaskReading::of(MaskValues::Binary).mask(mask.size, &mask.values)
    }
}

/// A source for each split, one after the other, and the part that each of their images is in.
fn by_split(source: fn(Nuclei) -> Arc<dyn Source>) -> (Arc<dyn Source>, Vec<Known>) {
    let (mut sources, mut known) = (Vec::new(), Vec::new());
    for (part, nuclei) in Nuclei::splits() {
        let source = source(nuclei);
        let of_part = Known {
            part: Some(part),
            ..Known::default()
        };
        known.extend(vec![of_part; source.len()]);
        sources.push(source);
    }
    (Arc::new(Joined::new(sources)), known)
}
