//! What an outline finds by following results.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::outline::{Joined, Link, Outline};
use skip_blocks::seam::part;
use skip_blocks::{
    BasicBlock, BasicBlockConfig, BottleneckConfig, DenseBlockConfig, HighwayConvConfig,
    ModifierConfig, Order, ShortcutKind, parameter_count,
};

/// Two blocks, each a part.
#[derive(Module, Debug)]
struct Network {
    blocks: Vec<BasicBlock>,
}

fn two_blocks(config: &BasicBlockConfig) -> Outline {
    let network = |device: &Device| Network {
        blocks: vec![config.init(device), config.init(device)],
    };
    Outline::of(network, [1, 8, 16, 16], |network, x: Tensor<4>| {
        let blocks = network.blocks.iter();
        blocks.fold(x, |x, block| {
            part(block, [x], |block, [x]| block.forward(x))
        })
    })
}

fn own(outline: &Outline) -> Vec<(usize, Joined)> {
    let links = outline.links.iter();
    let own = links.filter(|link| link.from == link.to);
    own.map(|link| (link.to, link.join)).collect()
}

#[test]
fn a_shortcut_passes_its_own_block() {
    let outline = two_blocks(&BasicBlockConfig::new(8, 8));
    let paths: Vec<_> = outline
        .units
        .iter()
        .map(|unit| unit.path.as_str())
        .collect();
    assert_eq!(paths, ["input", "blocks.0", "blocks.1"]);
    let link = |from, to, join| Link { from, to, join };
    assert_eq!(
        outline.links,
        [
            link(0, 1, Joined::Input),
            link(1, 1, Joined::Add),
            link(1, 2, Joined::Input),
            link(2, 2, Joined::Add),
        ]
    );
}

#[test]
fn a_projection_is_a_shortcut_and_a_plain_block_has_none() {
    let widening = BasicBlockConfig::new(8, 16).with_stride(2);
    let outline = |config: &BasicBlockConfig| {
        Outline::of(
            |device| config.init(device),
            [1, 8, 16, 16],
            |block, x| part(block, [x], |block, [x]| block.forward(x)),
        )
    };
    assert_eq!(own(&outline(&widening)), [(1, Joined::Add)]);
    let before = widening.clone().with_order(Order::PreActivation);
    assert_eq!(own(&outline(&before)).len(), 1);
    let plain = widening.with_shortcut(ShortcutKind::Plain);
    assert_eq!(own(&outline(&plain)), []);
}

#[test]
fn an_excitation_within_a_branch_is_no_skip_of_the_block() {
    let excited = BasicBlockConfig::new(8, 8)
        .with_modifiers(vec![ModifierConfig::SqueezeExcitation { reduction: 4 }]);
    assert_eq!(
        own(&two_blocks(&excited)),
        [(1, Joined::Add), (2, Joined::Add)]
    );
    let plain = excited.with_shortcut(ShortcutKind::Plain);
    assert_eq!(own(&two_blocks(&plain)), []);
}

#[test]
fn a_gate_is_known_by_its_product() {
    let config = HighwayConvConfig::new(8);
    let outline = Outline::of(
        |device| config.init(device),
        [1, 8, 9, 9],
        |layer, x| part(layer, [x], |layer, [x]| layer.forward(x)),
    );
    assert_eq!(own(&outline), [(1, Joined::Gate)]);
}

#[test]
fn a_dense_layer_takes_all_before_it() {
    let config = DenseBlockConfig::new(8, 4, 4);
    let outline = Outline::of(
        |device| config.init(device),
        [1, 8, 9, 9],
        |block, x| block.forward(x),
    );
    for layer in 1..=4 {
        let from: Vec<_> = outline
            .links
            .iter()
            .filter(|link| link.to == layer)
            .map(|link| link.from)
            .collect();
        let all: Vec<_> = (0..layer).collect();
        assert_eq!(from, all, "layer {layer}");
    }
}

#[test]
fn layers_have_their_shapes_and_sums_are_those_of_the_network() {
    let config = BottleneckConfig::new(16, 8).with_stride(2).with_groups(2);
    let outline = Outline::of(
        |device| config.init(device),
        [1, 16, 15, 12],
        |block, x| block.forward(x),
    );
    let conv2 = outline.layers.iter().find(|layer| layer.path == "conv2");
    let conv2 = conv2.expect("a convolution");
    assert_eq!(conv2.kind, "Conv2d");
    assert_eq!(conv2.kernel, Some([3, 3]));
    assert_eq!(
        (&conv2.input[..], &conv2.output[..]),
        (&[1, 16, 15, 12][..], &[1, 16, 8, 6][..])
    );
    assert_eq!(conv2.macs, 16 * 8 * 6 * 8 * 9);
    assert_eq!(conv2.parameters, 16 * 8 * 9);
    let device = Device::flex();
    assert_eq!(outline.parameters(), parameter_count(&config.init(&device)));
}
