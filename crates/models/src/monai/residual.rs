use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::check::{self, ensure};
use skip_blocks::layers::{Act, ConvTranspose2d, Norm, NormKind, PRelu, conv_transpose, fit, norm};
use skip_blocks::seam::{part, part_all};
use skip_blocks::{ConfigError, Join, JoinKind};

use super::names;
use super::unit::{ResidualUnit, up_conv};
use crate::keys::Names;
use crate::way_up::size;
use crate::{Decode, DecoderFamily, HeadConfig, Level};

/// Configures a [`MonaiDecoder`].
#[derive(Config, Debug, PartialEq)]
pub struct MonaiDecoderConfig {
    /// How the long skips are joined. Default: concat.
    #[config(default = "JoinKind::Concat")]
    pub join: JoinKind,
    /// The normalisation. Default: instance, with nothing learned.
    #[config(default = "NormKind::PlainInstance")]
    pub norm: NormKind,
}

/// The way up of MONAI's `UNet`: each stage joins the encoder's map of the size that there is, doubles
/// the size, and ends in a residual unit. The last join is the answer: the head, a [`UpHead`],
/// doubles the size once more, as the first unit on the way down halves it.
///
/// # Shapes
/// An encoder's maps, each but the last of half the size of the one before and the last of the size
/// of that before, to `[batch, channels, height, width]` of the largest
///
/// [`UpHead`]: crate::UpHead
#[derive(Module, Debug)]
pub struct MonaiDecoder {
    /// The stages on the way up, the smallest first.
    pub stages: Vec<MonaiDecoderStage>,
    /// The last join.
    pub join: Join,
}

/// `y = unit(prelu(norm(up(join(skip, x)))))`
#[derive(Module, Debug)]
pub struct MonaiDecoderStage {
    /// Joins the skip.
    pub join: Join,
    /// Doubles the size and brings the channels to the next skip's.
    pub up: ConvTranspose2d,
    /// Its normalisation.
    pub norm: Norm,
    /// Its activation.
    pub act: PRelu,
    /// The residual unit.
    pub unit: ResidualUnit,
}

impl MonaiDecoderConfig {
    /// For each stage the channels of its skip, of what comes from below, and of what goes out. The
    /// last gives what the last join joins, and nothing goes out.
    fn stages(levels: &[Level]) -> Vec<[usize; 3]> {
        let Some((bottom, skips)) = levels.split_last() else {
            return vec![];
        };
        let mut below = bottom.channels;
        let stage = |place: usize| {
            let out = place.checked_sub(1).map_or(0, |next| skips[next].channels);
            [
                skips[place].channels,
                std::mem::replace(&mut below, out),
                out,
            ]
        };
        (0..skips.len()).rev().map(stage).collect()
    }

    fn stage(&self, [skip, below, out]: [usize; 3], device: &Device) -> MonaiDecoderStage {
        let joined = self.join.out_channels(skip, below);
        MonaiDecoderStage {
            join: self.join.init(skip, below, device),
            up: up_conv([joined, out], device),
            norm: self.norm.init(out, device),
            act: PRelu::new(device),
            unit: ResidualUnit::new([out; 2], 1, 1, self.norm, device),
        }
    }
}

impl DecoderFamily for MonaiDecoderConfig {
    type Network = MonaiDecoder;

    fn outputs(&self, levels: &[Level]) -> Vec<Level> {
        let last = Self::stages(levels).pop().zip(levels.first());
        let output = last.map(|([skip, below, _], level)| Level {
            channels: self.join.out_channels(skip, below),
            reduction: level.reduction,
        });
        output.into_iter().collect()
    }

    fn carries_skips(&self) -> bool {
        self.join != JoinKind::None
    }

    fn head(&self, head: HeadConfig) -> HeadConfig {
        head.with_up(true)
    }

    fn whole_name(&self, levels: &[Level], path: &str) -> Option<String> {
        names::residual(levels, path)
    }

    fn names(&self) -> Names {
        &[]
    }

    fn check(&self, levels: &[Level]) -> Result<(), ConfigError> {
        let reductions: Vec<_> = levels.iter().map(|level| level.reduction).collect();
        let fits = reductions.split_last().is_some_and(|(bottom, skips)| {
            let expected = (0..skips.len()).map(|stage| 2 << stage);
            skips.iter().copied().eq(expected) && skips.last() == Some(bottom)
        });
        ensure!(
            fits,
            "levels = {levels:?}: MONAI's decoder needs maps of which each is of half the size of the \
             one before, the first of half the image's, and one more of the last one's size"
        );
        let sums = matches!(self.join, JoinKind::Add | JoinKind::Gate);
        Self::stages(levels)
            .into_iter()
            .try_for_each(|[skip, below, out]| {
                ensure!(
                    !sums || skip == below,
                    "join = {:?}: must keep maps of {skip} and {below} channels apart",
                    self.join
                );
                self.norm.check(out)
            })
    }

    fn init(&self, levels: &[Level], device: &Device) -> MonaiDecoder {
        check::or_panic(self.check(levels));
        let mut stages = Self::stages(levels);
        let last = stages.pop();
        MonaiDecoder {
            stages: stages
                .into_iter()
                .map(|channels| self.stage(channels, device))
                .collect(),
            join: match last {
                Some([skip, below, _]) => self.join.init(skip, below, device),
                None => unreachable!("checked above"),
            },
        }
    }
}

impl Decode for MonaiDecoder {
    fn forward(&self, mut maps: Vec<Tensor<4>>, _: [usize; 2]) -> Vec<Tensor<4>> {
        let x = maps.pop().expect("an encoder gives maps");
        let mut skips = maps.into_iter().rev().peekable();
        let x = self.stages.iter().fold(x, |x, stage| {
            let skip = skips.next().expect("a map for each stage");
            // The next skip's: an odd size was rounded up on the way down.
            let to = skips.peek().map(size).expect("a map for the last join");
            part_all(stage, vec![x, skip], move |stage, inputs| {
                let [x, skip] = inputs.try_into().expect("as many as were given");
                stage.forward(x, skip, to)
            })
        });
        let inputs = [x, skips.next().expect("a map for the last join")];
        vec![part(&self.join, inputs, |join, [x, skip]| {
            join.forward(vec![skip], x)
        })]
    }
}

impl MonaiDecoderStage {
    fn forward(&self, x: Tensor<4>, skip: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
        let x = self.join.forward(vec![skip], x);
        let x = norm(conv_transpose(x, &self.up), &self.norm, Act::None);
        self.unit.forward(fit(self.act.forward(x), size))
    }
}
