//! How far trained gates let the shortcut through.

use anyhow::{Context, Result};
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;
use serde_json::json;

use crate::{Lab, Run};

/// The mean of `1 - g` over the first images of the test, by block.
pub(super) fn openings(lab: &mut Lab<'_>, run: &Run) -> Result<Vec<f64>> {
    lab.kept(json!({"openings of": run.id()}), |device| {
        let learned = run.learned(device)?;
        let loader = learned.to_test(device)?;
        let batch = loader.iter().next().context("there are no test images")??;
        let seam = learned.model.seam(&learned.config);
        let seam = seam.watch("*.downsample.gate")?;
        let (_, record) = seam.run(|| learned.model.forward(batch.images));
        let opening = |z: Tensor<1>| f64::from(sigmoid(-z).mean().into_scalar::<f32>());
        let gates = record.seen().iter();
        Ok(gates.map(|gate| opening(gate.values())).collect())
    })
}
