use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{Act, Conv2d, Norm, conv_norm};
use skip_blocks::seam::part;
use skip_blocks::{Bottleneck, BottleneckConfig};

use super::config::{HrNetConfig, STEM, TopKind};
use super::module::{HrModule, HrTransition, begin, transition};
use super::top::HrTop;
use crate::{Encode, Levels};

/// A high-resolution network: a stem, bottlenecks, then stages with one more map each, whose
/// modules exchange between all of them.
///
/// # Shapes
/// `[batch, in_channels, height, width]` to the stem's map and those of all sizes, as
/// [`EncoderFamily::levels`](crate::EncoderFamily::levels) says
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::{Encode, EncoderFamily, HrNetConfig};
///
/// let device = Device::flex();
/// let config = HrNetConfig::new(4).with_first_blocks(1).with_modules(vec![1]).with_blocks(1);
/// let maps = config.init(&device).features(Tensor::ones([1, 3, 33, 40], &device));
/// let dims: Vec<_> = maps.iter().map(|map| map.dims()).collect();
/// assert_eq!(dims, [[1, 64, 17, 20], [1, 128, 9, 10], [1, 2048, 5, 5]]);
/// ```
#[derive(Module, Debug)]
pub struct HrNet {
    /// The stem's first convolution.
    pub conv1: Conv2d,
    /// The normalisation after it.
    pub bn1: Norm,
    /// The stem's second convolution.
    pub conv2: Conv2d,
    /// The normalisation after it.
    pub bn2: Norm,
    /// The bottlenecks before there is more than one map.
    pub layer1: Vec<Bottleneck>,
    /// How the maps of each stage begin.
    pub transitions: Vec<Vec<HrTransition>>,
    /// The stages, each a list of modules.
    pub stages: Vec<Vec<HrModule>>,
    /// What brings each map to the channels that are given.
    pub incre_modules: Vec<Bottleneck>,
    /// What adds them up, in a classifier.
    pub top: Option<HrTop>,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl HrNet {
    pub(super) fn new(config: &HrNetConfig, device: &Device) -> Self {
        let stem = |in_channels| {
            config
                .conv(in_channels, STEM)
                .with_stride([2; 2])
                .init(device)
        };
        let norm = || config.norm.init(STEM, device);
        let blocks = |configs: Vec<BottleneckConfig>| {
            let blocks = configs.iter().map(|block| block.init(device));
            blocks.collect::<Vec<_>>()
        };
        let first = config.first();
        let mut before = vec![first.last().map_or(STEM, BottleneckConfig::out_channels)];
        let (mut transitions, mut stages) = (vec![], vec![]);
        for (index, &modules) in config.modules.iter().enumerate() {
            let maps = index + 2;
            let after = config.channels(maps);
            transitions.push(transition(config, &before, &after, device));
            stages.push(
                (0..modules)
                    .map(|_| HrModule::new(config, maps, device))
                    .collect(),
            );
            before = after;
        }
        Self {
            conv1: stem(config.in_channels),
            bn1: norm(),
            conv2: stem(STEM),
            bn2: norm(),
            layer1: blocks(first),
            transitions,
            stages,
            incre_modules: blocks(config.increase()),
            top: (config.top != TopKind::None).then(|| HrTop::new(config, device)),
            act: config.act,
        }
    }

    /// The maps of all sizes, the largest first.
    fn maps(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let x = self.layer1.iter().fold(x, |x, block| {
            part(block, [x], |block, [x]| block.forward(x))
        });
        let mut maps = vec![x];
        for (paths, stage) in self.transitions.iter().zip(&self.stages) {
            maps = begin(paths, maps, self.act);
            maps = stage.iter().fold(maps, |maps, module| module.forward(maps));
        }
        let wider = self.incre_modules.iter().zip(maps);
        let wider = wider.map(|(block, map)| part(block, [map], |block, [x]| block.forward(x)));
        wider.collect()
    }
}

impl Encode for HrNet {
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4> {
        let x = conv_norm(x, &self.conv1, &self.bn1, self.act);
        let x = conv_norm(levels.pass(x), &self.conv2, &self.bn2, self.act);
        let mut maps = self.maps(x);
        let smallest = maps.pop().expect("one map or more");
        let mut maps: Vec<_> = maps.into_iter().map(|map| levels.pass(map)).collect();
        match &self.top {
            Some(top) => {
                maps.push(smallest);
                top.forward(maps)
            }
            None => smallest,
        }
    }
}
