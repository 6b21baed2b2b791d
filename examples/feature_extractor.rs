//! A ResNet without its classifier gives a pyramid of feature maps, one for each stage.
//!
//! `cargo run -p examples --bin feature_extractor` prints
//!
//! ```text
//! image     [1, 3, 64, 64]
//! stage 1   [1, 64, 16, 16]
//! stage 2   [1, 128, 8, 8]
//! stage 3   [1, 256, 4, 4]
//! stage 4   [1, 512, 2, 2]
//! ```

use burn::tensor::{Device, Distribution, Tensor};
use models::ResNetConfig;

fn main() {
    let device = Device::flex();
    device.seed(0);
    let model = ResNetConfig::resnet18().init(&device);
    let image = Tensor::<4>::random([1, 3, 64, 64], Distribution::Default, &device);

    println!("image     {:?}", image.dims());
    for (index, features) in model.forward_features(image).iter().enumerate() {
        println!("stage {}   {:?}", index + 1, features.dims());
    }
}
