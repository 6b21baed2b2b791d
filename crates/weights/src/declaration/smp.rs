//! The `config.json` that segmentation_models.pytorch writes: the arguments of the model's class.

use models::{Package, find_twin};
use serde::Deserialize;
use serde_json::Value;

use super::Declaration;

/// What the encoders here were trained with on ImageNet: `get_preprocessing_params` gives these for
/// each of them.
const MEAN: [f64; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f64; 3] = [0.229, 0.224, 0.225];

#[derive(Deserialize)]
struct Arguments {
    #[serde(rename = "_model_class")]
    class: Option<String>,
    encoder_name: String,
    encoder_weights: Option<String>,
    in_channels: Option<usize>,
    classes: Option<usize>,
    decoder_attention_type: Option<String>,
}

pub(super) fn read(tree: Value) -> Result<Declaration, String> {
    let arguments: Arguments = serde_json::from_value(tree).map_err(|error| error.to_string())?;
    let class = arguments.class.as_deref().unwrap_or("network");
    let attention = arguments.decoder_attention_type;
    let attention = attention.map_or(String::new(), |kind| {
        format!("/decoder_attention_type={kind}")
    });
    let network = format!("{class}/{}{attention}", arguments.encoder_name);
    let channels = arguments.in_channels.unwrap_or(3);
    // Encoders that began with weights of ImageNet saw images as those were seen; of others nothing
    // is said.
    let is_imagenet = channels == 3 && arguments.encoder_weights.is_some();
    Ok(Declaration {
        model: find_twin(Package::Smp, &network).map(|variant| variant.name().to_string()),
        network: format!("smp {network}"),
        outputs: Some(arguments.classes.unwrap_or(1)),
        channels: Some(channels),
        mean: is_imagenet.then(|| MEAN.to_vec()),
        deviation: is_imagenet.then(|| DEVIATION.to_vec()),
        ..Declaration::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn unet() -> Value {
        json!({
            "_model_class": "Unet",
            "activation": null,
            "aux_params": null,
            "classes": 4,
            "decoder_attention_type": null,
            "decoder_channels": [256, 128, 64, 32, 16],
            "encoder_depth": 5,
            "encoder_name": "resnet34",
            "encoder_weights": "imagenet",
            "in_channels": 3,
        })
    }

    #[test]
    fn all_that_is_said_is_read() {
        let expected = Declaration {
            network: "smp Unet/resnet34".to_string(),
            model: Some("unet-resnet34".to_string()),
            outputs: Some(4),
            channels: Some(3),
            mean: Some(MEAN.to_vec()),
            deviation: Some(DEVIATION.to_vec()),
            ..Declaration::default()
        };
        assert_eq!(Declaration::of(unet()), Ok(Some(expected)));
    }

    #[test]
    fn a_decoder_with_attention_is_another_model() {
        let mut tree = unet();
        tree["decoder_attention_type"] = json!("scse");
        let model = read(tree).expect("whole").model;
        assert_eq!(model.as_deref(), Some("unet_scse-resnet34"));
    }

    #[test]
    fn without_weights_of_imagenet_nothing_is_said_of_the_scale() {
        let mut tree = unet();
        tree["encoder_weights"] = json!(null);
        let found = read(tree).expect("whole");
        assert_eq!((found.mean, found.deviation), (None, None));
    }
}
