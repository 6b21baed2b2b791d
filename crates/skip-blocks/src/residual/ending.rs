//! Where a residual block's branch meets its short path.

use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::check::{ConfigError, ensure};
use crate::layers::{
    Act, Conv2d, Conv2dConfig, End, Norm, NormKind, act, add, conv, conv_norm, gate,
};
use crate::modifiers::{self, Modifier};
use crate::seam::{self, Mark};
use crate::shortcut::{Carried, Shortcut, ShortcutKind};
use crate::streams::ConnectionKind;

/// Where the normalisations and activations of a residual block stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// After each convolution, the last activation after the addition: He 2015
    /// (<https://arxiv.org/abs/1512.03385>).
    PostActivation,
    /// Before each convolution, so that nothing stands on the short path, which is the identity
    /// through a whole stage: "Identity Mappings in Deep Residual Networks" (He et al. 2016,
    /// <https://arxiv.org/abs/1603.05027>), figure 4(e). A projection takes the activated input
    /// and is not normalised.
    PreActivation,
}

impl Order {
    /// The normalisation of a projection on the short path.
    pub(super) fn shortcut_norm(self, norm: NormKind) -> NormKind {
        match self {
            Self::PostActivation => norm,
            Self::PreActivation => NormKind::None,
        }
    }
}

/// Which of a branch's last layers starts with zeros, so that the branch gives zeros at first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Zeroed {
    None,
    Norm,
    Conv,
}

impl Zeroed {
    /// The layer that stands last, if zeros are wanted.
    pub fn last_of(order: Order, norm: NormKind, wanted: bool) -> Self {
        match (wanted, order) {
            (false, _) => Self::None,
            (true, Order::PostActivation) if norm.scales() => Self::Norm,
            (true, _) => Self::Conv,
        }
    }

    /// The branch's last normalisation.
    pub fn norm(self, norm: NormKind, channels: usize, device: &Device) -> Norm {
        match self {
            Self::Norm => norm.init_zeros(channels, device),
            Self::None | Self::Conv => norm.init(channels, device),
        }
    }

    /// The branch's last convolution.
    pub fn conv(self, conv: Conv2dConfig, device: &Device) -> Conv2d {
        match self {
            Self::Conv => conv.with_initializer(Initializer::Zeros).init(device),
            Self::None | Self::Norm => conv.init(device),
        }
    }
}

/// Whether blocks of this kind can be connected so: with several streams nothing may stand after
/// the addition, and the short path is applied to each.
pub(super) fn check_connection(
    connection: ConnectionKind,
    order: Order,
    shortcut: ShortcutKind,
) -> Result<(), ConfigError> {
    connection.check()?;
    let several = connection != ConnectionKind::Residual;
    ensure!(
        !several || order == Order::PreActivation,
        "order = {order:?}: must be pre-activation where connection = {connection:?}"
    );
    ensure!(
        !several || shortcut == ShortcutKind::ZeroPad,
        "shortcut = {shortcut:?}: must be zero-padded where connection = {connection:?}"
    );
    Ok(())
}

/// What the short path makes of several streams.
pub(super) fn carried(shortcut: &Option<Shortcut>, streams: Tensor<4>) -> Tensor<4> {
    match shortcut {
        Some(shortcut) => shortcut.forward(streams),
        None => streams,
    }
}

/// What is at the end of a branch, before it joins the short path.
#[derive(Clone, Copy)]
pub(super) struct Ending<'a> {
    /// Applied in order.
    pub modifiers: &'a [Modifier],
    /// What the branch is known by.
    pub branch: &'a Mark,
}

impl Ending<'_> {
    /// Whether the short path is added to what the last layers give as it is, so that all is one
    /// operation.
    fn is_sum(self, shortcut: &Option<Carried>) -> bool {
        let is_gated = shortcut
            .as_ref()
            .is_some_and(|carried| carried.gate.is_some());
        self.modifiers.is_empty() && !is_gated && !seam::looks_at(self.branch)
    }

    /// `M(x)`, the branch.
    pub fn forward(self, x: Tensor<4>) -> Tensor<4> {
        seam::output(self.branch, modifiers::forward_all(self.modifiers, x))
    }
}

/// `activation(M(norm(conv(x))) + shortcut)`
pub(super) fn post_activation(
    x: Tensor<4>,
    layer: &Conv2d,
    norm: &Norm,
    ending: Ending<'_>,
    shortcut: Option<Carried>,
    activation: Act,
) -> Tensor<4> {
    if ending.is_sum(&shortcut) {
        let map = shortcut.map(|carried| carried.map);
        return conv_norm(x, layer, norm, End::add(map, activation));
    }
    let branch = ending.forward(conv_norm(x, layer, norm, Act::None));
    join(branch, shortcut, activation)
}

/// `M(conv(x)) + shortcut`
pub(super) fn pre_activation(
    x: Tensor<4>,
    layer: &Conv2d,
    ending: Ending<'_>,
    shortcut: Option<Carried>,
) -> Tensor<4> {
    if ending.is_sum(&shortcut) {
        let map = shortcut.map(|carried| carried.map);
        return conv(x, layer, End::add(map, Act::None));
    }
    let branch = ending.forward(conv(x, layer, Act::None));
    join(branch, shortcut, Act::None)
}

/// `activation(branch + shortcut)`, or by an exclusive gate
/// `activation(g * branch + (1 - g) * shortcut)`.
fn join(branch: Tensor<4>, shortcut: Option<Carried>, activation: Act) -> Tensor<4> {
    match shortcut {
        Some(Carried { map, gate: None }) => add(branch, map, activation),
        Some(Carried { map, gate: Some(z) }) => act(gate(z, branch, map), activation),
        None => act(branch, activation),
    }
}

/// The short path of a pre-activation block: `x` itself where the shape is kept, else a shortcut
/// of the activated `x`, so that both paths see the same normalised input.
pub(super) fn pre_activation_shortcut(
    shortcut: &Option<Shortcut>,
    x: Tensor<4>,
    activated: Tensor<4>,
) -> Option<Carried> {
    shortcut.as_ref().map(|shortcut| match shortcut {
        Shortcut::Projection(_) | Shortcut::PooledProjection(_) => shortcut.carry(activated),
        _ => shortcut.carry(x),
    })
}
