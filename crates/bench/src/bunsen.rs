//! The ResNets of the crate `bunsen`, a peer that is written for Burn too.

use anyhow::{Context, Result};
use bunsen::burner::module::ModuleInit;
use bunsen::kits::images::resnet::ResNet;
use bunsen::kits::images::resnet::pretrained::RESNET_PREFABS;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Distribution, Int, Tensor};

use crate::case::Mode;
use crate::protocol::Job;
use crate::work::Work;

/// The job's work with its model, on a device without autodiff.
///
/// # Errors
/// If it has no model of that name.
pub(crate) fn work(job: &Job, device: &Device) -> Result<Work> {
    let device = match job.mode {
        Mode::Inference => device.clone(),
        Mode::Training => device.clone().autodiff(),
    };
    let config = RESNET_PREFABS
        .lookup_prefab(&job.case)
        .with_context(|| format!("bunsen has no model '{}'", job.case))?
        .to_config();
    let model: ResNet = config.init(&device);
    let [channels, height, width] = job.input;
    let shape = [job.batch, channels, height, width];
    let images = Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), &device);
    Ok(match job.mode {
        Mode::Inference => Work::inference(model, move |model| {
            model.forward(images.clone());
        }),
        Mode::Training => {
            let targets = Tensor::<1, Int>::zeros([job.batch], &device);
            let cross_entropy = CrossEntropyLossConfig::new().init(&device);
            Work::training(model, move |model| {
                let logits = model.forward(images.clone());
                let loss = cross_entropy.forward(logits, targets.clone());
                let gradients = GradientsParams::from_grads(loss.backward(), model);
                (loss, gradients)
            })
        }
    })
}
