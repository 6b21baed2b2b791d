//! Writes models as ONNX files, each with images and what the model says of them, for `check.py`:
//!
//! ```sh
//! cargo run -p onnx --example cases -- FOLDER [PATTERN ...]
//! ```
//!
//! Without patterns, models of every family and kind of block, and every decoder. Weights follow from
//! their names.

#[path = "../tests/common/mod.rs"]
mod common;

use std::error::Error;
use std::path::PathBuf;

use burn::tensor::Device;
use models::{Variant, list};
use onnx::{Options, to_onnx};
use weights::Weights;

/// How many images each model sees.
const BATCH: usize = 3;

/// What is written where nothing is asked for.
const CASES: &[&str] = &[
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "preact_resnet110",
    "rezero_resnet20",
    "skipinit_wrn16_4",
    "fixup_resnet20",
    "shakedrop_resnet20",
    "hc_resnet20",
    "dhc_resnet20",
    "mhc_resnet20",
    "dwa_resnet20",
    "seresnext26t_32x4d",
    "ecaresnet26t",
    "resnet50d",
    "resnet50_gn",
    "resnetrs50",
    "resnetblur50d",
    "resnetaa50d",
    "resnetv2_50",
    "resnetv2_50x1_bit",
    "nf_resnet26",
    "nf_ecaresnet26",
    "revnet38",
    "convnext_atto",
    "convnextv2_atto",
    "densenet121",
    "densenetblur121d",
    "densenet40_k12",
    "dpn68b",
    "hrnet_w18_small",
    "highway20",
    "highway_conv",
    "unet",
    "unet8",
    "unet32_add",
    "unet32_noskip",
    "nnunet",
    "nnunet_resenc",
    "monai_unet",
    "monai_basic_unet",
    "monai_attention_unet",
    "*-resnet18",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("the first argument is a folder")?);
    std::fs::create_dir_all(&folder)?;
    let mut patterns: Vec<_> = arguments.collect();
    if patterns.is_empty() {
        patterns = CASES.iter().map(|case| case.to_string()).collect();
    }
    for variant in patterns.iter().flat_map(|pattern| list(pattern)) {
        println!("{}", variant.name());
        write(&folder, &variant)?;
    }
    Ok(())
}

fn write(folder: &std::path::Path, variant: &Variant) -> Result<(), Box<dyn Error>> {
    let (device, image) = (Device::flex(), common::small(variant));
    let config = variant.config().clone().with_image(image);
    let model = common::filled(&config, &device);
    for (ending, fold) in [("", false), (".folded", true)] {
        let options = Options {
            fold,
            ..Options::default()
        };
        let file = to_onnx(&model, &config, image, &options)?;
        std::fs::write(
            folder.join(format!("{}{ending}.onnx", variant.name())),
            file,
        )?;
    }
    let images = common::images(image, BATCH, &device);
    let answer = model.forward(images.clone()).remove(0);
    let arrays = [("input", images), ("output", answer)];
    let arrays = arrays.map(|(name, tensor)| (name.to_string(), tensor));
    let bytes = Weights::of_tensors(variant.name(), arrays)?.to_safetensors()?;
    let path = folder.join(format!("{}.safetensors", variant.name()));
    Ok(std::fs::write(path, bytes)?)
}
