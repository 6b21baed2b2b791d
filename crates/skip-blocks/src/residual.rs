//! Residual blocks: `y = x + F(x)`.

mod basic;
mod bottleneck;
mod pre_act_basic;
mod pre_act_bottleneck;
#[cfg(test)]
mod tests;

pub use basic::{BasicBlock, BasicBlockConfig};
pub use bottleneck::{Bottleneck, BottleneckConfig};
pub use pre_act_basic::{PreActBasicBlock, PreActBasicBlockConfig};
pub use pre_act_bottleneck::{PreActBottleneck, PreActBottleneckConfig};

use burn::tensor::{Tensor, activation::relu};

use crate::Shortcut;
use crate::layers::{
    BatchNorm, Conv2d, add, add_relu, conv, conv_add, conv_bn, conv_bn_add_relu, conv_bn_relu,
};
use crate::modifiers::{self, Modifier};

/// The end of a post-activation block: `relu(M(bn(conv(x))) + shortcut)`.
fn join_post_activation(
    x: Tensor<4>,
    layer: &Conv2d,
    norm: &BatchNorm,
    modifiers: &[Modifier],
    shortcut: Option<Tensor<4>>,
) -> Tensor<4> {
    match shortcut {
        Some(shortcut) if modifiers.is_empty() => conv_bn_add_relu(x, layer, norm, shortcut),
        None if modifiers.is_empty() => conv_bn_relu(x, layer, norm),
        shortcut => {
            let branch = modifiers::forward_all(modifiers, conv_bn(x, layer, norm));
            match shortcut {
                Some(shortcut) => add_relu(branch, shortcut),
                None => relu(branch),
            }
        }
    }
}

/// The end of a pre-activation block: `M(conv(x)) + shortcut`.
fn join_pre_activation(
    x: Tensor<4>,
    layer: &Conv2d,
    modifiers: &[Modifier],
    shortcut: Option<Tensor<4>>,
) -> Tensor<4> {
    match shortcut {
        Some(shortcut) if modifiers.is_empty() => conv_add(x, layer, shortcut),
        Some(shortcut) => add(modifiers::forward_all(modifiers, conv(x, layer)), shortcut),
        None => modifiers::forward_all(modifiers, conv(x, layer)),
    }
}

/// The short path of a pre-activation block: `x` itself where the shape is kept, else a shortcut
/// of the activated `x`, so that both paths see the same normalised input.
fn pre_activation_shortcut(
    shortcut: &Option<Shortcut>,
    x: Tensor<4>,
    activated: Tensor<4>,
) -> Option<Tensor<4>> {
    shortcut.as_ref().map(|shortcut| match shortcut {
        Shortcut::Projection(projection) => projection.forward(activated),
        parameter_free => parameter_free.forward(x),
    })
}
