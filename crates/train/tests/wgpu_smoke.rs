//! The wgpu backend on software Vulkan: the same numbers as flex, and training steps.
#![cfg(feature = "wgpu")]

mod common;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Device, DeviceKind, Tensor, TensorData, Tolerance};
use common::succeeds;
use models::create;
use tempfile::tempdir;

#[test]
fn a_forward_pass_equals_that_of_flex() {
    let flex = Device::flex();
    let wgpu = Device::wgpu(DeviceKind::Cpu);
    let config = create("resnet8").expect("a model");
    let model = config.init(&flex);
    // Of a generator of its own: that of the device is shared with other tests.
    let mut state = 1_u32;
    let values: Vec<f32> = (0..2 * 3 * 32 * 32)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    let images = TensorData::new(values, [2, 3, 32, 32]);
    let expected = model
        .forward(Tensor::from_data(images.clone(), &flex))
        .swap_remove(0)
        .into_data();

    let bytes = model.into_record().into_bytes().expect("writes");
    let record = ModuleRecord::from_bytes(bytes).expect("reads");
    let model = config.init(&wgpu).load_record(record);
    let logits = model
        .forward(Tensor::from_data(images, &wgpu))
        .swap_remove(0)
        .into_data();
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
