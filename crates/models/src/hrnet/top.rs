use burn::module::Module;
use burn::tensor::{Device, Tensor};
use skip_blocks::ConvNorm;
use skip_blocks::layers::{Act, add, conv1x1, conv3x3};

use super::config::{HrNetConfig, SUMMED, TopKind};

/// What a classifier has on all maps: from the largest on, each is halved and added to the next.
///
/// # Shapes
/// maps of several sizes to `[batch, 2048, height, width]` of the smallest
#[derive(Module, Debug)]
pub struct HrTop {
    /// Each halves a map, to the next one's channels.
    pub downsamp_modules: Vec<ConvNorm>,
    /// To the head's channels.
    pub final_layer: ConvNorm,
    /// The activation.
    #[module(skip)]
    pub act: Act,
}

impl HrTop {
    pub(super) fn new(config: &HrNetConfig, device: &Device) -> Self {
        let given = config.given();
        let bias = config.top == TopKind::Biased || config.norm.wants_bias();
        let down = |pair: &[usize]| {
            let conv = conv3x3(pair[0], pair[1]).with_stride([2; 2]);
            ConvNorm::new(conv.with_bias(bias), config.norm, device)
        };
        let smallest = given.last().copied().unwrap_or(0);
        let last = conv1x1(smallest, SUMMED).with_bias(bias);
        Self {
            downsamp_modules: given.windows(2).map(down).collect(),
            final_layer: ConvNorm::new(last, config.norm, device),
            act: config.act,
        }
    }

    /// Adds the maps up. See [`HrTop`].
    ///
    /// # Panics
    /// Panics if there are no maps.
    pub fn forward(&self, maps: Vec<Tensor<4>>) -> Tensor<4> {
        let mut maps = maps.into_iter();
        let largest = maps.next().expect("one map or more");
        let downs = self.downsamp_modules.iter().zip(maps);
        let x = downs.fold(largest, |x, (down, map)| {
            let x = down.forward(x, self.act);
            add(map, x, Act::None)
        });
        self.final_layer.forward(x, self.act)
    }
}
