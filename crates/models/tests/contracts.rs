//! The contracts: every encoder gives the maps that it said, and every decoder stands on any of them.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use common::{images, largest_difference, noise, small};
use models::{
    Decode, DecoderConfig, DecoderFamily, DeepLabDecoderConfig, Encode, EncoderConfig,
    EncoderFamily, FpnDecoderConfig, ImageSpec, Level, LinkNetDecoderConfig, MANetDecoderConfig,
    ModelConfig, Task, UNet3PlusDecoderConfig, UNetDecoderConfig, UNetPlusPlusDecoderConfig,
    UNetStagesConfig, create, find, list, variants,
};
use skip_blocks::layers::NormKind;
use skip_blocks::{JoinKind, ModifierConfig, Upsampling};

/// The shallowest encoder of each kind, for images of these channels and sizes.
fn encoders(image: ImageSpec) -> Vec<(String, EncoderConfig)> {
    let names = [
        "resnet10_w16",
        "resnet50",
        "resnet10t",
        "resnetblur18",
        "resnetaa34d",
        "resnetv2_50x1_bit",
        "plain20",
        "preact_resnet110",
        "fixup_resnet20",
        "mhc_resnet20",
        "dwa_resnet20",
        "nf_resnet26",
        "convnext_atto",
        "convnextv2_atto",
        "densenet121",
        "densenet40_k12",
        "dpn68",
        "hrnet_w18_small",
        "highway_conv",
        "unet8",
        "nnunet",
        "monai_unet",
        "revnet38",
    ];
    let encoder = |name: &str| {
        let config = create(name).expect("a variant").with_image(image);
        (name.to_string(), config.encoder)
    };
    names.map(encoder).to_vec()
}

fn size(map: &Tensor<4>) -> [usize; 2] {
    [map.dims()[2], map.dims()[3]]
}

#[test]
fn maps_have_the_channels_and_sizes_that_were_said() {
    let device = Device::flex();
    for [height, width] in [[64, 64], [37, 61]] {
        for channels in [1, 3, 4] {
            let image = ImageSpec::new(channels, height, width);
            for (name, config) in encoders(image) {
                let maps = config.init(&device).features(images(image, 2, &device));
                let found: Vec<_> = maps.iter().map(|map| map.dims()).collect();
                let heights = config.sizes(height).expect("large enough");
                let widths = config.sizes(width).expect("large enough");
                let expected = config.levels().into_iter().enumerate();
                let expected: Vec<_> = expected
                    .map(|(index, level)| [2, level.channels, heights[index], widths[index]])
                    .collect();
                assert_eq!(found, expected, "{name} {height}x{width}");
            }
        }
    }
}

#[test]
fn reductions_grow_and_start_at_four_at_most() {
    for variant in variants() {
        let levels = variant.config().encoder.levels();
        let reductions: Vec<_> = levels.iter().map(|level| level.reduction).collect();
        assert!(reductions.is_sorted(), "{}: {reductions:?}", variant.name());
        assert!(
            reductions
                .iter()
                .all(|reduction| reduction.is_power_of_two())
        );
        if levels.len() > 1 {
            assert!(reductions[0] <= 4, "{}: {reductions:?}", variant.name());
        }
    }
}

#[test]
fn the_last_map_alone_is_the_last_of_all() {
    let device = Device::flex();
    let image = ImageSpec::new(3, 40, 33);
    for (name, config) in encoders(image) {
        let encoder = config.init(&device);
        let x = images(image, 1, &device);
        let last = encoder.features(x.clone()).pop().expect("a map");
        assert_eq!(last.to_data(), encoder.forward(x).to_data(), "{name}");
    }
}

#[test]
fn a_dilated_encoder_keeps_its_parameters_and_its_size() {
    let device = Device::flex();
    for name in [
        "resnet18",
        "resnet50",
        "resnext50_32x4d",
        "seresnet18",
        "resnetblur50d",
        "resnetv2_18d",
    ] {
        let plain = create(name).expect("a variant");
        for output_stride in [8, 16, 32] {
            let config = plain
                .clone()
                .with_output_stride(output_stride)
                .expect("a ResNet");
            let levels = config.encoder.levels();
            let last = levels.last().expect("a map");
            assert_eq!(last.reduction, output_stride, "{name}");
            let image = ImageSpec::new(3, 65, 64);
            let encoder = config.encoder.init(&device);
            let last = encoder.forward(images(image, 1, &device));
            assert_eq!(
                size(&last),
                [65_usize, 64].map(|size| size.div_ceil(output_stride))
            );
            let parameters = |config: &ModelConfig| config.init(&device).num_params();
            assert_eq!(parameters(&config), parameters(&plain));
        }
    }
}

#[test]
fn a_dilated_convnext_keeps_its_parameters_and_the_size_of_its_patches() {
    let device = Device::flex();
    let plain = create("convnext_atto").expect("a variant");
    for output_stride in [8, 16, 32] {
        let config = plain.clone().with_output_stride(output_stride);
        let config = config.expect("has a dilated form");
        let encoder = config.encoder.init(&device);
        let last = encoder.forward(images(ImageSpec::new(3, 79, 64), 1, &device));
        let expected = [79, 64].map(|size| size / output_stride);
        assert_eq!(size(&last), expected);
        assert_eq!(
            encoder.num_params(),
            plain.encoder.init(&device).num_params()
        );
    }
    let wrong = plain.with_output_stride(4).expect("checked later").check();
    assert_eq!(
        wrong.expect_err("patches are of 4 pixels").to_string(),
        "output_stride = 4: must be 8, 16 or 32"
    );
}

#[test]
fn stochastic_depth_of_a_convnext_starts_at_zero() {
    let config = create("convnext_atto").expect("a variant");
    let config = config.set("drop_path_rate", 0.55.into()).expect("a field");
    let text = format!("{:?}", config.init(&Device::flex()));
    let rates = text.matches("drop_probability: ").count();
    assert_eq!(rates, 11, "none for the first of 12 blocks");
    assert!(text.contains("drop_probability: 0.55,"));
    assert!(text.contains("drop_probability: 0.05"));
}

#[test]
fn dilation_keeps_the_weights_meaning() {
    // With strides the last stage sees every second pixel of what it sees when dilated.
    let device = Device::flex();
    let config = create("resnet10_w16").expect("a variant").encoder;
    let dilated = config.clone().with_output_stride(16).expect("a ResNet");
    let encoder = config.init(&device);
    let dilated = dilated
        .init(&device)
        .load_record(encoder.clone().into_record());
    let x = noise([1, 3, 64, 64], &device);
    let strided = encoder.forward(x.clone());
    let sampled = dilated.forward(x).slice([0..1, 0..128, 0..4, 0..4]);
    let sampled = sampled.slice(burn::tensor::s![.., .., ..;2, ..;2]);
    let scale = strided.clone().abs().max().into_scalar::<f32>();
    assert!(largest_difference(strided, sampled) < 1e-4 * scale);
}

#[test]
fn a_family_without_a_dilated_form_says_so() {
    let error = create("densenet121")
        .expect("a variant")
        .with_output_stride(8);
    assert_eq!(
        error.expect_err("no such form").to_string(),
        "output_stride = 8: this family has no dilated form; leave it out"
    );
}

/// What goes before an encoder's name.
fn decoder_names() -> Vec<String> {
    let listed = list("*-resnet18");
    let names = listed
        .iter()
        .filter_map(|variant| variant.name().strip_suffix("-resnet18"));
    names.map(str::to_string).collect()
}

/// A decoder on an encoder, for these images and two classes.
fn composed(decoder: &str, encoder: &str, image: ImageSpec) -> ModelConfig {
    let config = create(&format!("{decoder}-{encoder}")).expect("composes");
    config.with_image(image).with_outputs(2)
}

#[test]
fn every_decoder_stands_on_every_encoder() {
    let image = ImageSpec::new(1, 37, 50);
    let classifiers = variants().iter().filter(|variant| {
        let levels = variant.config().encoder.levels().len();
        variant.task() == Task::Classification && levels > 1
    });
    for encoder in classifiers {
        for decoder in decoder_names() {
            let config = composed(&decoder, encoder.name(), image);
            config.check().expect("composes");
            assert_eq!(config.answer_size(37, 50).expect("large enough"), [37, 50]);
        }
    }
}

#[test]
fn every_decoder_answers_in_the_images_size() {
    let device = Device::flex();
    for decoder in decoder_names() {
        for (encoder, image) in [
            ("resnet10_w16", ImageSpec::new(5, 64, 96)),
            ("resnet10_w16", ImageSpec::new(1, 37, 50)),
            ("densenet121", ImageSpec::new(3, 45, 33)),
            ("resnet8", ImageSpec::new(1, 21, 28)),
            ("densenet40_k12", ImageSpec::new(3, 17, 19)),
            ("convnext_atto", ImageSpec::new(1, 37, 50)),
            ("dpn68", ImageSpec::new(3, 45, 33)),
            ("hrnet_w18_small", ImageSpec::new(1, 37, 50)),
        ] {
            let config = composed(&decoder, encoder, image);
            let answers = config.init(&device).forward(images(image, 1, &device));
            let expected = [1, 2, image.height, image.width];
            assert_eq!(answers[0].dims(), expected, "{decoder}-{encoder}");
            assert_eq!(answers.len(), config.outputs().len());
        }
    }
}

#[test]
fn every_decoder_stands_on_dilated_encoders() {
    let device = Device::flex();
    let image = ImageSpec::new(3, 49, 64);
    for decoder in decoder_names() {
        for output_stride in [8, 16] {
            let config = composed(&decoder, "resnet10_w16", image);
            let config = config.with_output_stride(output_stride).expect("a ResNet");
            let answers = config.init(&device).forward(images(image, 1, &device));
            assert_eq!(
                answers[0].dims(),
                [1, 2, 49, 64],
                "{decoder} {output_stride}"
            );
        }
    }
}

#[test]
fn every_parameter_under_a_decoder_learns() {
    let device = Device::flex().autodiff();
    let image = ImageSpec::new(3, 64, 64);
    for decoder in decoder_names() {
        let config = composed(&decoder, "resnet10_w16", image);
        let model = config.init(&device);
        let answers = model.forward(images(image, 2, &device));
        let losses = answers.into_iter().map(|answer| {
            let weights = noise(answer.dims(), &device);
            (answer * weights).sum()
        });
        let loss = losses.reduce(|sum, loss| sum + loss).expect("an answer");
        let unused = common::without_gradient(&model, &config, &loss.backward());
        // Its twin makes this excitation too, where no skip is joined, and never applies it.
        let expected = |name: &String| {
            decoder == "unet_scse" && name.starts_with("decoder.blocks.4.attention1.")
        };
        assert!(unused.iter().all(expected), "{decoder}: {unused:?}");
    }
}

#[test]
fn a_skip_of_every_decoder_is_cut_by_its_path() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex();
    let image = ImageSpec::new(3, 64, 64);
    let joins = [
        ("unet", "decoder.blocks.3.join"),
        ("unet_scse", "decoder.blocks.0.join"),
        ("attention_unet", "decoder.blocks.2.join"),
        ("unetpp", "decoder.blocks.x_1_2.join"),
        ("unet3p", "decoder.stages.3.join"),
        ("linknet", "decoder.blocks.1.join"),
        ("fpn", "decoder.p3.join"),
        ("deeplabv3plus", "decoder.join"),
        ("manet", "decoder.blocks.3.join"),
    ];
    assert_eq!(
        joins.map(|(decoder, _)| decoder.to_string()),
        decoder_names()[..]
    );
    for (decoder, join) in joins {
        let config = composed(decoder, "resnet10_w16", image);
        let model = config.init(&device);
        let x = images(image, 1, &device);
        let forward = || model.forward(x.clone()).remove(0);
        let cut = model.seam(&config).cut(join)?.run(forward).0;
        assert_ne!(cut.to_data(), forward().to_data(), "{decoder}");
        // Of a decoder that leaves its skips out, nothing is cut.
        let none = config.set("decoder.join", "none".into())?;
        let model = none.init(&device);
        let forward = || model.forward(x.clone()).remove(0);
        let cut = model.seam(&none).cut("decoder.*join")?.run(forward).0;
        assert_eq!(cut.to_data(), forward().to_data(), "{decoder}");
        // MAnet's still weighs its maps by them.
        let carries = decoder == "manet";
        assert_eq!(
            none.skips().to_string(),
            if carries { "add+long" } else { "add" }
        );
    }
    Ok(())
}

fn decoders() -> Vec<DecoderConfig> {
    let mut decoders = vec![];
    for join in [
        JoinKind::Concat,
        JoinKind::Append,
        JoinKind::Add,
        JoinKind::Gate,
        JoinKind::Attention,
        JoinKind::None,
    ] {
        for upsampling in Upsampling::ALL {
            let fits = upsampling.mixes() || !matches!(join, JoinKind::Add | JoinKind::Gate);
            if fits {
                let config = UNetDecoderConfig::new()
                    .with_join(join)
                    .with_upsampling(upsampling)
                    .with_channels(Some(vec![24, 16, 12, 8, 4]));
                decoders.push(config.into());
            }
        }
    }
    let excitation = ModifierConfig::SpatialChannelExcitation { reduction: 2 };
    let channels = vec![24, 16, 12, 8, 4];
    decoders.extend([
        UNetDecoderConfig::new()
            .with_modifiers(vec![excitation])
            .with_deep_supervision(0)
            .into(),
        UNetPlusPlusDecoderConfig::new()
            .with_channels(channels.clone())
            .into(),
        UNet3PlusDecoderConfig::new().with_channels(6).into(),
        LinkNetDecoderConfig::new().into(),
        LinkNetDecoderConfig::new().with_join(JoinKind::Gate).into(),
        FpnDecoderConfig::new()
            .with_pyramid_channels(8)
            .with_channels(6)
            .with_norm(NormKind::Group(3))
            .into(),
        DeepLabDecoderConfig::new().with_channels(8).into(),
        MANetDecoderConfig::new().with_channels(channels).into(),
    ]);
    decoders
}

/// Maps as encoders of several kinds give them: some begin at the image's size, some are dilated.
fn pyramids() -> Vec<Vec<Level>> {
    let level = |channels, reduction| Level {
        channels,
        reduction,
    };
    vec![
        vec![level(4, 1), level(6, 2)],
        vec![
            level(4, 2),
            level(6, 4),
            level(8, 8),
            level(10, 16),
            level(12, 32),
        ],
        vec![
            level(4, 2),
            level(6, 4),
            level(8, 8),
            level(10, 8),
            level(12, 8),
        ],
        vec![level(6, 4), level(8, 16)],
    ]
}

#[test]
fn a_decoder_gives_the_maps_that_it_says() {
    let device = Device::flex();
    for levels in pyramids() {
        for config in decoders() {
            config.check(&levels).expect("fits");
            let [height, width] = [37_usize, 64];
            let map = |level: &Level| {
                let size = [height, width].map(|size| size.div_ceil(level.reduction));
                noise([1, level.channels, size[0], size[1]], &device)
            };
            let maps = levels.iter().map(map).collect();
            let outputs = config.init(&levels, &device).forward(maps, [height, width]);
            let found: Vec<_> = outputs.iter().map(|output| output.dims()).collect();
            let expected = config.outputs(&levels).into_iter().map(|level| {
                let [height, width] = [height, width].map(|size| size.div_ceil(level.reduction));
                [1, level.channels, height, width]
            });
            let expected: Vec<_> = expected.collect();
            assert_eq!(found, expected, "{config:?} on {levels:?}");
        }
    }
}

#[test]
fn deep_supervision_gives_more_answers() {
    let device = Device::flex();
    let answers = |name: &str, supervised: usize| {
        let config = create(name).expect("composed");
        let config = config.set("deep_supervision", supervised.into());
        let config = config.expect("a field");
        let answers = config.init(&device).forward(noise([1, 3, 64, 48], &device));
        let sizes: Vec<_> = answers.iter().map(size).collect();
        let said = config.outputs().into_iter().map(|level| level.reduction);
        let said: Vec<_> = said
            .map(|by| [64_usize, 48].map(|size| size.div_ceil(by)))
            .collect();
        assert_eq!(sizes, said, "{name}");
        sizes
    };
    let halves =
        |count: usize| (0..count).map(|power| [64 >> power, 48_usize.div_ceil(1 << power)]);
    assert_eq!(
        answers("unet-resnet10_w16", 2),
        halves(3).collect::<Vec<_>>()
    );
    assert_eq!(
        answers("unetpp-resnet10_w16", 3),
        [[64, 48], [32, 24], [32, 24], [32, 24]]
    );
    assert_eq!(
        answers("unet3p-resnet10_w16", 4),
        [[64, 48], [16, 12], [8, 6], [4, 3], [2, 2]]
    );
    let too_many = create("unetpp-resnet10_w16")
        .and_then(|config| config.set("deep_supervision", 4.into()))
        .expect("a field");
    assert_eq!(
        too_many.check().expect_err("too many").to_string(),
        "deep_supervision = 4: must be at most 3, the stages of the largest skip"
    );
}

#[test]
fn every_task_has_its_head() {
    let device = Device::flex();
    let image = ImageSpec::new(1, 32, 32);
    let x = images(image, 2, &device);
    let numbers = create("resnet8").expect("a variant").with_image(image);
    let numbers = numbers
        .with_task(Task::Regression)
        .with_outputs(4)
        .init(&device);
    assert_eq!(numbers.forward(x.clone())[0].dims(), [2, 4, 1, 1]);
    let maps = create("unet8")
        .expect("a variant")
        .with_image(image)
        .with_outputs(5);
    for task in [Task::Segmentation, Task::Regression, Task::KeyPoints] {
        let model = maps.clone().with_task(task).init(&device);
        assert_eq!(model.forward(x.clone())[0].dims(), [2, 5, 32, 32], "{task}");
    }
    let wrong = create("resnet8")
        .expect("a variant")
        .with_task(Task::KeyPoints)
        .check();
    assert_eq!(
        wrong.expect_err("no pixels").to_string(),
        "task = key points: needs a decoder, for answers of each pixel"
    );
}

#[test]
fn images_that_are_too_small_are_refused_with_the_size_that_is_not() {
    let message = |name: &str, size| {
        let config = create(name).expect("a variant");
        config
            .answer_size(size, size)
            .expect_err("too small")
            .to_string()
    };
    assert_eq!(
        message("unet", 128),
        "images of 128x128: the model needs at least 188x188"
    );
    assert_eq!(
        message("densenet121", 28),
        "images of 28x28: the model needs at least 29x29"
    );
    assert_eq!(
        message("highway10", 32),
        "images of 32x32: the model takes 28x28 only"
    );
    // The least that is said is enough.
    let device = Device::flex();
    for (name, size) in [("unet", 188), ("densenet121", 29)] {
        let config = create(name).expect("a variant").with_outputs(2);
        let input = find(name).expect("a variant").input();
        let image = ImageSpec::new(input.channels, size, size);
        config.init(&device).forward(images(image, 1, &device));
    }
}

#[test]
fn fields_are_set_by_path() {
    let resnet = create("resnet20").expect("a variant");
    let plain = resnet
        .clone()
        .set("shortcut", "plain".into())
        .expect("a field");
    assert_eq!(plain.skips().to_string(), "none");
    let full = resnet
        .clone()
        .set("encoder.shortcut", "plain".into())
        .expect("a field");
    assert_eq!(full, plain);
    let group = serde_json::json!({"group": 4});
    let grouped = resnet.clone().set("norm", group).expect("a field");
    grouped.check().expect("16 channels in 4 groups");
    let gate = serde_json::json!({"exclusive_gate": -2.0});
    let gated = resnet.clone().set("encoder.shortcut", gate);
    assert_eq!(gated.expect("a field").skips().to_string(), "gate");
    let message = |config: ModelConfig, path: &str, value: serde_json::Value| {
        config.set(path, value).expect_err("wrong").to_string()
    };
    assert_eq!(
        message(resnet.clone(), "shortcut", "plan".into()),
        "encoder.shortcut = \"plan\": unknown variant `plan`, expected one of `projection`, \
         `pooled_projection`, `pooled`, `zero_pad`, `plain`, `scaled`, `exclusive_gate`, \
         `shortcut_gate`, `convolution`, `dropout`"
    );
    assert!(
        message(resnet, "shortcuts", "plain".into())
            .starts_with("the model has no field 'shortcuts'; there are: decoder, encoder.act, ")
    );
    assert_eq!(
        message(create("unet8").expect("a variant"), "norm", "none".into()),
        "'norm' may be any of: decoder.norm, encoder.norm; give more of the path"
    );
}

#[test]
fn how_a_model_skips_follows_from_its_configuration() {
    let skips = |name: &str| find(name).expect("a variant").skips().to_string();
    assert_eq!(skips("resnet18"), "add");
    assert_eq!(skips("plain18"), "none");
    assert_eq!(skips("fixup_resnet20"), "add");
    assert_eq!(skips("hc_resnet20"), "streams");
    assert_eq!(skips("dwa_resnet20"), "average");
    assert_eq!(skips("nf_resnet50"), "add");
    assert_eq!(skips("densenet121"), "concat");
    assert_eq!(skips("dpn68"), "dual");
    assert_eq!(skips("hrnet_w18"), "add");
    assert_eq!(skips("highway10"), "gate");
    let plain = create("highway10")
        .expect("a variant")
        .set("plain", true.into());
    assert_eq!(plain.expect("a field").skips().to_string(), "none");
    assert_eq!(skips("unet8"), "long");
    assert_eq!(skips("unet32_noskip"), "none");
    assert_eq!(skips("unet-resnet18"), "add+long");
    assert_eq!(skips("revnet38"), "add");
    assert_eq!(skips("nnunet"), "long");
    assert_eq!(skips("nnunet_resenc"), "add+long");
    assert_eq!(skips("monai_unet"), "add+long");
}

#[test]
fn stochastic_depth_grows_linearly_with_depth() {
    let config = create("resnet8").expect("a variant");
    let config = config.set("drop_path_rate", 0.75.into()).expect("a field");
    let text = format!("{:?}", config.init(&Device::flex()));
    for rate in ["0.25", "0.5", "0.75"] {
        let rate = format!("drop_probability: {rate},");
        assert!(text.contains(&rate), "{rate} in {text}");
    }
}

#[test]
fn a_long_skip_is_cut_by_its_path() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex();
    let config = create("unet8")?;
    let model = config.init(&device);
    let x = images(small(&find("unet8")?), 1, &device);
    let forward = || model.forward(x.clone()).remove(0);
    let seam = model.seam(&config).cut("decoder.3.join")?;
    assert_ne!(seam.run(forward).0.to_data(), forward().to_data());
    // Without any long skip it is the network whose joins leave them out, had it the same weights.
    let all = model
        .seam(&config)
        .cut("decoder.*.join")?
        .watch("decoder.0.join*")?;
    let (y, _) = all.run(forward);
    assert_eq!(y.dims(), [1, 2, 32, 32]);
    Ok(())
}

#[test]
fn everything_can_be_recomputed() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    for name in [
        "resnet8",
        "dhc_resnet20",
        "mhc_resnet20",
        "dwa_resnet20",
        "nf_seresnet26",
        "densenet40_k12",
        "unet8",
        "convnextv2_atto",
        "dpn48b",
        "hrnet_w18_small",
        "highway_conv",
        "revnet38",
        "nnunet",
        "monai_unet",
        "monai_attention_unet",
        "unet_scse-resnet10_w16",
        "attention_unet-resnet10_w16",
        "unetpp-resnet10_w16",
        "unet3p-resnet10_w16",
        "linknet-resnet10_w16",
        "fpn-resnet10_w16",
        "deeplabv3plus-resnet10_w16",
        "manet-resnet10_w16",
    ] {
        let config = create(name)?;
        // Both runs would drop other values.
        let kept = config.clone().set("decoder.drop_rate", 0.0.into());
        let config = kept.unwrap_or(config);
        // What is computed back is the same but for rounding, and rounding may pass a kink.
        let smooth = config.clone().set("encoder.act", "silu".into());
        let config = smooth.unwrap_or(config);
        let model = config.init(&device);
        let x = images(small(&find(name)?), 2, &device).require_grad();
        let gradient = |seam: &skip_blocks::seam::Seam| {
            let y = seam.run(|| model.forward(x.clone()).remove(0)).0;
            let weights = noise(y.dims(), &device);
            x.grad(&(y * weights).sum().backward()).expect("reached")
        };
        let plain = gradient(&model.seam(&config));
        let recomputed = gradient(&model.seam(&config).recompute("*")?);
        let scale = plain.clone().abs().max().into_scalar::<f32>();
        assert!(
            largest_difference(plain, recomputed) < 1e-4 * scale,
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn the_u_nets_own_stages_are_an_encoder_like_any_other() {
    let config = ModelConfig::segmenter(UNetStagesConfig::new(8), UNetDecoderConfig::new(), 2);
    assert_eq!(&config, find("unet8").expect("a variant").config());
}
