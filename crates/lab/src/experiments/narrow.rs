//! What several experiments train: CIFAR ResNets of half the width that He 2015 has.

use serde_json::{Value, json};

/// The recipe of one with so many blocks in each of its three stages.
pub(super) fn recipe(
    data: Value,
    blocks: usize,
    shortcut: &str,
    epochs: usize,
    batch_size: usize,
) -> Value {
    json!({
        "data": data,
        "model": {
            "name": "resnet20",
            "encoder": {"blocks": [blocks, blocks, blocks], "shortcut": shortcut, "width": 8},
        },
        "run": {"epochs": epochs, "batch_size": batch_size},
        "optimizer": {"name": "sgd", "lr": 0.1, "weight_decay": 1e-4},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
    })
}
