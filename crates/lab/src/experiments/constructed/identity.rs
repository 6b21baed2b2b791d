//! Layers that pass on what they get.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use burn::nn::BatchNormConfig;
use burn::tensor::{Device, Tensor};
use models::{Model, ModelConfig};
use weights::{Array, Entry, Options, Weights, apply, entries};

/// What the values of a stage are like: mean and variance of each channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Moments {
    pub means: Vec<f32>,
    pub variances: Vec<f32>,
}

/// What the last block of each stage gives for some images, by the stage's name.
///
/// # Errors
/// If the network has no such blocks, or values cannot be brought from the device.
pub(super) fn moments(
    model: &Model,
    config: &ModelConfig,
    images: Tensor<4>,
) -> Result<BTreeMap<String, Moments>> {
    let seam = model.seam(config).watch("layer*.*.bn2")?;
    let (_, record) = seam.run(|| model.forward(images));
    let mut stages = BTreeMap::new();
    for seen in record.seen() {
        let values = seen.values().try_into_vec_as::<f32>();
        let values = values.map_err(|error| anyhow!("{error}"))?;
        // Blocks come in their order: what the last of a stage gives stays.
        stages.insert(stage_of(seen.path()), moments_of(&values, seen.shape()));
    }
    Ok(stages)
}

/// The stage that a part stands in.
fn stage_of(path: &str) -> String {
    path.split('.').next().unwrap_or_default().to_string()
}

/// Of `[images, channels, height, width]`, in a row.
fn moments_of(values: &[f32], shape: &[usize]) -> Moments {
    let (channels, pixels) = (shape[1], shape[2..].iter().product::<usize>());
    let planes = |channel| values.chunks_exact(pixels).skip(channel).step_by(channels);
    let mean = |channel: usize, value: &dyn Fn(f64) -> f64| {
        let values = planes(channel).flatten().map(|x| value(f64::from(*x)));
        values.sum::<f64>() / (shape[0] * pixels) as f64
    };
    let means: Vec<_> = (0..channels).map(|channel| mean(channel, &|x| x)).collect();
    let variance =
        |(channel, centre): (usize, &f64)| mean(channel, &|x| (x - centre).powi(2)) as f32;
    Moments {
        variances: means.iter().enumerate().map(variance).collect(),
        means: means.iter().map(|mean| *mean as f32).collect(),
    }
}

/// A deeper network that computes what a shallow one does. Blocks that only it has are the identity
/// for values of these moments.
///
/// # Errors
/// If it has something that is neither in the shallow network nor in a further block of a stage, or
/// values cannot be brought from the device.
pub(super) fn deepened(
    shallow: &Model,
    shallow_config: &ModelConfig,
    config: &ModelConfig,
    moments: &BTreeMap<String, Moments>,
    device: &Device,
) -> Result<Model> {
    let own = entries(shallow, shallow_config)?.into_iter();
    let own: BTreeMap<_, _> = own.map(|entry| (entry.name, entry.array)).collect();
    let deep = config.init(device);
    let array = |entry: Entry| {
        let array = match own.get(&entry.name) {
            Some(array) => array.clone(),
            None => identity(&entry, moments)?,
        };
        Ok((entry.name, array))
    };
    let arrays = entries(&deep, config)?.into_iter().map(array);
    let arrays: Vec<_> = arrays.collect::<Result<_>>()?;
    let weights = Weights::new("the shallow network", arrays);
    Ok(apply(deep, config, &weights, &Options::default())?.0)
}

/// The values of a further block's parameter, or running statistic.
fn identity(entry: &Entry, moments: &BTreeMap<String, Moments>) -> Result<Array> {
    let Entry { name, array, .. } = entry;
    let shape = array.shape.clone();
    let Moments { means, variances } = moments
        .get(&stage_of(name))
        .with_context(|| format!("'{name}' is in none of the stages"))?;
    let values = match (&shape[..], name.rsplit('.').next()) {
        (&[outputs, inputs, height, width], _) => delta([outputs, inputs, height, width]),
        (_, Some("running_mean" | "bias")) => means.clone(),
        (_, Some("running_var")) => variances.clone(),
        _ => variances.iter().map(|variance| scale(*variance)).collect(),
    };
    Ok(Array { shape, values })
}

/// What a normalisation has to multiply with to undo its division.
fn scale(variance: f32) -> f32 {
    let epsilon = BatchNormConfig::new(1).epsilon;
    (f64::from(variance) + epsilon).sqrt() as f32
}

/// Kernels of which each gives its own channel.
fn delta([outputs, inputs, height, width]: [usize; 4]) -> Vec<f32> {
    let middle = (height / 2) * width + width / 2;
    let mut values = vec![0.0; outputs * inputs * height * width];
    for channel in 0..outputs.min(inputs) {
        values[(channel * inputs + channel) * height * width + middle] = 1.0;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Distribution;
    use models::{ImageSpec, create};
    use serde_json::json;

    #[test]
    fn further_blocks_pass_on_what_they_get() {
        let device = Device::flex();
        device.seed(1);
        let config = |blocks: usize| {
            let config = create("resnet8").expect("a model");
            let config = config.with_image(ImageSpec::new(1, 12, 12));
            let fields = [
                ("encoder.shortcut", json!("plain")),
                ("encoder.width", json!(4)),
                ("encoder.blocks", json!([blocks, blocks, blocks])),
            ];
            let set = |config: ModelConfig, (path, value)| config.set(path, value).expect(path);
            fields.into_iter().fold(config, set)
        };
        let images = Tensor::random([5, 1, 12, 12], Distribution::Normal(0.0, 1.0), &device);
        let (shallow, deep) = (config(1), config(3));
        let model = shallow.init(&device);
        let moments = moments(&model, &shallow, images.clone()).expect("three stages");
        let deeper = deepened(&model, &shallow, &deep, &moments, &device).expect("deeper");
        let logits = |model: &Model| model.forward(images.clone()).swap_remove(0);
        let difference = (logits(&deeper) - logits(&model)).abs().max();
        let scale = logits(&model).abs().max().into_scalar::<f32>();
        let difference = difference.into_scalar::<f32>();
        assert!(
            scale > 0.0 && difference < 1e-4 * scale,
            "{difference} of {scale}"
        );
    }

    #[test]
    fn moments_are_of_each_channel_over_images_and_pixels() {
        // Two images of two channels of one row of two pixels.
        let values = [0.0, 2.0, 5.0, 5.0, 4.0, 6.0, 5.0, 5.0];
        let moments = moments_of(&values, &[2, 2, 1, 2]);
        assert_eq!(moments.means, [3.0, 5.0]);
        assert_eq!(moments.variances, [5.0, 0.0]);
    }

    #[test]
    fn a_kernel_gives_its_own_channel() {
        let kernels = delta([2, 2, 3, 3]);
        let ones: Vec<_> = (0..36).filter(|place| kernels[*place] == 1.0).collect();
        assert_eq!(ones, [4, 31]);
        assert_eq!(kernels.iter().sum::<f32>(), 2.0);
    }
}
