//! A U-Net of one's own, from stages: two levels, bilinear upsampling, skips that are added.
//!
//! The image's sides are odd at both levels: each decoder stage gives its skip's size back.
//!
//! `cargo run -p examples --bin custom_unet` prints
//!
//! ```text
//! image          [1, 3, 37, 53]
//! logits         [1, 2, 37, 53]
//! parameters     24834
//! multiply-adds  10053096
//! ```

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use skip_blocks::layers::{Act, Conv2d, conv, conv1x1};
use skip_blocks::seam::count_macs;
use skip_blocks::{
    DecoderStage, DecoderStageConfig, DoubleConv, DoubleConvConfig, EncoderStage,
    EncoderStageConfig, JoinKind, Upsampling, parameter_count,
};

#[derive(Module, Debug)]
struct SmallUNet {
    encoder1: EncoderStage,
    encoder2: EncoderStage,
    bottom: DoubleConv,
    decoder2: DecoderStage,
    decoder1: DecoderStage,
    head: Conv2d,
}

impl SmallUNet {
    fn new(in_channels: usize, classes: usize, device: &Device) -> Self {
        let decoder = |in_channels, skip_channels| {
            DecoderStageConfig::new(in_channels, skip_channels, skip_channels)
                .with_upsampling(Upsampling::Bilinear)
                .with_join(JoinKind::Add)
                .init(device)
        };
        Self {
            encoder1: EncoderStageConfig::new(in_channels, 8).init(device),
            encoder2: EncoderStageConfig::new(8, 16).init(device),
            bottom: DoubleConvConfig::new(16, 32).init(device),
            decoder2: decoder(32, 16),
            decoder1: decoder(16, 8),
            head: conv1x1(8, classes).with_bias(true).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (skip1, x) = self.encoder1.forward(x);
        let (skip2, x) = self.encoder2.forward(x);
        let x = self.bottom.forward(x);
        let size = |skip: &Tensor<4>| [skip.dims()[2], skip.dims()[3]];
        let (size2, size1) = (size(&skip2), size(&skip1));
        let x = self.decoder2.forward(x, Some(skip2), size2);
        let x = self.decoder1.forward(x, Some(skip1), size1);
        conv(x, &self.head, Act::None)
    }
}

fn main() {
    let device = Device::flex();
    device.seed(0);
    let model = SmallUNet::new(3, 2, &device);
    let image = Tensor::<4>::random([1, 3, 37, 53], Distribution::Default, &device);

    println!("image          {:?}", image.dims());
    println!("logits         {:?}", model.forward(image.clone()).dims());
    println!("parameters     {}", parameter_count(&model));
    println!("multiply-adds  {}", count_macs(|| model.forward(image)));
}
