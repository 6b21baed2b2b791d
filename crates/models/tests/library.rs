//! What may be asked of every model: options, features of its levels, another head, stages, an
//! outline.

mod common;

use burn::tensor::Device;
use common::{images, largest_difference, noise, small};
use models::{
    Encode, EncoderFamily, ImageSpec, Model, ModelConfig, Pool, Task, create, list, variants,
};
use skip_blocks::outline::Joined;
use skip_blocks::parameters;

#[test]
fn every_variant_takes_other_images_and_classes() {
    for variant in list("*") {
        let config = variant.config().clone();
        let config = config
            .with_in_channels(5)
            .with_outputs(7)
            .with_drop_rate(0.2);
        assert_eq!(config.check(), Ok(()), "{}", variant.name());
        let image = ImageSpec {
            channels: 5,
            ..variant.input()
        };
        let outline = config.outline(image);
        let last = outline.layers.iter().rfind(|layer| layer.macs > 0);
        let last = last.expect("a head");
        assert_eq!(last.output[1], 7, "{}", variant.name());
    }
}

#[test]
fn depth_is_dropped_where_there_are_branches() {
    let config = create("resnet18").expect("a model");
    let dropped = config.with_drop_path_rate(0.2).expect("residual branches");
    let field = dropped.fields().into_iter();
    let rate = field
        .rev()
        .find(|(path, _)| path == "encoder.drop_path_rate");
    assert_eq!(rate.expect("a field").1, 0.2);
    let error = create("densenet121")
        .expect("a model")
        .with_drop_path_rate(0.2);
    assert_eq!(
        error.expect_err("no branches").to_string(),
        "drop_path_rate = 0.2: this family has no residual branches; leave it out"
    );
}

#[test]
fn a_map_that_is_not_pooled_has_no_classifier() {
    let device = Device::flex();
    let config = create("resnet10_w16").expect("a model");
    let config = config.with_global_pool(Pool::None);
    assert_eq!(config.answer_size(64, 33).expect("sizes"), [2, 2]);
    let map = config
        .init(&device)
        .forward(noise([1, 3, 64, 33], &device))
        .remove(0);
    assert_eq!(map.dims(), [1, 128, 2, 2]);
    let error = config
        .with_outputs(10)
        .check()
        .expect_err("a classifier of a map");
    assert_eq!(
        error.to_string(),
        "outputs = 10: must be 0 where pool = none, since there is no classifier of a map"
    );
}

#[test]
fn options_are_fields_that_can_be_set_by_name() {
    let config = create("resnet18").expect("a model");
    let set = config
        .clone()
        .set("pool", "catavgmax".into())
        .expect("a field");
    assert_eq!(set, config.clone().with_global_pool(Pool::Both));
    let set = config
        .clone()
        .set("drop_rate", 0.5.into())
        .expect("a field");
    assert_eq!(set, config.with_drop_rate(0.5));
}

#[test]
fn chosen_levels_are_those_of_all_levels() {
    let device = Device::flex();
    for name in ["resnet10_w16", "densenet40_k12", "unet8", "highway_conv"] {
        let config = create(name).expect("a model").with_in_channels(3).encoder;
        let encoder = config.init(&device);
        let x = noise([1, 3, 40, 33], &device);
        let all = encoder.features(x.clone());
        for places in [vec![0], vec![2, 0], vec![all.len() - 1, 1], vec![1]] {
            let chosen = encoder.features_of(x.clone(), &places);
            assert_eq!(chosen.len(), places.len());
            for (map, place) in chosen.into_iter().zip(&places) {
                let difference = largest_difference(map, all[*place].clone());
                assert_eq!(difference, 0.0, "{name}: {places:?}");
            }
        }
    }
}

#[test]
fn levels_are_found_by_their_reduction() {
    let config = create("resnet18").expect("a model").encoder;
    assert_eq!(config.levels_at(&[32, 4]).expect("levels"), [4, 1]);
    let error = config.levels_at(&[64]).expect_err("no such level");
    assert_eq!(
        error.to_string(),
        "reduction = 64: must be one of [2, 4, 8, 16, 32]"
    );
}

#[test]
#[should_panic(expected = "place = 9: must be at most 4")]
fn a_level_that_is_not_there_is_refused() {
    let device = Device::flex();
    let encoder = create("resnet10_w16")
        .expect("a model")
        .encoder
        .init(&device);
    encoder.features_of(noise([1, 3, 32, 32], &device), &[9]);
}

#[test]
fn another_head_keeps_the_encoder_and_learns() {
    let device = Device::flex().autodiff();
    for variant in variants() {
        let image = small(variant);
        let config = variant.config().clone().with_image(image);
        let model = config.init(&device);
        let before = ids(&model);
        let config = config.with_outputs(4);
        let model = model.with_head(&config);
        let kept = ids(&model);
        let kept = kept.iter().filter(|id| before.contains(id)).count();
        let heads = 1 + model.auxiliary.len();
        assert!(kept + 2 * heads <= before.len() + 2 * heads && kept > 0);
        if variant.name() == "resnet10_w16" || variant.name() == "unet8" {
            let answer = model.forward(images(image, 2, &device)).remove(0);
            assert_eq!(answer.dims()[1], 4, "{}", variant.name());
            let gradients = answer.sum().backward();
            let weight = match &model.head {
                models::Head::Pooled(head) => {
                    let linear = head.linear.as_ref().expect("a classifier");
                    linear
                        .weight
                        .val()
                        .grad(&gradients)
                        .map(|gradient| gradient.abs().max())
                }
                models::Head::Map(head) => head
                    .conv
                    .weight
                    .val()
                    .grad(&gradients)
                    .map(|gradient| gradient.abs().max()),
            };
            assert!(weight.expect("a gradient").into_scalar::<f32>() > 0.0);
        }
    }
}

fn ids(model: &Model) -> Vec<burn::module::ParamId> {
    let parameters = parameters(model).into_iter();
    parameters.map(|parameter| parameter.id).collect()
}

#[test]
fn embeddings_are_what_the_classifier_sees() {
    let device = Device::flex();
    for (pool, features) in [(Pool::Average, 128), (Pool::Both, 256), (Pool::None, 128)] {
        let config = create("resnet10_w16")
            .expect("a model")
            .with_global_pool(pool);
        let model = config.init(&device);
        let x = noise([2, 3, 64, 64], &device);
        assert_eq!(model.embeddings(x).dims(), [2, features], "{pool:?}");
    }
    let segmenter = create("unet8").expect("a model").init(&device);
    assert_eq!(
        segmenter.embeddings(noise([1, 1, 32, 32], &device)).dims(),
        [1, 128]
    );
}

/// The stage of each of these parameters.
fn stages(name: &str, parameters: &[&str]) -> Vec<usize> {
    let variant = models::find(name).expect("a model");
    let stages = variant.config().stages(variant.input());
    let known = variant
        .config()
        .init(&Device::flex())
        .keys(variant.config());
    assert_eq!(stages.len(), known.len(), "{name}");
    parameters
        .iter()
        .map(|parameter| stages[*parameter])
        .collect()
}

#[test]
fn stages_go_from_the_stem_to_the_head() {
    assert_eq!(
        stages(
            "resnet50",
            &[
                "conv1.weight",
                "bn1.bias",
                "layer1.0.downsample.0.weight",
                "layer4.2.bn3.running_var",
                "fc.bias"
            ]
        ),
        [0, 0, 1, 4, 5]
    );
    assert_eq!(
        stages(
            "densenet121",
            &[
                "features.conv0.weight",
                "features.denseblock1.denselayer6.conv2.weight",
                "features.transition1.conv.weight",
                "features.denseblock4.denselayer1.norm1.weight",
                "features.norm5.weight",
                "classifier.weight"
            ]
        ),
        [0, 1, 1, 4, 5, 6]
    );
    assert_eq!(
        stages(
            "unet-resnet18",
            &[
                "encoder.conv1.weight",
                "encoder.layer4.1.conv2.weight",
                "segmentation_head.0.weight"
            ]
        ),
        [0, 4, 10]
    );
    // The last normalisation of a pre-activation network comes after its stages.
    assert_eq!(
        stages(
            "preact_resnet110",
            &["stem.conv.weight", "norm.weight", "head.fc.weight"]
        ),
        [0, 4, 5]
    );
}

#[test]
fn an_outline_has_all_that_the_model_has() {
    for variant in list("*") {
        let outline = variant.outline();
        let size = variant.size().expect("in the table");
        assert_eq!(outline.parameters(), size.parameters, "{}", variant.name());
        assert_eq!(outline.macs(), size.macs, "{}", variant.name());
        let unused = outline.layers.iter().find(|layer| layer.output.is_empty());
        // The last attention of segmentation_models.pytorch's has no skip to attend to.
        let has_rest = variant.name().starts_with("unet_scse-");
        assert_eq!(unused.is_some(), has_rest, "{}: {unused:?}", variant.name());
    }
}

/// How many links of a kind pass something, and how many of them go from one unit to another.
fn skips(name: &str, join: Joined) -> [usize; 2] {
    let outline = models::find(name).expect("a model").outline();
    let skips = outline.links.iter().filter(|link| link.join == join);
    let skips = skips.filter(|link| link.to != link.from + 1);
    let own = skips.clone().filter(|link| link.from == link.to).count();
    [own, skips.count() - own]
}

#[test]
fn outlines_show_the_skips_of_the_papers() {
    assert_eq!(skips("resnet18", Joined::Add), [8, 0]);
    assert_eq!(skips("plain20", Joined::Add), [0, 0]);
    assert_eq!(skips("highway10", Joined::Gate), [8, 0]);
    assert_eq!(skips("fixup_resnet20", Joined::Add), [9, 0]);
    assert_eq!(skips("nf_resnet26", Joined::Add), [8, 0]);
    assert_eq!(skips("hc_resnet20", Joined::Add), [9, 0]);
    // Weights that depend on the streams are gates.
    assert_eq!(skips("dhc_resnet20", Joined::Gate), [9, 0]);
    assert_eq!(skips("mhc_resnet20", Joined::Gate), [9, 0]);
    // Each average takes all before it but the nearest, the block that it follows.
    let averaged = (1..=9).sum();
    assert_eq!(skips("dwa_resnet20", Joined::Input), [0, averaged]);
    // Each of a block's layers takes all before it; what is drawn are those but the nearest. A
    // transition, or the last normalisation, takes them all.
    let dense = |layers: usize| layers * (layers + 1) / 2;
    let expected = [6, 12, 24, 16].map(dense).iter().sum();
    assert_eq!(skips("densenet121", Joined::Concat), [0, expected]);
    assert_eq!(skips("unet8", Joined::Concat), [0, 4]);
    assert_eq!(skips("unet-resnet18", Joined::Concat), [0, 4]);
    assert_eq!(skips("unet-resnet18", Joined::Add), [8, 0]);
    assert_eq!(skips("unet32_noskip", Joined::Concat), [0, 0]);
}

#[test]
fn outlines_say_what_is_computed() {
    let device = Device::flex();
    for name in ["resnet10_w16", "densenet40_k12", "unet8", "highway_conv"] {
        let variant = models::find(name).expect("a model");
        let image = small(&variant);
        let config: ModelConfig = variant.config().clone().with_image(image);
        let outline = config.outline(image);
        let model = config.init(&device);
        let seam = model.seam(&config).watch("*").expect("parts");
        let (_, record) = seam.run(|| model.forward(images(image, 1, &device)));
        let mut compared = 0;
        for layer in outline.layers.iter().filter(|layer| layer.parameters > 0) {
            if let Some(seen) = record.find(&layer.path) {
                assert_eq!(seen.shape(), layer.output, "{name}: {}", layer.path);
                compared += 1;
            }
        }
        assert!(compared > 1, "{name}");
        assert!(matches!(
            config.task(),
            Task::Classification | Task::Segmentation
        ));
    }
}
