//! The contract of a decoder: it stands on any list of an encoder's maps.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::ConfigError;

use crate::keys::Names;
use crate::{HeadConfig, Level};

/// The configuration of a family's decoder.
pub trait DecoderFamily: Clone {
    /// The network.
    type Network: Decode;

    /// The maps that it gives, the largest first: the answer's, and those for losses of their own.
    fn outputs(&self, levels: &[Level]) -> Vec<Level>;

    /// The height (or width) of the answer, for that of an image and of the encoder's maps; none
    /// where the image is too small. Where nothing else is said, the image's.
    fn size(&self, _levels: &[Level], _sizes: &[usize], image: usize) -> Option<usize> {
        Some(image)
    }

    /// Whether the encoder's maps reach the output by another way than the last one.
    fn carries_skips(&self) -> bool {
        true
    }

    /// The heads, where the family has others than `head`: a convolution of each pixel.
    fn head(&self, head: HeadConfig) -> HeadConfig {
        head
    }

    /// What a path of the whole model is called, the encoder's and the heads' among them, where
    /// neither the encoder's names nor [`DecoderFamily::names`] say it: for networks that are no
    /// encoder with a decoder elsewhere. Where nothing else is said, none.
    fn whole_name(&self, _levels: &[Level], _path: &str) -> Option<String> {
        None
    }

    /// The names that the network elsewhere has beside this one for the same parameter: of a layer
    /// that stands in several places there. Where nothing else is said, none.
    fn also_called(&self, _name: &str) -> Vec<String> {
        vec![]
    }

    /// What its parts are called where their paths below the decoder are not their names, and what
    /// the heads are called: see [`Names`].
    fn names(&self) -> Names;

    /// Whether the network can be made.
    ///
    /// # Errors
    /// If not, with the field, its value and what is allowed.
    fn check(&self, levels: &[Level]) -> Result<(), ConfigError>;

    /// Makes the network for an encoder with these maps.
    ///
    /// # Panics
    /// Panics where [`DecoderFamily::check`] gives an error.
    fn init(&self, levels: &[Level], device: &Device) -> Self::Network;
}

/// A network that turns an encoder's maps into one of the image's size, or into a smaller one whose
/// answer is brought to that size.
pub trait Decode: Module {
    /// From an encoder's maps, the largest first, and the image's height and width, to
    /// [`DecoderFamily::outputs`].
    fn forward(&self, maps: Vec<Tensor<4>>, image: [usize; 2]) -> Vec<Tensor<4>>;
}
