use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::layers::{
    Act, Conv2d, ConvTranspose2d, Dropout, DropoutConfig, End, Norm, NormKind, PRelu, conv,
    conv_transpose, conv3x3, dropout, fit, norm, split,
};

use super::unit::up_conv;

/// The head of MONAI's `UNet`: `y = u + conv(u)` with `u = prelu(norm(up(x)))`, `up` a transposed 3x3
/// convolution that doubles the size and gives the answer's channels.
///
/// # Shapes
/// `[batch, channels, height, width]` to `[batch, outputs, ..]` of the image's height and width
#[derive(Module, Debug)]
pub struct UpHead {
    /// Drops values in training, before all else.
    pub dropout: Dropout,
    /// Doubles the size.
    pub up: ConvTranspose2d,
    /// Its normalisation.
    pub norm: Norm,
    /// Its activation.
    pub act: PRelu,
    /// The 3x3 convolution of the answer.
    pub conv: Conv2d,
}

impl UpHead {
    /// A head of so many channels in, and outputs, that drops values with this probability.
    pub(crate) fn new(channels: usize, outputs: usize, drop_rate: f64, device: &Device) -> Self {
        Self {
            dropout: DropoutConfig::new(drop_rate).init(),
            up: up_conv([channels, outputs], device),
            norm: NormKind::PlainInstance.init(outputs, device),
            act: PRelu::new(device),
            conv: conv3x3(outputs, outputs).with_bias(true).init(device),
        }
    }

    /// The answer, for images of this height and width.
    pub fn forward(&self, x: Tensor<4>, image: [usize; 2]) -> Tensor<4> {
        let x = conv_transpose(dropout(x, &self.dropout), &self.up);
        let x = norm(x, &self.norm, Act::None);
        let [x, shortcut] = split(fit(self.act.forward(x), image));
        conv(x, &self.conv, End::add(Some(shortcut), Act::None))
    }
}
