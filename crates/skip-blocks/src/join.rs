//! The join of a skip connection, as a module.

use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::attention_gate::AttentionGate;
use crate::layers::{
    Act, Conv2d, Linear, LinearConfig, add, add_concat, concat, conv, gate, linear, padded_conv,
    scale_pixels,
};
use crate::rank::{as_map, from_map};
use crate::seam::{self, Mark};

/// How the maps that a skip connection carries rejoin what was made meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JoinKind {
    /// `[skips.., x]`, along the channels, as in DenseNet and U-Net.
    Concat,
    /// `[x, skips..]`, as in segmentation_models.pytorch (Iakubovskii 2019).
    Append,
    /// `x + skips..`, as in ResNet and LinkNet.
    Add,
    /// `t * x + (1 - t) * skip` with `t = sigmoid(conv1x1(skip))`, as in Highway networks.
    Gate,
    /// `[x, skip * t]` with a `t` in `(0, 1)` for each pixel, of both maps: see [`AttentionGate`].
    Attention,
    /// `[skip * t, x]`, its convolutions with biases, as in MONAI.
    AttentionConcat,
    /// `x`: the skips are left out, for comparison.
    None,
}

/// Joins the maps that were carried past some layers, `skips`, with what the layers made of them,
/// `x`.
///
/// # Shapes
/// All maps have the shape of `x`; but in [`Join::Concat`], [`Join::Append`] and
/// [`Join::Attention`] and [`Join::AttentionConcat`], where the channels may differ, and in
/// [`Join::None`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::JoinKind;
///
/// let device = Device::flex();
/// let x = Tensor::<2>::from_data([[1.0, 2.0]], &device);
/// let join = |kind: JoinKind| kind.init(2, 2, &device).forward(vec![x.clone() * 10.0], x.clone());
/// assert_eq!(join(JoinKind::Concat).to_data(), [[10.0f32, 20.0, 1.0, 2.0]].into());
/// assert_eq!(join(JoinKind::Add).to_data(), [[11.0f32, 22.0]].into());
/// assert_eq!(join(JoinKind::None).to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub enum Join {
    /// See [`JoinKind::Concat`].
    Concat(Mark),
    /// See [`JoinKind::Append`].
    Append(Mark),
    /// See [`JoinKind::Add`].
    Add(Mark),
    /// See [`JoinKind::Gate`].
    Gate(Conv2d),
    /// [`Join::Gate`] whose `t` is of a linear layer, for maps without pixels.
    LinearGate(Linear),
    /// `[skip + x, rest of skip, rest of x]`: some channels are added, the others put side by side.
    AddConcat(AddConcat),
    /// See [`JoinKind::Attention`].
    Attention(AttentionGate),
    /// See [`JoinKind::AttentionConcat`].
    AttentionConcat(AttentionGate),
    /// See [`JoinKind::None`].
    None(Mark),
}

/// See [`Join::AddConcat`].
#[derive(Module, Debug)]
pub struct AddConcat {
    /// How many channels are added.
    pub added: usize,
    mark: Mark,
}

impl JoinKind {
    /// Makes the join, for so many channels of all skips together and of `x`.
    pub fn init(&self, skips: usize, x: usize, device: &Device) -> Join {
        match self {
            Self::Concat => Join::Concat(Mark::new()),
            Self::Append => Join::Append(Mark::new()),
            Self::Add => Join::Add(Mark::new()),
            Self::Gate => Join::Gate(gate_layer(x, 1, -2.0, device)),
            Self::Attention => Join::Attention(AttentionGate::new(skips, x, device)),
            Self::AttentionConcat => Join::AttentionConcat(AttentionGate::biased(skips, x, device)),
            Self::None => Join::None(Mark::new()),
        }
    }

    /// Channels of what comes out, for those of all skips together and of `x`.
    pub fn out_channels(&self, skips: usize, x: usize) -> usize {
        match self {
            Self::Concat | Self::Append | Self::Attention | Self::AttentionConcat => skips + x,
            Self::Add | Self::Gate | Self::None => x,
        }
    }
}

impl Join {
    /// A gate over maps, its `t` of a convolution of the skip.
    pub fn gate(channels: usize, kernel: usize, bias: f64, device: &Device) -> Self {
        Self::Gate(gate_layer(channels, kernel, bias, device))
    }

    /// A gate over units, its `t` of a linear layer of the skip.
    pub fn linear_gate(units: usize, bias: f64, device: &Device) -> Self {
        let mut layer = LinearConfig::new(units, units).init(device);
        layer.bias = constant_bias(units, bias, device);
        Self::LinearGate(layer)
    }

    /// A join that adds the first `added` channels and puts the others side by side, as in DPN.
    pub fn add_concat(added: usize) -> Self {
        Self::AddConcat(AddConcat {
            added,
            mark: Mark::new(),
        })
    }

    /// Joins the skips with `x`. See [`Join`].
    ///
    /// # Panics
    /// Panics if shapes do not fit; a gate also if there is not one skip.
    pub fn forward<const D: usize>(&self, skips: Vec<Tensor<D>>, x: Tensor<D>) -> Tensor<D> {
        let mut skips = match self {
            Self::None(_) => vec![],
            _ => seam::carried(self, skips),
        };
        match self {
            Self::Concat(_) => {
                skips.push(x);
                concat(skips)
            }
            Self::Append(_) => {
                skips.insert(0, x);
                concat(skips)
            }
            Self::Add(_) => skips
                .into_iter()
                .fold(x, |sum, skip| add(skip, sum, Act::None)),
            Self::AddConcat(join) => skips
                .into_iter()
                .fold(x, |x, skip| add_concat(skip, x, join.added)),
            Self::Gate(_) | Self::LinearGate(_) => {
                let skip = the_one(skips);
                let z = self.before_sigmoid(skip.clone());
                gate(z, x, skip)
            }
            Self::Attention(gate) | Self::AttentionConcat(gate) => {
                let [skip, x] = [the_one(skips), x].map(as_map);
                let t = gate.opening(skip.clone(), x.clone());
                seam::opening(self, || t.clone());
                let weighted = scale_pixels(skip, t);
                from_map(concat(match self {
                    Self::Attention(_) => vec![x, weighted],
                    _ => vec![weighted, x],
                }))
            }
            Self::None(_) => x,
        }
    }

    /// The gate before its sigmoid.
    fn before_sigmoid<const D: usize>(&self, skip: Tensor<D>) -> Tensor<D> {
        let z = match self {
            Self::LinearGate(layer) => linear(skip, layer, Act::None),
            Self::Gate(layer) => from_map(conv(as_map(skip), layer, Act::None)),
            _ => unreachable!("not a gate"),
        };
        seam::opening(self, || sigmoid(z.clone()));
        z
    }
}

/// The one skip that a gate joins.
fn the_one<const D: usize>(skips: Vec<Tensor<D>>) -> Tensor<D> {
    let [skip] = skips.try_into().unwrap_or_else(|skips: Vec<_>| {
        panic!(
            "skips = {}: a gate joins one with what was made of it",
            skips.len()
        )
    });
    skip
}

/// The convolution of a gate, its bias at `bias` at first.
pub(crate) fn gate_layer(channels: usize, kernel: usize, bias: f64, device: &Device) -> Conv2d {
    let mut layer = padded_conv(channels, channels, kernel)
        .with_bias(true)
        .init(device);
    layer.bias = constant_bias(channels, bias, device);
    layer
}

/// A bias of so many units that starts at `value`.
pub(crate) fn constant_bias(units: usize, value: f64, device: &Device) -> Option<Param<Tensor<1>>> {
    Some(Param::from_tensor(Tensor::full([units], value, device)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: [f32; 2], device: &Device) -> Tensor<4> {
        Tensor::from_data([[[[values[0]]], [[values[1]]]]], device)
    }

    #[test]
    fn closed_gate_carries_and_open_gate_does_not() {
        let device = Device::flex();
        let (skip, x) = (map([1.0, -2.0], &device), map([5.0, 7.0], &device));
        let joined = |bias| {
            let join = Join::gate(2, 1, bias, &device);
            join.forward(vec![skip.clone()], x.clone())
        };
        assert_eq!(joined(-1e4).to_data(), skip.to_data());
        let difference = (joined(1e4) - x.clone()).abs().max();
        assert!(difference.into_scalar::<f32>() < 1e-6);
    }

    #[test]
    fn several_maps_are_joined() {
        let device = Device::flex();
        let skips = || vec![map([1.0, 2.0], &device), map([10.0, 20.0], &device)];
        let x = map([100.0, 200.0], &device);
        let sum = JoinKind::Add
            .init(4, 2, &device)
            .forward(skips(), x.clone());
        assert_eq!(sum.to_data(), map([111.0, 222.0], &device).to_data());
        let wide = JoinKind::Concat
            .init(4, 2, &device)
            .forward(skips(), x.clone());
        assert_eq!(wide.dims(), [1, JoinKind::Concat.out_channels(4, 2), 1, 1]);
        assert_eq!(wide.narrow(1, 4, 2).to_data(), x.to_data());
    }

    #[test]
    #[should_panic(expected = "skips = 2: a gate joins one with what was made of it")]
    fn a_gate_of_two_skips_is_refused() {
        let device = Device::flex();
        let skip = map([1.0, 2.0], &device);
        JoinKind::Gate
            .init(4, 2, &device)
            .forward(vec![skip.clone(), skip.clone()], skip);
    }
}
