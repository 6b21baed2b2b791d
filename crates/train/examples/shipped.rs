//! Writes the networks that come with the program as ONNX files, each with real images and what it says
//! of them, for `crates/onnx/check.py`:
//!
//! ```sh
//! cargo run -p train --example shipped -- FOLDER
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use train::data::{Data, EMBEDDED, Window, load, read_picture};
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

/// Test images of the network's own data where some of these are inside the program, and else parts of a
/// photo, as the network sees them.
fn images(learned: &Learned, device: &Device) -> Result<Tensor<4>> {
    let inside = match learned.recipe.data.path.as_str() {
        "nuclei" => Some("nuclei-mini"),
        own => EMBEDDED.contains(&own).then_some(own),
    };
    let pictures: Vec<_> = if let Some(inside) = inside {
        let data = load(&Data::of(inside), 1)?;
        let picture = |index| Ok(data.test.get(index)?.picture);
        (0..BATCH).map(picture).collect::<Result<_>>()?
    } else {
        let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references/photo.png");
        let photo = read_picture(&photo)?;
        let size = photo.size().map(|side| side / 2);
        let part = |index: usize| {
            let start = size.map(|side| side * index / BATCH);
            let part = Window::whole(photo.size()).crop(start, size);
            photo.clone().seen_through(&part)
        };
        (0..BATCH).map(part).collect()
    };
    let seen = |picture| learned.problem.preprocessing.tensor(picture, device);
    Ok(Tensor::cat(pictures.into_iter().map(seen).collect(), 0))
}
