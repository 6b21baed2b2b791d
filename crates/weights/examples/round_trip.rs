//! Our half of `check.py`: models that go out to PyTorch, and PyTorch's that come in.
//!
//! ```sh
//! cargo run --example round_trip -- write FOLDER
//! cargo run --example round_trip -- read FOLDER
//! ```
//!
//! The models are those whose training is compared with their twins': one of every family and every
//! decoder that PyTorch's packages have. Each has a folder of its own.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use models::Model;
use serde_json::json;
use twins::{Case, Training, fill, filled};
use weights::{Options, Weights, apply, to_safetensors};

/// How many images each model sees.
const BATCH: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let step = match arguments.next().as_deref() {
        Some("write") => write,
        Some("read") => read,
        _ => return Err("the first argument is 'write' or 'read'".into()),
    };
    let folder = PathBuf::from(arguments.next().ok_or("the second argument is a folder")?);
    for case in Case::<Training>::all() {
        step(&case, &folder.join(&case.name))?;
    }
    Ok(())
}

/// Writes a model whose values follow from their names, and what it answers; says what its twin is.
fn write(case: &Case<Training>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (device, config) = (Device::flex(), case.config());
    let model = filled(&config, &case.fixture.keys, &device)?;
    fs::create_dir_all(folder)?;
    let file = to_safetensors(&model, &config)?;
    fs::write(folder.join("ours.safetensors"), file)?;
    let [channels, height, width] = case.fixture.input;
    let dims = [BATCH, channels, height, width];
    let images = TensorData::new(fill::images("ours", dims.iter().product()), dims);
    let images = Tensor::from_data(images, &device);
    write_answers(&model, images, &folder.join("ours.answers.safetensors"))?;
    let (package, twin) = case.fixture.twin.split_once(' ').ok_or("no twin's name")?;
    let told = json!({
        "name": case.name,
        "package": package,
        "twin": twin,
        "input": case.fixture.input,
        "outputs": config.head.outputs,
    });
    println!("{told}");
    Ok(())
}

/// Reads what PyTorch wrote, strictly, and writes what the model answers to PyTorch's images.
fn read(case: &Case<Training>, folder: &Path) -> Result<(), Box<dyn Error>> {
    let (device, config) = (Device::flex(), case.config());
    let weights = Weights::read(&folder.join("theirs.pth"))?;
    let fresh = config.init(&device);
    let (model, _) = apply(fresh, &config, &weights, &Options::default())
        .map_err(|error| format!("{}: {error}", case.name))?;
    let theirs = Weights::read(&folder.join("theirs.answers.safetensors"))?;
    let images = theirs.get("input").ok_or("no 'input'")?;
    let images = TensorData::new(images.values.clone(), images.shape.clone());
    let images = Tensor::from_data(images, &device);
    write_answers(&model, images, &folder.join("read.answers.safetensors"))
}

fn write_answers(model: &Model, images: Tensor<4>, file: &Path) -> Result<(), Box<dyn Error>> {
    let answers = model.forward(images.clone()).into_iter().enumerate();
    let answers = answers.map(|(place, answer)| (format!("output{place}"), answer));
    let all = std::iter::once(("input".to_string(), images)).chain(answers);
    let bytes = Weights::of_tensors("answers", all)?.to_safetensors()?;
    Ok(fs::write(file, bytes)?)
}
