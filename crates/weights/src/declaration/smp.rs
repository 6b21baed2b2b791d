//! The `config.json` that segmentation_models.pytorch writes: the arguments of the model's class.

use models::{Package, find_twin};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Declaration;
use super::timm::{Inner, seen};

/// What smp has no argument for, in timm's words: how images are seen, and what classes are called. It
/// passes over keys that begin so.
const SEEN: &str = "_pretrained_cfg";
/// How many times each of its decoders takes a map that is half as large, unless told otherwise.
const DEPTH: usize = 5;

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
    #[serde(rename = "_pretrained_cfg")]
    seen: Option<Value>,
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
    let outputs = Some(arguments.classes.unwrap_or(1));
    // Encoders that began with weights of ImageNet saw images as those were seen; of others nothing
    // is said.
    let is_imagenet = channels == 3 && arguments.encoder_weights.is_some();
    let seen = match arguments.seen {
        Some(seen) => Inner::read(seen)?.seen(channels, outputs)?,
        None => Declaration {
            mean: is_imagenet.then(|| MEAN.to_vec()),
            deviation: is_imagenet.then(|| DEVIATION.to_vec()),
            ..Declaration::default()
        },
    };
    Ok(Declaration {
        model: find_twin(Package::Smp, &network).map(|variant| variant.name().to_string()),
        network: format!("smp {network}"),
        outputs,
        channels: Some(channels),
        // Images that keep their size are not cut.
        crop: seen.crop.filter(|_| seen.size.is_some()),
        ..seen
    })
}

/// What `save_pretrained` writes, of a network that is called so: `Unet/resnet34`, and options.
pub(super) fn write(said: &Declaration, network: &str) -> Value {
    let mut parts = network.split('/');
    let mut tree = json!({
        "_model_class": parts.next(),
        "encoder_name": parts.next(),
        "encoder_depth": DEPTH,
        // The file has the encoder's too: nothing is to be loaded before it.
        "encoder_weights": null,
        "in_channels": said.channels.unwrap_or(3),
        "classes": said.outputs.unwrap_or(1),
        "activation": null,
        "aux_params": null,
    });
    for (key, value) in parts.filter_map(|option| option.split_once('=')) {
        tree[key] = json!(value);
    }
    tree[SEEN] = seen(said).into();
    tree
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
