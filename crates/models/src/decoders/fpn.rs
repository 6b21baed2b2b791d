//! The feature pyramid: skips are added on the way down a pyramid, and all its floors are joined.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{
    Act, Conv2d, Dropout, DropoutConfig, NormKind, Resize, add, conv, conv1x1, conv3x3,
    drop_channels, resize,
};
use skip_blocks::seam::part;
use skip_blocks::{ConfigError, Join, JoinKind};

use super::layers::ConvNorm;
use crate::keys::Names;
use crate::variant::FOREGROUND;
use crate::way_up::{Maps, Step, by_size, share, size};
use crate::{Decode, DecoderFamily, EncoderConfig, Level, ModelConfig};

/// Configures an [`FpnDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct FpnDecoderConfig {
    /// Channels of the pyramid. Default: 256.
    #[config(default = 256)]
    pub pyramid_channels: usize,
    /// Channels of what is made of its floors. Default: 128.
    #[config(default = 128)]
    pub channels: usize,
    /// How the encoder's maps are joined. Default: add.
    #[config(default = "JoinKind::Add")]
    pub join: JoinKind,
    /// The normalisation. Default: group, of 32 groups.
    #[config(default = "NormKind::Group(32)")]
    pub norm: NormKind,
    /// Probability that a channel is dropped before the head, in training. Default: 0.2.
    #[config(default = 0.2)]
    pub drop_rate: f64,
}

/// A feature pyramid: the encoder's last maps, brought to one number of channels, are added on the
/// way from the smallest to the largest, `p[i] = up(p[i+1]) + lateral(x[i])`; each floor is convolved
/// up to the largest's size, and all are added.
///
/// "Feature Pyramid Networks for Object Detection" (Lin et al. 2017,
/// <https://arxiv.org/abs/1612.03144>), figure 3, with the way to an answer for each pixel of
/// "Panoptic Feature Pyramid Networks" (Kirillov et al. 2019, <https://arxiv.org/abs/1901.02446>),
/// figure 3, as segmentation_models.pytorch has it. It takes the last four sizes, or what there is.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the largest of the last four
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::create;
///
/// let device = Device::flex();
/// let model = create("fpn-resnet10_w16")?.init(&device);
/// let answers = model.forward(Tensor::ones([1, 3, 45, 64], &device));
/// assert_eq!(answers[0].dims(), [1, 1, 45, 64]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct FpnDecoder {
    /// Brings the smallest map to the pyramid's channels.
    pub top: Conv2d,
    /// Join the others, the smallest first.
    pub laterals: Vec<Lateral>,
    /// Bring each floor to the largest's size, the smallest first.
    pub floors: Vec<Vec<ConvNorm>>,
    /// Drops channels in training.
    pub dropout: Dropout,
    /// Which of the encoder's maps each floor takes.
    #[module(skip)]
    pub steps: Vec<Step>,
}

/// Joins a map of the encoder's: `y = up(x) + conv(skip)`.
#[derive(Module, Debug)]
pub struct Lateral {
    /// Brings the skip to the pyramid's channels.
    pub conv: Conv2d,
    /// Joins it.
    pub join: Join,
}

const NAMES: Names = &[
    ("top", "p5"),
    ("laterals.0.conv", "p4.skip_conv"),
    ("laterals.1.conv", "p3.skip_conv"),
    ("laterals.2.conv", "p2.skip_conv"),
    ("laterals.0", "p4"),
    ("laterals.1", "p3"),
    ("laterals.2", "p2"),
    ("floors.#.#.conv", "seg_blocks.{0}.block.{1}.block.0"),
    ("floors.#.#.norm", "seg_blocks.{0}.block.{1}.block.1"),
    ("head.conv", "segmentation_head.0"),
];

/// The sizes of the pyramid, the smallest first.
fn floors(levels: &[Level]) -> Vec<Step> {
    by_size(levels).into_iter().take(4).collect()
}

impl FpnDecoderConfig {
    fn lateral(&self, skip: usize, device: &Device) -> Lateral {
        let channels = self.pyramid_channels;
        Lateral {
            conv: conv1x1(skip, channels).with_bias(true).init(device),
            join: self.join.init(channels, channels, device),
        }
    }

    /// A convolution for each doubling from a floor to the largest, but at least one.
    fn floor(&self, doublings: u32, device: &Device) -> Vec<ConvNorm> {
        let conv = |index| {
            let from = match index {
                0 => self.pyramid_channels,
                _ => self.channels,
            };
            ConvNorm::new(conv3x3(from, self.channels), self.norm, device)
        };
        (0..doublings.max(1)).map(conv).collect()
    }
}

impl DecoderFamily for FpnDecoderConfig {
    type Network = FpnDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let largest = floors(levels).pop();
        let output = largest.map(|step| Level {
            channels: self.channels,
            reduction: step.reduction,
        });
        output.into_iter().collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        check::positive("pyramid_channels", self.pyramid_channels)?;
        check::positive("channels", self.channels)?;
        check::probability("drop_rate", self.drop_rate)?;
        ensure!(!levels.is_empty(), "levels = []: a pyramid needs a map");
        ensure!(
            matches!(self.join, JoinKind::Add | JoinKind::Gate | JoinKind::None),
            "join = {:?}: must be add, gate or none, which keep the channels",
            self.join
        );
        self.norm.check(self.channels)
    }

    fn init(&self, levels: &[Level], device: &Device) -> FpnDecoder {
        check::or_panic(self.check(levels));
        let steps = floors(levels);
        let largest = steps[steps.len() - 1].reduction;
        let doublings = |step: &Step| (step.reduction / largest).ilog2();
        let lateral = |step: &Step| self.lateral(step.skip_channels, device);
        FpnDecoder {
            top: conv1x1(steps[0].skip_channels, self.pyramid_channels)
                .with_bias(true)
                .init(device),
            laterals: steps[1..].iter().map(lateral).collect(),
            floors: steps
                .iter()
                .map(|step| self.floor(doublings(step), device))
                .collect(),
            dropout: DropoutConfig::new(self.drop_rate).init(),
            steps,
        }
    }
}

impl Decode for FpnDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let pyramid = self.pyramid(maps, image);
        let sizes: Vec<_> = pyramid.iter().map(size).collect();
        let size_at = |reduction: usize| {
            let floor = self
                .steps
                .iter()
                .position(|step| step.reduction == reduction);
            floor.map_or(image.map(|size| size.div_ceil(reduction)), |floor| {
                sizes[floor]
            })
        };
        let largest = self.steps[self.steps.len() - 1].reduction;
        let floors = pyramid.into_iter().zip(&self.floors).zip(&self.steps);
        let brought_up = floors.map(|((mut x, floor), step)| {
            let mut reduction = step.reduction;
            for layer in floor {
                x = layer.forward(x);
                if reduction > largest {
                    reduction /= 2;
                    x = resize(x, size_at(reduction), Resize::BilinearCorners);
                }
            }
            x
        });
        let sum = brought_up.reduce(|sum, x| add(sum, x, Act::None));
        let sum = sum.expect("a pyramid has a floor");
        vec![drop_channels(sum, &self.dropout)]
    }
}

impl FpnDecoder {
    /// The floors, the smallest first.
    fn pyramid(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let mut x = conv(maps.last(), &self.top, Act::None);
        let mut pyramid = vec![];
        for (lateral, step) in self.laterals.iter().zip(&self.steps[1..]) {
            let below = share(&mut x);
            pyramid.push(x);
            let (skip, _) = maps.at(step);
            let skip = skip.expect("a floor is of a map");
            x = part(lateral, [below, skip], |lateral, [x, skip]| {
                lateral.forward(x, skip)
            });
        }
        pyramid.push(x);
        pyramid
    }
}

impl Lateral {
    fn forward(&self, x: Tensor<4>, skip: Tensor<4>) -> Tensor<4> {
        let x = resize(x, size(&skip), Resize::Nearest);
        let skip = conv(skip, &self.conv, Act::None);
        self.join.forward(vec![skip], x)
    }
}

/// On any encoder, as segmentation_models.pytorch has it.
pub(crate) fn on(encoder: EncoderConfig) -> ModelConfig {
    ModelConfig::segmenter(encoder, FpnDecoderConfig::new(), FOREGROUND)
}
