//! Looking inside a network of one's own: every layer's activations and gradients, and a U-Net with
//! one long skip cut.
//!
//! The network knows nothing of it. Its layers are found by their paths in the module tree.
//!
//! `cargo run -p examples --bin look_inside` prints
//!
//! ```text
//! layer                  deviation   gradient norm
//! norm                        0.59            5.58
//! blocks.0.downsample         0.59            2.25
//! blocks.0.bn1                0.56            4.23
//! blocks.0.bn2                1.00            2.25
//! blocks.0.branch             1.00            2.25
//! blocks.1.downsample         0.76            1.54
//! blocks.1.bn1                0.61            2.12
//! blocks.1.bn2                1.00            1.54
//! blocks.1.branch             1.00            1.54
//! blocks.2.downsample         1.01            1.28
//! blocks.2.bn1                0.58            1.50
//! blocks.2.bn2                1.00            1.28
//! blocks.2.branch             1.00            1.28
//! head                        4.31            0.48
//! without the skip at decoder.0.join the answer changes by 0 %
//! without the skip at decoder.1.join the answer changes by 1 %
//! without the skip at decoder.2.join the answer changes by 5 %
//! without the skip at decoder.3.join the answer changes by 40 %
//! ```

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use models::create;
use skip_blocks::layers::{Act, Conv2d, Norm, NormKind, conv, conv_norm, conv1x1, conv3x3};
use skip_blocks::seam::Seam;
use skip_blocks::{BasicBlock, BasicBlockConfig};

/// A network of one's own: a stem, three residual blocks, a head.
#[derive(Module, Debug)]
struct Network {
    stem: Conv2d,
    norm: Norm,
    blocks: Vec<BasicBlock>,
    head: Conv2d,
}

impl Network {
    fn new(device: &Device) -> Self {
        let block = BasicBlockConfig::new(8, 8);
        Self {
            stem: conv3x3(1, 8).init(device),
            norm: NormKind::Batch.init(8, device),
            blocks: (0..3).map(|_| block.init(device)).collect(),
            head: conv1x1(8, 2).init(device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = conv_norm(x, &self.stem, &self.norm, Act::Relu);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        conv(x, &self.head, Act::None)
    }
}

/// Rings around the middle: an image that is the same everywhere.
fn rings(size: usize, device: &Device) -> Tensor<4> {
    let middle = (size / 2) as f32;
    let pixel = |index: usize| {
        let (row, column) = ((index / size) as f32, (index % size) as f32);
        (((row - middle).powi(2) + (column - middle).powi(2)).sqrt() / 2.0).sin()
    };
    let pixels: Vec<_> = (0..size * size).map(pixel).collect();
    Tensor::<1>::from_floats(&pixels[..], device).reshape([1, 1, size, size])
}

fn norm<const D: usize>(values: Tensor<D>) -> f64 {
    f64::from(values.powi_scalar(2).sum().sqrt().into_scalar::<f32>())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::flex().autodiff();
    device.seed(0);
    let network = Network::new(&device);
    let image = rings(16, &device);

    let seam = Seam::of(&network).watch("*")?;
    let (y, record) = seam.run(|| network.forward(image));
    let gradients = y.powi_scalar(2).mean().backward();
    println!("{:<22} {:>9} {:>15}", "layer", "deviation", "gradient norm");
    for seen in record.seen() {
        let gradient = seen.gradient(&gradients).map_or(0.0, norm);
        println!(
            "{:<22} {:>9.2} {:>15.2}",
            seen.path(),
            seen.deviation(),
            gradient
        );
    }

    let config = create("unet8")?;
    let unet = config.init(&Device::flex());
    let image = rings(64, &Device::flex());
    let forward = || unet.forward(image.clone()).remove(0);
    let whole = forward();
    for join in 0..4 {
        let path = format!("decoder.{join}.join");
        let (cut, _) = unet.seam(&config).cut(&path)?.run(forward);
        let change = norm(whole.clone() - cut) / norm(whole.clone());
        println!(
            "without the skip at {path} the answer changes by {:.0} %",
            100.0 * change
        );
    }
    Ok(())
}
