//! The networks that are compared: two families, some sizes of each.

use serde_json::{Value, json};

use crate::Lab;

/// Layers of each of a DenseNet's three blocks.
pub(super) fn dense_layers(lab: &Lab<'_>) -> usize {
    lab.pick(3, 6)
}

/// The ResNets, from the smallest: names and models of recipes.
pub(super) fn residual(lab: &Lab<'_>) -> Vec<(String, Value)> {
    let blocks = lab.pick(2, 3);
    let widths: &[usize] = lab.pick(&[4, 8, 12], &[8, 12, 16]);
    let network = |width: &usize| {
        let encoder = json!({"blocks": [blocks, blocks, blocks], "width": width});
        let layers = 6 * blocks + 2;
        (
            format!("ResNet-{layers}, width {width}"),
            json!({"name": "resnet20", "encoder": encoder}),
        )
    };
    widths.iter().map(network).collect()
}

/// The DenseNets, from the smallest.
pub(super) fn dense(lab: &Lab<'_>) -> Vec<(String, Value)> {
    let layers = dense_layers(lab);
    let growths: &[usize] = lab.pick(&[4, 6, 8], &[6, 8, 12]);
    let network = |growth: &usize| {
        let encoder = json!({
            "layers": [layers, layers, layers],
            "growth_rate": growth,
            "stem_channels": 2 * growth,
        });
        let layers = 6 * layers + 4;
        (
            format!("DenseNet-BC-{layers}, growth {growth}"),
            json!({"name": "densenet_bc100_k12", "encoder": encoder}),
        )
    };
    growths.iter().map(network).collect()
}

/// How all of them learn.
pub(super) fn recipe(lab: &Lab<'_>, model: &Value) -> Value {
    let data = lab.classes(lab.pick(1200, 10_000));
    json!({
        "data": data,
        "model": model,
        "run": {"epochs": lab.pick(3, 5), "batch_size": lab.pick(16, 32)},
        "optimizer": {"name": "sgd", "lr": 0.1, "weight_decay": 1e-4},
        "schedule": {"name": "onecycle", "warm_up": 0.2},
    })
}
