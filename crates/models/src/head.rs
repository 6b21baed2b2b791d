//! Heads: from a feature map to an answer.

use burn::config::Config;
use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::tensor::{Device, Tensor};
use skip_blocks::ConfigError;
use skip_blocks::check;
use skip_blocks::layers::{
    Act, Conv2d, Conv2dConfig, Dropout, DropoutConfig, Linear, LinearConfig, Norm, NormKind,
    Resize, conv, dropout, global_avg_pool, linear, norm, resize,
};

use crate::Task;

/// Configures a [`Head`].
#[derive(Config, Debug, PartialEq)]
pub struct HeadConfig {
    /// What the answer is.
    pub task: Task,
    /// How many numbers an answer has: classes, values, or points.
    pub outputs: usize,
    /// Probability that a value is dropped before the last layer, in training. Default: 0.
    #[config(default = 0.0)]
    pub drop_rate: f64,
    /// What normalises the pooled features, as ConvNeXt does. Default: none.
    #[config(default = "NormKind::None")]
    pub pooled_norm: NormKind,
    /// Height and width of the last layer's kernel, where there is an answer for each pixel.
    /// Default: 1.
    #[config(default = 1)]
    pub kernel: usize,
}

/// What turns a feature map into an answer, not normalised: logits, values or heat maps.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, outputs, 1, 1]` of the image as a whole, or to
/// `[batch, outputs, height, width]`
#[derive(Module, Debug)]
pub enum Head {
    /// Of the image as a whole: classification, or regression of some values.
    Pooled(PooledHead),
    /// Of each pixel: segmentation, regression of an image, heat maps of points.
    Map(MapHead),
}

/// `linear(dropout(norm(mean(x))))`
#[derive(Module, Debug)]
pub struct PooledHead {
    /// Normalises the pooled features.
    pub norm: Norm,
    /// Drops values in training.
    pub dropout: Dropout,
    /// The classifier, or regressor.
    pub linear: Linear,
}

/// `resize(conv(dropout(x)))`
#[derive(Module, Debug)]
pub struct MapHead {
    /// Drops values in training.
    pub dropout: Dropout,
    /// The classifier, or regressor, of each pixel.
    pub conv: Conv2d,
    /// How the answer is brought to the image's size; none where it stays as it is.
    #[module(skip)]
    pub resize: Option<Resize>,
}

impl HeadConfig {
    /// Whether the head can be made.
    ///
    /// # Errors
    /// If a size is zero, the kernel is even, or the drop rate is outside `[0, 1)`.
    pub fn check(&self) -> Result<(), ConfigError> {
        check::positive("outputs", self.outputs)?;
        check::probability("drop_rate", self.drop_rate)?;
        check::ensure!(
            self.kernel % 2 == 1,
            "kernel = {}: must be odd",
            self.kernel
        );
        Ok(())
    }

    /// Makes a head of the image as a whole.
    ///
    /// # Panics
    /// Panics where [`HeadConfig::check`] gives an error.
    pub fn init_pooled(&self, channels: usize, device: &Device) -> Head {
        check::or_panic(self.check());
        Head::Pooled(PooledHead {
            norm: self.pooled_norm.init(channels, device),
            dropout: DropoutConfig::new(self.drop_rate).init(),
            linear: LinearConfig::new(channels, self.outputs).init(device),
        })
    }

    /// Makes a head of each pixel.
    ///
    /// # Panics
    /// Panics where [`HeadConfig::check`] gives an error.
    pub fn init_map(&self, channels: usize, device: &Device) -> Head {
        check::or_panic(self.check());
        let half = self.kernel / 2;
        Head::Map(MapHead {
            dropout: DropoutConfig::new(self.drop_rate).init(),
            // Drawn by fan-in: by fan-out, of few classes, logits would start far from 0.
            conv: Conv2dConfig::new([channels, self.outputs], [self.kernel; 2])
                .with_padding(PaddingConfig2d::Explicit(half, half, half, half))
                .init(device),
            resize: None,
        })
    }
}

impl Head {
    /// Applies the head, for images of this height and width. See [`Head`].
    pub fn forward(&self, x: Tensor<4>, image: [usize; 2]) -> Tensor<4> {
        match self {
            Self::Pooled(head) => {
                let x = global_avg_pool(x).unsqueeze_dims(&[2, 3]);
                let x = norm(x, &head.norm, Act::None);
                let x = dropout(x.flatten::<2>(1, 3), &head.dropout);
                linear(x, &head.linear, Act::None).unsqueeze_dims(&[2, 3])
            }
            Self::Map(head) => {
                let x = conv(dropout(x, &head.dropout), &head.conv, Act::None);
                match head.resize {
                    Some(by) => resize(x, image, by),
                    None => x,
                }
            }
        }
    }
}
