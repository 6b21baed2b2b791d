//! Where a residual block's branch meets its short path.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::layers::{Act, Conv2d, End, Norm, NormKind, act, add, conv, conv_norm};
use crate::modifiers::{self, Modifier};
use crate::shortcut::Shortcut;

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

/// `activation(M(norm(conv(x))) + shortcut)`
pub(super) fn post_activation(
    x: Tensor<4>,
    layer: &Conv2d,
    norm: &Norm,
    modifiers: &[Modifier],
    shortcut: Option<Tensor<4>>,
    activation: Act,
) -> Tensor<4> {
    if modifiers.is_empty() {
        return conv_norm(x, layer, norm, End::add(shortcut, activation));
    }
    let branch = modifiers::forward_all(modifiers, conv_norm(x, layer, norm, Act::None));
    match shortcut {
        Some(shortcut) => add(branch, shortcut, activation),
        None => act(branch, activation),
    }
}

/// `M(conv(x)) + shortcut`
pub(super) fn pre_activation(
    x: Tensor<4>,
    layer: &Conv2d,
    modifiers: &[Modifier],
    shortcut: Option<Tensor<4>>,
) -> Tensor<4> {
    if modifiers.is_empty() {
        return conv(x, layer, End::add(shortcut, Act::None));
    }
    let branch = modifiers::forward_all(modifiers, conv(x, layer, Act::None));
    match shortcut {
        Some(shortcut) => add(branch, shortcut, Act::None),
        None => branch,
    }
}

/// The short path of a pre-activation block: `x` itself where the shape is kept, else a shortcut
/// of the activated `x`, so that both paths see the same normalised input.
pub(super) fn pre_activation_shortcut(
    shortcut: &Option<Shortcut>,
    x: Tensor<4>,
    activated: Tensor<4>,
) -> Option<Tensor<4>> {
    shortcut.as_ref().map(|shortcut| match shortcut {
        Shortcut::Projection(_) => shortcut.forward(activated),
        _ => shortcut.forward(x),
    })
}
