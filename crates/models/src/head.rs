//! Heads: from a feature map to an answer.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use skip_blocks::ConfigError;
use skip_blocks::check;
use skip_blocks::layers::{
    Act, Conv2d, Conv2dConfig, Dropout, DropoutConfig, Linear, LinearConfig, Norm, NormKind,
    Resize, conv, dropout, linear, norm, resize,
};

use crate::{Pool, Task};

/// Configures a [`Head`].
#[derive(Config, Debug, PartialEq)]
pub struct HeadConfig {
    /// What the answer is.
    pub task: Task,
    /// How many numbers an answer has: classes, values, or points. With 0 there is no classifier:
    /// the answer of an image as a whole is its pooled features, as with `num_classes=0` of timm.
    pub outputs: usize,
    /// Probability that a value is dropped before the last layer, in training. Default: 0.
    #[config(default = 0.0)]
    pub drop_rate: f64,
    /// How a map is pooled, where the answer is of the image as a whole. Default: average.
    #[config(default = "Pool::Average")]
    pub pool: Pool,
    /// What normalises the pooled features, as ConvNeXt does. Default: none.
    #[config(default = "NormKind::None")]
    pub pooled_norm: NormKind,
    /// Whether the last layer starts with zeros, so that all answers are alike at first (Zhang et al.
    /// 2019, <https://arxiv.org/abs/1901.09321>, section 3). Default: not.
    #[config(default = false)]
    pub zero_init: bool,
    /// Height and width of the last layer's kernel, where there is an answer for each pixel.
    /// Default: 1.
    #[config(default = 1)]
    pub kernel: usize,
}

/// What turns a feature map into an answer, not normalised: logits, values or heat maps.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, outputs, 1, 1]` of the image as a whole (without a
/// classifier, to what its [`Pool`] gives), or to `[batch, outputs, height, width]`
#[derive(Module, Debug)]
pub enum Head {
    /// Of the image as a whole: classification, or regression of some values.
    Pooled(PooledHead),
    /// Of each pixel: segmentation, regression of an image, heat maps of points.
    Map(MapHead),
}

/// `linear(dropout(norm(pool(x))))`
#[derive(Module, Debug)]
pub struct PooledHead {
    /// How the map is pooled.
    #[module(skip)]
    pub pool: Pool,
    /// Normalises the pooled features.
    pub norm: Norm,
    /// Drops values in training.
    pub dropout: Dropout,
    /// The classifier, or regressor; none where the pooled features are the answer.
    pub linear: Option<Linear>,
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
    /// Whether a head of the image as a whole can be made.
    ///
    /// # Errors
    /// If the drop rate is outside `[0, 1)`, or a map that is not pooled is to be classified.
    pub fn check_pooled(&self) -> Result<(), ConfigError> {
        check::probability("drop_rate", self.drop_rate)?;
        check::ensure!(
            self.pool != Pool::None || self.outputs == 0,
            "outputs = {}: must be 0 where pool = none, since there is no classifier of a map",
            self.outputs
        );
        Ok(())
    }

    /// Whether a head of each pixel can be made.
    ///
    /// # Errors
    /// If there are no outputs, the kernel is even, the drop rate is outside `[0, 1)`, or maps are
    /// to be pooled or normalised.
    pub fn check_map(&self) -> Result<(), ConfigError> {
        check::positive("outputs", self.outputs)?;
        check::probability("drop_rate", self.drop_rate)?;
        check::ensure!(
            self.kernel % 2 == 1,
            "kernel = {}: must be odd",
            self.kernel
        );
        check::ensure!(
            self.pool == Pool::Average,
            "pool = {:?}: must be left out where there is an answer for each pixel",
            self.pool
        );
        check::ensure!(
            self.pooled_norm == NormKind::None,
            "pooled_norm = {:?}: must be left out where there is an answer for each pixel",
            self.pooled_norm
        );
        Ok(())
    }

    /// Makes a head of the image as a whole.
    ///
    /// # Panics
    /// Panics where [`HeadConfig::check_pooled`] gives an error.
    pub fn init_pooled(&self, channels: usize, device: &Device) -> Head {
        check::or_panic(self.check_pooled());
        let channels = self.pool.out_channels(channels);
        let linear = LinearConfig::new(channels, self.outputs);
        let linear = match self.zero_init {
            true => linear.with_initializer(Initializer::Zeros),
            false => linear,
        };
        Head::Pooled(PooledHead {
            pool: self.pool,
            norm: self.pooled_norm.init(channels, device),
            dropout: DropoutConfig::new(self.drop_rate).init(),
            linear: (self.outputs > 0).then(|| linear.init(device)),
        })
    }

    /// Makes a head of each pixel.
    ///
    /// # Panics
    /// Panics where [`HeadConfig::check_map`] gives an error.
    pub fn init_map(&self, channels: usize, device: &Device) -> Head {
        check::or_panic(self.check_map());
        let half = self.kernel / 2;
        // Drawn by fan-in: by fan-out, of few classes, logits would start far from 0.
        let conv = Conv2dConfig::new([channels, self.outputs], [self.kernel; 2])
            .with_padding(PaddingConfig2d::Explicit(half, half, half, half));
        let conv = match self.zero_init {
            true => conv.with_initializer(Initializer::Zeros),
            false => conv,
        };
        Head::Map(MapHead {
            dropout: DropoutConfig::new(self.drop_rate).init(),
            conv: conv.init(device),
            resize: None,
        })
    }
}

impl Head {
    /// Applies the head, for images of this height and width. See [`Head`].
    pub fn forward(&self, x: Tensor<4>, image: [usize; 2]) -> Tensor<4> {
        match self {
            Self::Pooled(head) => head.forward(x),
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

impl PooledHead {
    /// What is classified, `norm(pool(x))`: the features of an image.
    pub fn features(&self, x: Tensor<4>) -> Tensor<4> {
        norm(self.pool.apply(x), &self.norm, Act::None)
    }

    /// Applies the head. See [`PooledHead`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.features(x);
        let Some(classifier) = &self.linear else {
            return x;
        };
        let x = dropout(x.flatten::<2>(1, 3), &self.dropout);
        linear(x, classifier, Act::None).unsqueeze_dims(&[2, 3])
    }
}
