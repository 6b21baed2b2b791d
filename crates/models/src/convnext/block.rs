use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{
    Act, Conv2d, GlobalResponseNorm, Norm, add, conv, conv1x1, norm, normal_conv, split,
};
use skip_blocks::{Modifier, ModifierConfig};

use super::config::{ConvNeXtConfig, DEVIATION, depthwise};

/// From so many channels to more and back, for each pixel: `fc2(grn(act(fc1(x))))`. timm keeps the
/// layers of the larger networks as linear ones.
#[derive(Module, Debug)]
pub struct Mlp {
    /// To more channels.
    pub fc1: Conv2d,
    /// Lets them compete, in the second version.
    pub grn: Option<GlobalResponseNorm>,
    /// And back.
    pub fc2: Conv2d,
}

/// A block: `y = x + M(mlp(norm(conv_dw(x))))`, `conv_dw` depthwise, `M` LayerScale and stochastic
/// depth.
///
/// # Shapes
/// `[batch, channels, height, width]` to the same
#[derive(Module, Debug)]
pub struct ConvNeXtBlock {
    /// The depthwise 7x7 convolution.
    pub conv_dw: Conv2d,
    /// The normalisation after it.
    pub norm: Norm,
    /// The layers over the channels of each pixel.
    pub mlp: Mlp,
    /// Applied to the branch in order, before it is added.
    pub modifiers: Vec<Modifier>,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl ConvNeXtBlock {
    /// A block of so many channels whose taps are `dilation` pixels apart, and which samples skip
    /// with this probability.
    pub(super) fn new(
        config: &ConvNeXtConfig,
        channels: usize,
        dilation: usize,
        drop_probability: f64,
        device: &Device,
    ) -> Self {
        let scale = config.layer_scale;
        let scale = scale.map(|initial| ModifierConfig::LayerScale { initial });
        let depth = (drop_probability > 0.0)
            .then_some(ModifierConfig::StochasticDepth { drop_probability });
        let modifiers = scale.into_iter().chain(depth);
        Self {
            conv_dw: normal_conv(depthwise(channels, dilation), DEVIATION, device),
            norm: config.norm.init(channels, device),
            mlp: Mlp::new(config, channels, device),
            modifiers: modifiers
                .map(|modifier| modifier.init(channels, device))
                .collect(),
            act: config.act,
        }
    }

    /// Applies the block. See [`ConvNeXtBlock`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [x, shortcut] = split(x);
        let x = conv(x, &self.conv_dw, Act::None);
        let x = norm(x, &self.norm, Act::None);
        let x = self.mlp.forward(x, self.act);
        let modifiers = self.modifiers.iter();
        let x = modifiers.fold(x, |x, modifier| modifier.forward(x));
        add(x, shortcut, Act::None)
    }
}

impl Mlp {
    fn new(config: &ConvNeXtConfig, channels: usize, device: &Device) -> Self {
        let hidden = config.expansion * channels;
        let layer = |from, to| normal_conv(conv1x1(from, to).with_bias(true), DEVIATION, device);
        Self {
            fc1: layer(channels, hidden),
            grn: config
                .response_norm
                .then(|| GlobalResponseNorm::new(hidden, device)),
            fc2: layer(hidden, channels),
        }
    }

    fn forward(&self, x: Tensor<4>, act: Act) -> Tensor<4> {
        let x = conv(x, &self.fc1, act);
        let x = match &self.grn {
            Some(grn) => grn.forward(x),
            None => x,
        };
        conv(x, &self.fc2, Act::None)
    }
}
