//! DeepLabV3+: one skip of high resolution joins what dilated convolutions see at many scales.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{
    Dropout, DropoutConfig, NormKind, Resize, concat, conv1x1, dropout, global_avg_pool, resize,
    split,
};
use skip_blocks::seam::part;
use skip_blocks::{ConfigError, Join, JoinKind};

use super::layers::{ConvNorm, SeparableConv};
use crate::keys::Names;
use crate::variant::FOREGROUND;
use crate::way_up::size;
use crate::{Decode, DecoderFamily, EncoderConfig, EncoderFamily, Level, ModelConfig};

/// Configures a [`DeepLabDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct DeepLabDecoderConfig {
    /// Channels of the result, and of each scale. Default: 256.
    #[config(default = 256)]
    pub channels: usize,
    /// Channels to which the skip is brought. Default: 48.
    #[config(default = 48)]
    pub skip_channels: usize,
    /// Dilations of the three dilated convolutions. Default: 12, 24, 36.
    #[config(default = "[12, 24, 36]")]
    pub dilations: [usize; 3],
    /// How the skip is joined. Default: append.
    #[config(default = "JoinKind::Append")]
    pub join: JoinKind,
    /// Probability that a value is dropped after the scales are joined, in training. Default: 0.5.
    #[config(default = 0.5)]
    pub drop_rate: f64,
}

/// DeepLabV3+'s decoder: `y = fuse([up(separable(aspp(x))), reduce(skip)])`, where the skip is the
/// encoder's map of a quarter of the image's size, or the nearest larger one.
///
/// "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation" (Chen et al.
/// 2018, <https://arxiv.org/abs/1802.02611>), figure 2, as segmentation_models.pytorch has it: one
/// separable convolution after the join, not two. It is meant for an encoder with an output stride
/// of 16 or 8. An encoder without a larger map is decoded without the skip.
///
/// # Shapes
/// An encoder's maps to `[batch, channels, height, width]` of the skip's height and width
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use models::create;
///
/// let device = Device::flex();
/// let model = create("deeplabv3plus-resnet10_w16")?.init(&device);
/// let answers = model.forward(Tensor::ones([1, 3, 45, 64], &device));
/// assert_eq!(answers[0].dims(), [1, 1, 45, 64]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Module, Debug)]
pub struct DeepLabDecoder {
    /// Sees the last map at many scales.
    pub aspp: Aspp,
    /// What follows.
    pub separable: SeparableConv,
    /// Brings the skip to a few channels.
    pub reduce: Option<ConvNorm>,
    /// Joins it.
    pub join: Join,
    /// Makes one map of both.
    pub fuse: SeparableConv,
    /// Which of the encoder's maps is the skip.
    #[module(skip)]
    pub skip: Option<usize>,
}

/// Atrous spatial pyramid pooling: `y = project([point(x), dilated_1(x), .., up(pooled(x))])`.
///
/// "Rethinking Atrous Convolution for Semantic Image Segmentation" (Chen et al. 2017,
/// <https://arxiv.org/abs/1706.05587>), section 3.3.
#[derive(Module, Debug)]
pub struct Aspp {
    /// Of each pixel.
    pub point: ConvNorm,
    /// Of pixels at some distance.
    pub dilated: Vec<SeparableConv>,
    /// Of the mean of all pixels.
    pub pooled: ConvNorm,
    /// Makes one map of all.
    pub project: ConvNorm,
    /// Drops values in training.
    pub dropout: Dropout,
}

const NAMES: Names = &[
    ("aspp.point.conv", "aspp.0.convs.0.0"),
    ("aspp.point.norm", "aspp.0.convs.0.1"),
    ("aspp.dilated.#.depthwise", "aspp.0.convs.{0+1}.0.0"),
    ("aspp.dilated.#.pointwise", "aspp.0.convs.{0+1}.0.1"),
    ("aspp.dilated.#.norm", "aspp.0.convs.{0+1}.1"),
    ("aspp.pooled.conv", "aspp.0.convs.4.1"),
    ("aspp.pooled.norm", "aspp.0.convs.4.2"),
    ("aspp.project.conv", "aspp.0.project.0"),
    ("aspp.project.norm", "aspp.0.project.1"),
    ("aspp", "aspp.0"),
    ("separable.depthwise", "aspp.1.0"),
    ("separable.pointwise", "aspp.1.1"),
    ("separable.norm", "aspp.2"),
    ("reduce.conv", "block1.0"),
    ("reduce.norm", "block1.1"),
    ("fuse.depthwise", "block2.0.0"),
    ("fuse.pointwise", "block2.0.1"),
    ("fuse.norm", "block2.1"),
    ("head.conv", "segmentation_head.0"),
];

/// The place of the skip: the last map before the smallest that is at least a quarter of the image.
fn skip_of(levels: &[Level]) -> Option<usize> {
    let last = levels.last()?.reduction;
    levels
        .iter()
        .rposition(|level| level.reduction <= 4 && level.reduction < last)
}

impl DeepLabDecoderConfig {
    fn aspp(&self, in_channels: usize, device: &Device) -> Aspp {
        let channels = self.channels;
        let point = |from| ConvNorm::new(conv1x1(from, channels), NormKind::Batch, device);
        let dilated = |&dilation| SeparableConv::new([in_channels, channels], dilation, device);
        Aspp {
            point: point(in_channels),
            dilated: self.dilations.iter().map(dilated).collect(),
            pooled: point(in_channels),
            project: point(5 * channels),
            dropout: DropoutConfig::new(self.drop_rate).init(),
        }
    }
}

impl DecoderFamily for DeepLabDecoderConfig {
    type Network = DeepLabDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let map = skip_of(levels).map(|skip| levels[skip]);
        let output = map.or(levels.last().copied()).map(|level| Level {
            channels: self.channels,
            reduction: level.reduction,
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
        check::positive("channels", self.channels)?;
        check::positive("skip_channels", self.skip_channels)?;
        check::probability("drop_rate", self.drop_rate)?;
        ensure!(!levels.is_empty(), "levels = []: a decoder needs a map");
        ensure!(
            !self.dilations.contains(&0),
            "dilations = {:?}: must be at least 1 each",
            self.dilations
        );
        ensure!(
            !matches!(self.join, JoinKind::Add | JoinKind::Gate)
                || self.channels == self.skip_channels,
            "skip_channels = {}: must be channels = {}, since a {:?} join needs maps of one shape",
            self.skip_channels,
            self.channels,
            self.join
        );
        Ok(())
    }

    fn init(&self, levels: &[Level], device: &Device) -> DeepLabDecoder {
        check::or_panic(self.check(levels));
        let skip = skip_of(levels);
        let (join, carried) = match skip {
            Some(_) => (self.join, self.skip_channels),
            None => (JoinKind::None, 0),
        };
        let [channels, joined] = [self.channels, join.out_channels(carried, self.channels)];
        let reduce = |skip: usize| {
            let conv = conv1x1(levels[skip].channels, carried);
            ConvNorm::new(conv, NormKind::Batch, device)
        };
        DeepLabDecoder {
            aspp: self.aspp(levels[levels.len() - 1].channels, device),
            separable: SeparableConv::new([channels, channels], 1, device),
            reduce: skip.map(reduce),
            join: join.init(carried, channels, device),
            fuse: SeparableConv::new([joined, channels], 1, device),
            skip,
        }
    }
}

impl Decode for DeepLabDecoder {
    fn forward(&self, mut maps: Vec<Tensor<4>>, _image: [usize; 2]) -> Vec<Tensor<4>> {
        let x = maps.pop().expect("an encoder gives a map");
        let skip = self.skip.map(|skip| maps.swap_remove(skip));
        drop(maps);
        let x = part(&self.aspp, [x], |aspp, [x]| aspp.forward(x));
        let mut x = self.separable.forward(x);
        if let (Some(skip), Some(reduce)) = (skip, &self.reduce) {
            x = resize(x, size(&skip), Resize::BilinearCorners);
            x = self.join.forward(vec![reduce.forward(skip)], x);
        }
        vec![self.fuse.forward(x)]
    }
}

impl Aspp {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [point, one, two, three, mean] = split(x);
        let size = size(&mean);
        let [batch, channels, ..] = mean.dims();
        let mean = global_avg_pool(mean).reshape([batch, channels, 1, 1]);
        let mut scales = vec![self.point.forward(point)];
        let dilated = self.dilated.iter().zip([one, two, three]);
        scales.extend(dilated.map(|(layer, x)| layer.forward(x)));
        scales.push(resize(self.pooled.forward(mean), size, Resize::Bilinear));
        dropout(self.project.forward(concat(scales)), &self.dropout)
    }
}

/// On any encoder, as segmentation_models.pytorch has it: dilated, if there is such a form.
pub(crate) fn on(encoder: EncoderConfig) -> ModelConfig {
    const OUTPUT_STRIDE: usize = 16;
    let last = encoder.levels().last().map(|last| last.reduction);
    let encoder = match last > Some(OUTPUT_STRIDE) {
        true => encoder
            .clone()
            .with_output_stride(OUTPUT_STRIDE)
            .unwrap_or(encoder),
        false => encoder,
    };
    ModelConfig::segmenter(encoder, DeepLabDecoderConfig::new(), FOREGROUND)
}
