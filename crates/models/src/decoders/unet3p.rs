//! UNet 3+: each size joins maps of all sizes.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{NormKind, Resize, concat, conv3x3, fit, max_pool_ceil, resize};
use skip_blocks::seam::part_all;
use skip_blocks::{ConfigError, Join, JoinKind};

use super::layers::ConvNorm;
use crate::keys::Names;
use crate::variant::FOREGROUND;
use crate::way_up::{Maps, Step, by_size, share, size};
use crate::{Decode, DecoderFamily, EncoderConfig, Level, ModelConfig};

/// Configures a [`UNet3PlusDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct UNet3PlusDecoderConfig {
    /// Channels to which each map is brought before it is joined. Default: 64.
    #[config(default = 64)]
    pub channels: usize,
    /// How the maps are joined. Default: concat.
    #[config(default = "JoinKind::Concat")]
    pub join: JoinKind,
    /// The normalisation. Default: batch.
    #[config(default = "NormKind::Batch")]
    pub norm: NormKind,
    /// How many smaller maps are given besides the largest, for losses of their own (section 2.2 of
    /// the paper). Those beyond the encoder's sizes are left out. Default: 4.
    #[config(default = 4)]
    pub deep_supervision: usize,
}

/// UNet 3+'s way up: at each size meet the encoder's maps of that size and of all larger ones,
/// pooled, and the decoder's of all smaller ones, enlarged:
/// `d[i] = H([C(pool(e[1])), .., C(e[i]), C(up(d[i+1])), .., C(up(d[n]))])` with `d[n] = e[n]`.
///
/// "UNet 3+: A Full-Scale Connected UNet for Medical Image Segmentation" (Huang et al. 2020,
/// <https://arxiv.org/abs/2004.08790>), figures 1 and 2, without its classification-guided module.
///
/// # Shapes
/// An encoder's maps to `[batch, sizes * channels, height, width]` of its largest map, and smaller
/// ones
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::create;
///
/// let device = Device::flex();
/// let model = create("unet3p-resnet10_w16")?.init(&device);
/// let answers = model.forward(Tensor::ones([1, 3, 45, 64], &device));
/// let sizes: Vec<_> = answers.iter().map(|answer| answer.dims()).collect();
/// assert_eq!(sizes[0], [1, 1, 45, 64]);
/// assert_eq!(sizes[1], [1, 1, 12, 16]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct UNet3PlusDecoder {
    /// The stages on the way up, the smallest first.
    pub stages: Vec<FullScaleStage>,
    /// Which of the encoder's maps has each size, the smallest first.
    #[module(skip)]
    pub steps: Vec<Step>,
    /// How many maps are given besides the largest.
    pub deep_supervision: usize,
}

/// A stage of full-scale skips: `y = fuse([skips.., below..])`, each map convolved before.
#[derive(Module, Debug)]
pub struct FullScaleStage {
    /// Of the encoder's maps, the largest first.
    pub skips: Vec<ConvNorm>,
    /// Of the decoder's maps, the largest first.
    pub below: Vec<ConvNorm>,
    /// Joins the encoder's with the decoder's.
    pub join: Join,
    /// Makes one map of all.
    pub fuse: ConvNorm,
}

const NAMES: Names = &[
    ("head.conv", "segmentation_head.0"),
    ("auxiliary.#.conv", "auxiliary.{0}"),
];

impl UNet3PlusDecoderConfig {
    /// Channels of the decoder's map at a place, the smallest first: that is the encoder's.
    fn map_channels(&self, steps: &[Step], place: usize) -> usize {
        match place {
            0 => steps[0].skip_channels,
            _ => self.channels * steps.len(),
        }
    }

    /// The stage whose map stands at a place.
    fn stage(&self, steps: &[Step], place: usize, device: &Device) -> FullScaleStage {
        let brought = |channels| ConvNorm::new(conv3x3(channels, self.channels), self.norm, device);
        let skips = steps[place..].iter().rev().map(|step| step.skip_channels);
        let below = (0..place)
            .rev()
            .map(|below| self.map_channels(steps, below));
        let [carried, x] = [steps.len() - place, place].map(|maps| maps * self.channels);
        let joined = self.join.out_channels(carried, x);
        let fused = self.map_channels(steps, place);
        FullScaleStage {
            skips: skips.map(brought).collect(),
            below: below.map(brought).collect(),
            join: self.join.init(carried, x, device),
            fuse: ConvNorm::new(conv3x3(joined, fused), self.norm, device),
        }
    }
}

impl DecoderFamily for UNet3PlusDecoderConfig {
    type Network = UNet3PlusDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let steps = by_size(levels);
        let output = |(place, step): (usize, &Step)| Level {
            channels: self.map_channels(&steps, place),
            reduction: step.reduction,
        };
        let all = steps.iter().enumerate().rev();
        all.map(output).take(1 + self.deep_supervision).collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn names(&self) -> Names {
        NAMES
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        check::positive("channels", self.channels)?;
        let sizes = by_size(levels).len();
        ensure!(
            sizes > 1,
            "levels = {levels:?}: UNet 3+'s decoder needs an encoder with maps of several sizes"
        );
        ensure!(
            matches!(
                self.join,
                JoinKind::Append | JoinKind::Concat | JoinKind::None
            ),
            "join = {:?}: must be append, concat or none, which join any number of maps",
            self.join
        );
        self.norm.check(self.channels)
    }

    fn init(&self, levels: &[Level], device: &Device) -> UNet3PlusDecoder {
        check::or_panic(self.check(levels));
        let steps = by_size(levels);
        let stage = |place| self.stage(&steps, place, device);
        UNet3PlusDecoder {
            stages: (1..steps.len()).map(stage).collect(),
            deep_supervision: self.deep_supervision,
            steps,
        }
    }
}

impl Decode for UNet3PlusDecoder {
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>> {
        let mut maps = Maps::new(maps, image);
        let mut decoded = vec![maps.last()];
        let map = |step: &Step| maps.at(step).0.expect("a size is of a map");
        let mut encoded: Vec<_> = self.steps[1..].iter().map(map).collect();
        for (place, stage) in (1..).zip(&self.stages) {
            let size = size(&encoded[place - 1]);
            let skips = encoded[place - 1..].iter_mut().zip(&self.steps[place..]);
            let pooled = skips.rev().map(|(skip, step)| {
                let halvings = (self.steps[place].reduction / step.reduction).ilog2();
                fit(
                    (0..halvings).fold(share(skip), |x, _| max_pool_ceil(x)),
                    size,
                )
            });
            let enlarged = decoded.iter_mut().rev();
            let enlarged = enlarged.map(|x| resize(share(x), size, Resize::Bilinear));
            let inputs = pooled.chain(enlarged).collect();
            decoded.push(part_all(stage, inputs, FullScaleStage::forward));
        }
        decoded.reverse();
        decoded.truncate(1 + self.deep_supervision);
        decoded
    }
}

impl FullScaleStage {
    /// Of the maps in the stage's size: the encoder's, the largest first, and the decoder's.
    fn forward(&self, maps: Vec<Tensor<4>>) -> Tensor<4> {
        let layers = self.skips.iter().chain(&self.below);
        let mut maps: Vec<_> = layers
            .zip(maps)
            .map(|(layer, x)| layer.forward(x))
            .collect();
        let below = maps.split_off(self.skips.len());
        self.fuse.forward(self.join.forward(maps, concat(below)))
    }
}

/// On any encoder, every size supervised.
pub(crate) fn on(encoder: EncoderConfig) -> ModelConfig {
    let decoder = UNet3PlusDecoderConfig::new();
    ModelConfig::segmenter(encoder, decoder, FOREGROUND).with_head_kernel(3)
}
