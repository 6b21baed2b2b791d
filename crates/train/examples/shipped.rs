//! Writes the networks that come with the program as ONNX files, each with real images and what it says
//! of them, for `crates/onnx/check.py`:
//!
//! ```sh
//! cargo run -p train --example shipped -- FOLDER
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use train::data::{Data, EMBEDDED, load};
use train::{Export, Learned, OnnxSettings, Origin, Subject, shipped};
use weights::{Precision, Weights};

/// How many images each network sees.
const BATCH: usize = 8;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1);
    let folder = PathBuf::from(folder.context("the first argument is a folder")?);
    std::fs::create_dir_all(&folder)?;
    for name in shipped() {
        println!("{name}");
        write(&folder, &name)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str) -> Result<()> {
    let origin = Origin::Shipped(name);
    for (ending, fold) in [("", false), (".folded", true)] {
        let file = folder.join(format!("{name}{ending}.onnx"));
        let settings = OnnxSettings {
            fold,
            ..OnnxSettings::default()
        };
        let export = Export {
            subject: Subject::Learned(origin),
            safetensors: None,
            precision: Precision::Single,
            onnx: Some((&file, settings)),
            backend: "flex",
        };
        export.run()?;
    }
    let device = Device::flex();
    let learned = Learned::load(origin, &device)?;
    let images = images(&learned, &device)?;
    let answer = learned.model.forward(images.clone()).swap_remove(0);
    let arrays = [("input", images), ("output", answer)];
    let arrays = arrays.map(|(name, tensor)| (name.to_string(), tensor));
    let bytes = Weights::of_tensors(name, arrays)?.to_safetensors()?;
    Ok(std::fs::write(
        folder.join(format!("{name}.safetensors")),
        bytes,
    )?)
}

/// Test images of the network's own data where these are inside the program, and else of nuclei, as
/// the network sees them.
fn images(learned: &Learned, device: &Device) -> Result<Tensor<4>> {
    let own = learned.recipe.data.path.as_str();
    let path = if EMBEDDED.contains(&own) {
        own
    } else {
        "nuclei-mini"
    };
    let data = load(&Data::of(path), 1)?;
    let image = |index| {
        let picture = data.test.get(index)?.picture;
        Ok(learned.problem.preprocessing.tensor(picture, device))
    };
    let images: Result<Vec<_>> = (0..BATCH).map(image).collect();
    Ok(Tensor::cat(images?, 0))
}
