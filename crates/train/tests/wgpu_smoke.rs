//! The wgpu backend on software Vulkan: the same numbers as flex, and training steps.
#![cfg(feature = "wgpu")]

mod common;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Device, DeviceKind, Distribution, Tensor, Tolerance};
use common::succeeds;
use models::ResNetConfig;
use tempfile::tempdir;

#[test]
fn a_forward_pass_equals_that_of_flex() {
    let flex = Device::flex();
    let wgpu = Device::wgpu(DeviceKind::Cpu);
    flex.seed(1);
    let model = ResNetConfig::cifar(8).init(&flex);
    let images = Tensor::<4>::random([2, 3, 32, 32], Distribution::Normal(0.0, 1.0), &flex);
    let expected = model.forward(images.clone()).into_data();

    let bytes = model.into_record().into_bytes().expect("writes");
    let record = ModuleRecord::from_bytes(bytes).expect("reads");
    let model = ResNetConfig::cifar(8).init(&wgpu).load_record(record);
    let images = Tensor::from_data(images.into_data(), &wgpu);
    let logits = model.forward(images).into_data();
    logits.assert_approx_eq::<f32>(&expected, Tolerance::rel_abs(1e-3, 1e-3));
}

#[test]
fn two_training_steps_run() {
    let folder = tempdir().expect("a folder");
    let arguments = [
        "--model",
        "resnet8",
        "--backend",
        "wgpu",
        "--device",
        "cpu",
        "--limit",
        "8",
        "--batch-size",
        "4",
        "--epochs",
        "1",
        "--out",
        "run",
    ];
    let printed = succeeds(folder.path(), &arguments);
    assert!(printed.contains("on wgpu"), "{printed}");
    assert!(folder.path().join("run/summary.json").is_file());
}
