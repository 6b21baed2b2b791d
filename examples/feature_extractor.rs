//! An encoder says which feature maps it gives before it is made, and gives them in order.
//!
//! `cargo run -p examples --bin feature_extractor` prints
//!
//! ```text
//! image     [1, 3, 64, 64]
//! level 0   64 channels, 2 times smaller    [1, 64, 32, 32]
//! level 1   64 channels, 4 times smaller    [1, 64, 16, 16]
//! level 2   128 channels, 8 times smaller   [1, 128, 8, 8]
//! level 3   256 channels, 16 times smaller  [1, 256, 4, 4]
//! level 4   512 channels, 32 times smaller  [1, 512, 2, 2]
//! ```

use burn::tensor::{Device, Distribution, Tensor};
use models::{Encode, EncoderFamily, ModelError, create};

fn main() -> Result<(), ModelError> {
    let device = Device::flex();
    device.seed(0);
    let config = create("resnet18")?.encoder;
    let encoder = config.init(&device);
    let image = Tensor::<4>::random([1, 3, 64, 64], Distribution::Default, &device);

    println!("image     {:?}", image.dims());
    let maps = encoder.features(image);
    for (index, (level, map)) in config.levels().iter().zip(maps).enumerate() {
        let said = format!(
            "{} channels, {} times smaller",
            level.channels, level.reduction
        );
        println!("level {index}   {said:<30}{:?}", map.dims());
    }
    Ok(())
}
