//! The contract of an encoder: it says which feature maps it gives before it is made, and gives
//! them in order.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::ConfigError;
use skip_blocks::layers::split;

use crate::{HeadConfig, ImageSpec, Skip};

/// A feature map that an encoder gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its channels.
    pub channels: usize,
    /// How many times smaller than the image it is, each way.
    pub reduction: usize,
}

/// The configuration of a family's encoder.
pub trait EncoderFamily: Clone {
    /// The network.
    type Network: Encode;

    /// The maps that it gives, the largest first. Reductions are powers of two, and no smaller than
    /// that of the map before.
    fn levels(&self) -> Vec<Level>;

    /// The height (or width) of each map for that of an image; none where an image is too small.
    /// Where nothing else is said: the image's over the reduction, rounded up.
    fn sizes(&self, image: usize) -> Option<Vec<usize>> {
        let sizes = self.levels().into_iter();
        let sizes = sizes.map(|level| image.div_ceil(level.reduction));
        (image > 0).then(|| sizes.collect())
    }

    /// The places of the maps of these reductions, in the order that was asked for: what
    /// [`Encode::features_of`] takes. Of several of one reduction, as dilated encoders have them,
    /// it is the last.
    ///
    /// # Errors
    /// If there is none of a reduction, with those that there are.
    fn levels_at(&self, reductions: &[usize]) -> Result<Vec<usize>, ConfigError> {
        let levels = self.levels();
        let place = |&reduction: &usize| {
            let place = levels
                .iter()
                .rposition(|level| level.reduction == reduction);
            place.ok_or_else(|| {
                let known: Vec<_> = levels.iter().map(|level| level.reduction).collect();
                ConfigError::new(format!("reduction = {reduction}: must be one of {known:?}"))
            })
        };
        reductions.iter().map(place).collect()
    }

    /// For such images: their channels, and their size where it matters.
    fn with_image(self, image: ImageSpec) -> Self;

    /// For images of so many channels. A family for which the images' size matters keeps that which
    /// it has.
    fn with_in_channels(self, channels: usize) -> Self {
        self.with_image(ImageSpec::new(channels, 1, 1))
    }

    /// With stochastic depth: a probability, of the last residual branch.
    ///
    /// # Errors
    /// If the family has no residual branches.
    fn with_drop_path_rate(self, drop_path_rate: f64) -> Result<Self, ConfigError> {
        Err(ConfigError::new(format!(
            "drop_path_rate = {drop_path_rate}: this family has no residual branches; leave it out"
        )))
    }

    /// With a last map that is so many times smaller than the image, by dilation instead of
    /// strides: 8, 16 or 32.
    ///
    /// # Errors
    /// If the family does not have it.
    fn with_output_stride(self, output_stride: usize) -> Result<Self, ConfigError> {
        Err(ConfigError::new(format!(
            "output_stride = {output_stride}: this family has no dilated form; leave it out"
        )))
    }

    /// As it stands under a decoder: as segmentation_models.pytorch has it there, where that differs
    /// from the classifier. Where nothing else is said, the same.
    fn under_decoder(self) -> Self {
        self
    }

    /// How it skips; none for a plain network.
    fn skip(&self) -> Option<Skip>;

    /// A classifier's head, where the family has another than `head`: pooling and a linear layer.
    fn head(&self, head: HeadConfig) -> HeadConfig {
        head
    }

    /// How many dimensions the parameter of this name has elsewhere, for how many it has here: behind
    /// the others, those of one come and go. Where nothing else is said, as many.
    fn dims_elsewhere(&self, _name: &str, own: usize) -> usize {
        own
    }

    /// What its parts are called where their paths in the module tree are not their names: see
    /// [`Names`](crate::keys::Names).
    fn names(&self) -> crate::keys::Names;

    /// Whether the network can be made.
    ///
    /// # Errors
    /// If not, with the field, its value and what is allowed.
    fn check(&self) -> Result<(), ConfigError>;

    /// Makes the network.
    ///
    /// # Panics
    /// Panics where [`EncoderFamily::check`] gives an error.
    fn init(&self, device: &Device) -> Self::Network;
}

/// A network that turns an image into feature maps.
pub trait Encode: Module {
    /// Runs the network, and hands each map over to `levels` as it comes.
    fn walk(&self, x: Tensor<4>, levels: &mut Levels) -> Tensor<4>;

    /// The last map alone: the others are freed as the network goes on.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.walk(x, &mut Levels::of(Wanted::None))
    }

    /// All maps, the largest first, as [`EncoderFamily::levels`] says.
    fn features(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let mut levels = Levels::of(Wanted::All);
        let last = self.walk(x, &mut levels);
        let mut maps: Vec<_> = levels.kept.into_iter().map(|(_, map)| map).collect();
        maps.push(last);
        maps
    }

    /// The maps of these places in [`EncoderFamily::levels`], in the order that was asked for. The
    /// others are freed as the network goes on.
    ///
    /// # Panics
    /// Panics if there is no such map.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use models::{Encode, EncoderFamily, create};
    ///
    /// let device = Device::flex();
    /// let config = create("resnet10_w16")?.encoder;
    /// let encoder = config.init(&device);
    /// let x = Tensor::ones([1, 3, 64, 64], &device);
    /// let maps = encoder.features_of(x, &config.levels_at(&[32, 8])?);
    /// let shapes: Vec<_> = maps.iter().map(|map| map.dims()).collect();
    /// assert_eq!(shapes, [[1, 128, 2, 2], [1, 32, 8, 8]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn features_of(&self, x: Tensor<4>, places: &[usize]) -> Vec<Tensor<4>> {
        let mut levels = Levels::of(Wanted::Some(places.to_vec()));
        let last = self.walk(x, &mut levels);
        levels.kept.push((levels.passed, last));
        let find = |&place: &usize| {
            let map = levels.kept.iter().find(|(kept, _)| *kept == place);
            let (_, map) = map.unwrap_or_else(|| {
                panic!("place = {place}: must be at most {}", levels.passed);
            });
            map.clone()
        };
        places.iter().map(find).collect()
    }
}

/// Takes the maps that a network passes on its way, if somebody wants them.
pub struct Levels {
    wanted: Wanted,
    /// How many maps there have been.
    passed: usize,
    /// Those that are wanted, with their places.
    kept: Vec<(usize, Tensor<4>)>,
}

/// Which maps somebody wants besides the last.
enum Wanted {
    None,
    All,
    Some(Vec<usize>),
}

impl Levels {
    fn of(wanted: Wanted) -> Self {
        Self {
            wanted,
            passed: 0,
            kept: vec![],
        }
    }

    /// A map on which the network goes on. The last is what [`Encode::walk`] gives.
    pub fn pass(&mut self, x: Tensor<4>) -> Tensor<4> {
        if !self.wanted() {
            return x;
        }
        let [skip, x] = split(x);
        self.give(skip);
        x
    }

    /// Whether anybody wants the next map; where it is not on the network's own way, it need not be
    /// made. One that nobody wants has been passed with this question.
    pub fn wanted(&mut self) -> bool {
        let wanted = self.wants_next();
        if !wanted {
            self.passed += 1;
        }
        wanted
    }

    /// A map that the network makes for others alone.
    pub fn give(&mut self, map: Tensor<4>) {
        if self.wants_next() {
            self.kept.push((self.passed, map));
        }
        self.passed += 1;
    }

    fn wants_next(&self) -> bool {
        match &self.wanted {
            Wanted::None => false,
            Wanted::All => true,
            Wanted::Some(places) => places.contains(&self.passed),
        }
    }
}
