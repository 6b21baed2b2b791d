//! The gate of attention U-Nets.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::layers::{Act, Conv2d, End, Norm, NormKind, conv_norm, conv1x1};

/// How much of a skip passes, for each pixel: `t = sigmoid(bn(psi(relu(bn(Ws skip) + bn(Wx x)))))`,
/// where `x` comes from below and all of `Ws`, `Wx` and `psi` are 1x1 convolutions.
///
/// From "Attention U-Net: Learning Where to Look for the Pancreas" (Oktay et al. 2018,
/// <https://arxiv.org/abs/1804.03999>), figure 2. There `x` is still of half the size; here it is
/// brought to the skip's first, and normalised, as in MONAI.
///
/// # Shapes
/// `skip` and `x`: maps of one height and width to `[batch, 1, height, width]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::AttentionGate;
///
/// let device = Device::flex();
/// let gate = AttentionGate::new(6, 4, &device);
/// let [skip, x] = [6, 4].map(|channels| Tensor::ones([2, channels, 5, 3], &device));
/// let t = gate.opening(skip, x);
/// assert_eq!(t.dims(), [2, 1, 5, 3]);
/// assert!(t.max().into_scalar::<f32>() < 1.0);
/// ```
#[derive(Module, Debug)]
pub struct AttentionGate {
    /// Of the skip.
    pub skip: Conv2d,
    /// Its normalisation.
    pub skip_bn: Norm,
    /// Of what comes from below.
    pub below: Conv2d,
    /// Its normalisation.
    pub below_bn: Norm,
    /// From both to one value a pixel.
    pub psi: Conv2d,
    /// Its normalisation.
    pub psi_bn: Norm,
}

impl AttentionGate {
    /// A gate of a skip and of a map from below with so many channels. Between there are half as
    /// many as the skip has.
    pub fn new(skip: usize, below: usize, device: &Device) -> Self {
        let between = (skip / 2).max(1);
        let conv = |from, to| conv1x1(from, to).init(device);
        let bn = |channels| NormKind::Batch.init(channels, device);
        Self {
            skip: conv(skip, between),
            skip_bn: bn(between),
            below: conv(below, between),
            below_bn: bn(between),
            psi: conv(between, 1),
            psi_bn: bn(1),
        }
    }

    /// `t`. See [`AttentionGate`].
    pub fn opening(&self, skip: Tensor<4>, x: Tensor<4>) -> Tensor<4> {
        let skip = conv_norm(skip, &self.skip, &self.skip_bn, Act::None);
        let both = End::add(Some(skip), Act::Relu);
        let both = conv_norm(x, &self.below, &self.below_bn, both);
        conv_norm(both, &self.psi, &self.psi_bn, Act::Sigmoid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JoinKind;

    #[test]
    fn an_attention_join_keeps_what_comes_from_below_and_scales_the_skip() {
        let device = Device::flex();
        let join = JoinKind::Attention.init(2, 3, &device);
        let skip = Tensor::<4>::full([1, 2, 2, 2], 0.5, &device);
        let x = Tensor::<4>::full([1, 3, 2, 2], 0.7, &device);
        let joined = join.forward(vec![skip.clone()], x.clone());
        assert_eq!(joined.dims(), [1, 5, 2, 2]);
        assert_eq!(joined.clone().narrow(1, 0, 3).to_data(), x.to_data());
        let share = joined.narrow(1, 3, 2) / skip;
        let [least, most] = [share.clone().min(), share.max()].map(|t| t.into_scalar::<f32>());
        assert!(0.0 < least && most < 1.0 && most - least < 1e-6);
    }
}
