//! The embedded nuclei: a part of BBBC038, in the layout of a folder of one's own.

use anyhow::{Context, Result};
use models::{ImageSpec, Task};
use rust_embed::RustEmbed;

use super::image_file::{decode_image, decode_mask};
use super::split::hold_out;
use super::{Augmentation, DataSet, HELD_OUT, Normalization, Problem, Sample, Samples};

#[derive(RustEmbed)]
#[folder = "data/nuclei-mini"]
#[include = "*.png"]
struct Files;

const SIZE: ImageSpec = ImageSpec {
    channels: 1,
    height: 256,
    width: 256,
};

/// 70 images to learn from and 24 to test, 256x256, background and nucleus.
pub(super) fn nuclei_mini(seed: u64) -> Result<DataSet> {
    let (train, valid) = hold_out(read("train")?, HELD_OUT, seed);
    Ok(DataSet {
        problem: Problem {
            task: Task::Segmentation,
            image: SIZE,
            classes: vec!["background".into(), "nucleus".into()],
            // The images' brightness differs tenfold.
            normalization: Normalization::Image,
        },
        train: Samples::new(train),
        valid: Samples::new(valid),
        test: Samples::new(read("test")?),
        augmentation: Augmentation {
            crop: Some(128),
            shift: 0,
            flip_horizontal: true,
            flip_vertical: true,
            transpose: true,
        },
    })
}

fn read(split: &str) -> Result<Vec<Sample>> {
    let folder = format!("{split}/images/");
    let names = Files::iter().filter_map(|path| {
        let name = path.strip_prefix(&folder)?.strip_suffix(".png")?;
        Some(name.to_string())
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    let sample = |name: String| {
        let image = file(&format!("{split}/images/{name}.png"))?;
        let mask = file(&format!("{split}/masks/{name}.png"))?;
        Ok(Sample {
            pixels: decode_image(&image, SIZE)?,
            target: decode_mask(&mask, SIZE, 2)?,
            name,
        })
    };
    names.into_iter().map(sample).collect()
}

fn file(path: &str) -> Result<Vec<u8>> {
    let file = Files::get(path).with_context(|| format!("'{path}' is not embedded"))?;
    Ok(file.data.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_has_a_mask_with_nuclei() {
        for (split, count) in [("train", 70), ("test", 24)] {
            let samples = read(split).expect("embedded");
            assert_eq!(samples.len(), count);
            for sample in samples {
                assert_eq!(sample.pixels.len(), sample.target.len());
                assert!(sample.target.contains(&0) && sample.target.contains(&1));
            }
        }
    }
}
