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

    /// For such images: their channels, and their size where it matters.
    fn with_image(self, image: ImageSpec) -> Self;

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
        self.walk(x, &mut Levels { kept: None })
    }

    /// All maps, the largest first, as [`EncoderFamily::levels`] says.
    fn features(&self, x: Tensor<4>) -> Vec<Tensor<4>> {
        let mut levels = Levels { kept: Some(vec![]) };
        let last = self.walk(x, &mut levels);
        let mut maps = levels.kept.unwrap_or_default();
        maps.push(last);
        maps
    }
}

/// Takes the maps that a network passes on its way, if somebody wants them.
pub struct Levels {
    kept: Option<Vec<Tensor<4>>>,
}

impl Levels {
    /// A map on which the network goes on. The last is what [`Encode::walk`] gives.
    pub fn pass(&mut self, x: Tensor<4>) -> Tensor<4> {
        match &mut self.kept {
            None => x,
            Some(kept) => {
                let [skip, x] = split(x);
                kept.push(skip);
                x
            }
        }
    }

    /// Whether anybody wants them: where a map is not on the network's own way.
    pub fn wanted(&self) -> bool {
        self.kept.is_some()
    }

    /// A map that the network makes for others alone.
    pub fn give(&mut self, map: Tensor<4>) {
        if let Some(kept) = &mut self.kept {
            kept.push(map);
        }
    }
}
