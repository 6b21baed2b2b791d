//! Weights into models, and out of them.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use models::{Model, ModelConfig, create};
use weights::{
    HeadWeights, Options, Precision, Weights, WeightsError, apply, outputs, to_safetensors,
    to_safetensors_in,
};

fn answer(model: &Model, dims: [usize; 4]) -> Vec<f32> {
    let count: usize = dims.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|at| ((at * 7919) % 1009) as f32 / 504.5 - 1.0)
        .collect();
    let x = Tensor::<1>::from_floats(values.as_slice(), &Device::flex()).reshape(dims);
    let answer = model.forward(x).swap_remove(0);
    answer.into_data().try_to_vec().expect("f32")
}

fn written(config: &ModelConfig) -> (Model, Weights) {
    let model = config.init(&Device::flex());
    let bytes = to_safetensors(&model, config).expect("writes");
    (model, Weights::from_safetensors(&bytes).expect("reads"))
}

#[test]
fn what_is_written_is_read_again_in_every_family() {
    for name in [
        "resnet8",
        "densenet40_k12",
        "highway10",
        "highway_conv",
        "revnet38",
        "nf_resnet26",
        "convnext_atto",
        "dpn48b",
        "hrnet_w18_small",
        "unet8",
        "unet-resnet10_w16",
        "attention_unet-resnet10_w16",
        "unetpp-resnet10_w16",
        "unet3p-resnet10_w16",
        "manet-resnet10_w16",
        "deeplabv3plus-resnet10_w16",
    ] {
        let config = create(name)
            .expect("a model")
            .with_image(models::ImageSpec::new(3, 64, 64));
        let config = config.with_in_channels(3).with_outputs(4);
        let (model, weights) = written(&config);
        let fresh = config.init(&Device::flex());
        let (loaded, report) = apply(fresh, &config, &weights, &Options::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.applied, model.keys(&config).len(), "{name}");
        let dims = [1, 3, 64, 64];
        assert_eq!(answer(&loaded, dims), answer(&model, dims), "{name}");
    }
}

#[test]
fn files_have_the_shapes_of_the_twins() {
    for (name, key, dims) in [
        ("densenet40_k12", "classifier.weight", 2),
        ("dpn48b", "classifier.weight", 4),
        ("preact_resnet110", "head.fc.weight", 4),
        ("nf_resnet26", "stem.conv.gain", 4),
        ("convnext_nano", "stages.0.blocks.0.mlp.fc1.weight", 4),
        ("convnext_tiny", "stages.0.blocks.0.mlp.fc1.weight", 2),
    ] {
        let (_, weights) = written(&create(name).expect("a model"));
        let array = weights.get(key).unwrap_or_else(|| panic!("{name}: {key}"));
        assert_eq!(array.shape.len(), dims, "{name}");
    }
}

#[test]
fn a_layer_in_several_places_has_a_name_in_each() {
    let config = create("nnunet").expect("a model");
    let (model, weights) = written(&config);
    let keys = model.keys(&config);
    let convolution = "stages.0.0.convs.0.conv.weight";
    let again = format!(
        "decoder.encoder.{}",
        convolution.replace("conv.", "all_modules.0.")
    );
    let first = weights.get(&format!("encoder.{convolution}"));
    assert!(first.is_some() && first == weights.get(&again), "{again}");
    // A file may have one of the names alone, as ours had before.
    let own = keys
        .iter()
        .filter_map(|key| Some((key.name.clone(), weights.get(&key.name)?.clone())));
    for weights in [Weights::new("one name each", own), weights.clone()] {
        let fresh = config.init(&Device::flex());
        let (_, report) = apply(fresh, &config, &weights, &Options::default())
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((report.applied, report.elsewhere), (keys.len(), 0));
    }
}

#[test]
fn names_without_a_partner_are_an_error_that_lists_them() {
    let config = create("resnet8").expect("a model");
    let (_, weights) = written(&config);
    let deeper = create("resnet14").expect("a model");
    let error = apply(
        deeper.init(&Device::flex()),
        &deeper,
        &weights,
        &Options::default(),
    );
    let Err(WeightsError::Fit(report)) = error.map(|_| ()) else {
        panic!("they do not fit");
    };
    assert!(
        report
            .missing
            .contains(&"layer1.1.conv1.weight".to_string()),
        "{report}"
    );
    let error = apply(
        config.init(&Device::flex()),
        &config,
        &written(&deeper).1,
        &Options::default(),
    );
    let Err(WeightsError::Fit(report)) = error.map(|_| ()) else {
        panic!("they do not fit");
    };
    assert!(
        report.unused.contains(&"layer1.1.conv1.weight".to_string()),
        "{report}"
    );
    let text = WeightsError::Fit(report).to_string();
    assert!(
        text.starts_with("the weights do not fit the model: "),
        "{text}"
    );
}

#[test]
fn a_head_of_another_size_is_left_only_where_that_is_asked_for() {
    let config = create("resnet8").expect("a model");
    let (_, weights) = written(&config);
    let other = create("resnet8").expect("a model").with_outputs(3);
    let refused = apply(
        other.init(&Device::flex()),
        &other,
        &weights,
        &Options::default(),
    );
    let text = refused.map(|_| ()).expect_err("another size").to_string();
    assert!(
        text.contains("'fc.weight' is [3, 64] here and [10, 64] there"),
        "{text}"
    );
    let options = Options {
        head: HeadWeights::Leave,
        ..Options::default()
    };
    let own = other.init(&Device::flex());
    let before = own.head.clone();
    let (model, report) = apply(own, &other, &weights, &options).expect("fits");
    assert_eq!(report.left, ["fc.weight", "fc.bias"]);
    let bytes = |head: models::Head| head.into_record().into_bytes().expect("writes").to_vec();
    assert_eq!(bytes(model.head), bytes(before));
}

#[test]
fn a_first_convolution_is_made_for_other_channels() {
    let config = create("resnet8").expect("a model");
    let (model, weights) = written(&config);
    for channels in [1, 2, 4, 5] {
        let other = create("resnet8")
            .expect("a model")
            .with_in_channels(channels);
        let fresh = other.init(&Device::flex());
        let (adapted, report) = apply(fresh, &other, &weights, &Options::default()).expect("fits");
        assert_eq!(report.adapted.as_deref(), Some("conv1.weight"));
        if channels == 1 {
            // A gray image answers as the same image in three equal channels.
            let gray = Tensor::<4>::ones([1, 1, 32, 32], &Device::flex()) * 0.5;
            let colour = gray.clone().repeat_dim(1, 3);
            let [own, three] = [adapted.forward(gray), model.forward(colour)];
            let difference = (own[0].clone() - three[0].clone())
                .abs()
                .max()
                .into_scalar::<f32>();
            assert!(difference < 1e-5, "{difference}");
        }
    }
}

/// timm's `adapt_input_conv`, by its formula: one channel has the sum of the three; of more, channel c
/// is channel c modulo three, times three by their number.
#[test]
fn a_first_convolution_for_other_channels_has_the_values_of_timm() {
    let config = create("resnet8").expect("a model");
    let (_, weights) = written(&config);
    let theirs = weights.get("conv1.weight").expect("there");
    let [outputs, 3, height, width] = theirs.shape[..] else {
        panic!("{:?}", theirs.shape);
    };
    let value = |output: usize, channel: usize, pixel: usize| {
        f64::from(theirs.values[(output * 3 + channel) * height * width + pixel])
    };
    for channels in [1, 2, 4, 5] {
        let other = create("resnet8").expect("a model");
        let other = other.with_in_channels(channels);
        let fresh = other.init(&Device::flex());
        let (adapted, _) = apply(fresh, &other, &weights, &Options::default()).expect("fits");
        let bytes = to_safetensors(&adapted, &other).expect("writes");
        let own = Weights::from_safetensors(&bytes).expect("reads");
        let own = own.get("conv1.weight").expect("there");
        assert_eq!(own.shape, [outputs, channels, height, width]);
        let mut values = own.values.iter();
        for output in 0..outputs {
            for channel in 0..channels {
                for pixel in 0..height * width {
                    let expected: f64 = match channels {
                        1 => (0..3).map(|channel| value(output, channel, pixel)).sum(),
                        _ => value(output, channel % 3, pixel) * 3.0 / channels as f64,
                    };
                    let found = f64::from(*values.next().expect("as many"));
                    assert!(
                        (found - expected).abs() <= 1e-6 * (1.0 + expected.abs()),
                        "{channels}: [{output}, {channel}, {pixel}] is {found}, not {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_encoder_serves_a_classifier_and_any_decoder() {
    let encoder_only = Options {
        encoder_only: true,
        ..Options::default()
    };
    let small = |name: &str| {
        let image = models::ImageSpec::new(3, 64, 64);
        create(name).expect("a model").with_image(image)
    };
    for (classifier, under_decoder) in [
        ("resnet10_w16", "unet-resnet10_w16"),
        ("resnet10_w16", "fpn-resnet10_w16"),
        ("densenet121", "unet-densenet121"),
    ] {
        let (classifier, segmenter) = (small(classifier), small(under_decoder));
        let (model, weights) = written(&classifier);
        let fresh = segmenter.init(&Device::flex());
        let apart = apply(fresh.clone(), &segmenter, &weights, &Options::default());
        assert!(apart.is_err(), "{under_decoder} is more than its encoder");
        let (there, report) = apply(fresh, &segmenter, &weights, &encoder_only)
            .unwrap_or_else(|error| panic!("{under_decoder}: {error}"));
        assert!(report.left.iter().all(|name| !name.starts_with("encoder.")));
        let x = Tensor::<4>::ones([1, 3, 64, 64], &Device::flex());
        let place = [2];
        let [own, theirs] = [&model, &there].map(|model| model.features(x.clone(), &place));
        assert_eq!(own[0].to_data(), theirs[0].to_data(), "{under_decoder}");

        // And back again.
        let bytes = to_safetensors(&there, &segmenter).expect("writes");
        let weights = Weights::from_safetensors(&bytes).expect("reads");
        let fresh = classifier.init(&Device::flex());
        let (back, report) = apply(fresh, &classifier, &weights, &encoder_only)
            .unwrap_or_else(|error| panic!("{under_decoder}: {error}"));
        assert!(!report.left.is_empty());
        assert_eq!(
            back.embeddings(x.clone()).to_data(),
            model.embeddings(x).to_data()
        );
    }
}

#[test]
fn an_encoder_with_other_blocks_is_refused() {
    let (_, weights) = written(&create("resnet14").expect("a model"));
    let config = create("resnet8").expect("a model");
    let options = Options {
        encoder_only: true,
        ..Options::default()
    };
    let refused = apply(config.init(&Device::flex()), &config, &weights, &options);
    let text = refused.map(|_| ()).expect_err("deeper").to_string();
    assert!(text.contains("unused: layer1.1.bn1"), "{text}");
}

#[test]
fn a_head_that_says_yes_or_no_becomes_one_of_two_classes() {
    let config = create("unet-resnet10_w16").expect("a model");
    let one = config.clone().with_outputs(1);
    let (model, weights) = written(&one);
    let two = config.with_outputs(2);
    let fresh = two.init(&Device::flex());
    let count = outputs(&fresh, &two, &weights, &Options::default());
    assert_eq!(count, Some(1));
    let applied = apply(fresh, &two, &weights, &Options::default());
    let (doubled, report) = applied.expect("they fit");
    assert!(report.doubled);
    let dims = [1, 3, 64, 64];
    let [no, yes] = [0, 1].map(|half| {
        let all = answer(&doubled, dims);
        all[half * 64 * 64..(half + 1) * 64 * 64].to_vec()
    });
    assert!(no.iter().all(|logit| *logit == 0.0));
    assert_eq!(yes, answer(&model, dims));
}

#[test]
fn how_many_outputs_a_file_is_for_is_told_by_its_head() {
    for name in ["resnet8", "densenet40_k12", "convnext_atto", "unet8"] {
        let config = create(name).expect("a model");
        let (_, weights) = written(&config.clone().with_outputs(7));
        let fresh = config.init(&Device::flex());
        let count = outputs(&fresh, &config, &weights, &Options::default());
        assert_eq!(count, Some(7), "{name}");
    }
}

#[test]
fn half_precision_takes_half_the_space_and_is_read_again() {
    let config = create("resnet8").expect("a model");
    let model = config.init(&Device::flex());
    let single = to_safetensors(&model, &config).expect("writes");
    let half = to_safetensors_in(&model, &config, Precision::Half).expect("writes");
    assert!(
        half.len() * 10 < single.len() * 6,
        "{} of {}",
        half.len(),
        single.len()
    );
    let weights = Weights::from_safetensors(&half).expect("reads");
    let fresh = config.init(&Device::flex());
    let (loaded, _) = apply(fresh, &config, &weights, &Options::default()).expect("fits");
    let dims = [1, 3, 32, 32];
    for (own, read) in answer(&model, dims).into_iter().zip(answer(&loaded, dims)) {
        assert!((own - read).abs() < 1e-2, "{own} {read}");
    }
}
