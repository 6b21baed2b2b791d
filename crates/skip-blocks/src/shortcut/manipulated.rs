//! Identities that are not left alone: scaled, gated, dropped.

use burn::module::Module;
use burn::tensor::Tensor;

use super::ZeroPad;
use crate::layers::{Act, Conv2d, Dropout, conv, dropout, gate, scaled, split};

/// `factor * S(x)`, `S(x)` being `x` or, where the shapes differ, option A of it.
///
/// From "Identity Mappings in Deep Residual Networks" (He et al. 2016,
/// <https://arxiv.org/abs/1603.05027>), section 3.1, figure 2(b).
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
#[derive(Module, Debug)]
pub struct ScaledIdentity {
    /// What is multiplied with.
    pub factor: f64,
    /// `S`
    pub zero_pad: ZeroPad,
}

/// `(1 - g) * S(x)` with the gate `g = sigmoid(conv1x1(S(x)))`, `S(x)` being `x` or, where the
/// shapes differ, option A of it.
///
/// An exclusive gate weighs the branch, too: `y = (1 - g) * S(x) + g * F(x)`.
///
/// From "Identity Mappings in Deep Residual Networks" (He et al. 2016,
/// <https://arxiv.org/abs/1603.05027>), section 3.1, figures 2(c) and 2(d).
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::{ShortcutConfig, ShortcutKind};
///
/// let device = Device::flex();
/// let gated = |bias| {
///     let config = ShortcutConfig::new(2, 2).with_kind(ShortcutKind::ShortcutGate(bias));
///     config.init(&device).expect("not plain")
/// };
/// // A gate at 0 leaves the shortcut as it is, one at 1 shuts it off.
/// let x = Tensor::<4>::from_data([[[[1.0, -2.0]], [[3.0, 4.0]]]], &device);
/// assert_eq!(gated(-1e4).forward(x.clone()).to_data(), x.to_data());
/// assert_eq!(gated(1e4).forward(x.clone()).abs().max().into_scalar::<f32>(), 0.0);
/// ```
#[derive(Module, Debug)]
pub struct GatedIdentity {
    /// Gives the gate before its sigmoid.
    pub gate: Conv2d,
    /// Whether the gate weighs the branch, too.
    pub is_exclusive: bool,
    /// `S`
    pub zero_pad: ZeroPad,
}

/// `dropout(S(x))`, `S(x)` being `x` or, where the shapes differ, option A of it.
///
/// From "Identity Mappings in Deep Residual Networks" (He et al. 2016,
/// <https://arxiv.org/abs/1603.05027>), section 3.1, figure 2(f).
///
/// # Shapes
/// `[batch, in_channels, height, width]` to
/// `[batch, out_channels, ceil(height / stride), ceil(width / stride)]`
#[derive(Module, Debug)]
pub struct DroppedIdentity {
    /// What drops values in training.
    pub dropout: Dropout,
    /// `S`
    pub zero_pad: ZeroPad,
}

impl ScaledIdentity {
    /// `factor * S(x)`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        scaled(self.zero_pad.forward(x), self.factor)
    }
}

impl GatedIdentity {
    /// `(1 - g) * S(x)`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let (x, z) = self.before_gate(x);
        gate(z, x.zeros_like(), x)
    }

    /// `S(x)`, and the gate before its sigmoid.
    pub(super) fn before_gate(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let [x, to_gate] = split(self.zero_pad.forward(x));
        (x, conv(to_gate, &self.gate, Act::None))
    }
}

impl DroppedIdentity {
    /// `dropout(S(x))`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        dropout(self.zero_pad.forward(x), &self.dropout)
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::tensor::Device;

    use crate::seam::Seam;
    use crate::{
        BasicBlock, BasicBlockConfig, Modifier, ModifierConfig, Order, Shortcut, ShortcutConfig,
        ShortcutKind, parameter_count,
    };
    use burn::tensor::{Distribution, Tensor};

    const ORDERS: [Order; 2] = [Order::PostActivation, Order::PreActivation];

    fn noise(device: &Device) -> Tensor<4> {
        Tensor::random([2, 4, 5, 5], Distribution::Normal(0.0, 1.0), device)
    }

    /// A block whose only other difference from `like` is its short path.
    fn with_shortcut(like: &BasicBlock, kind: ShortcutKind, device: &Device) -> BasicBlock {
        let shortcut = ShortcutConfig::new(4, 4).with_kind(kind).init(device);
        BasicBlock {
            downsample: shortcut,
            ..like.clone()
        }
    }

    fn block(order: Order, device: &Device) -> BasicBlock {
        BasicBlockConfig::new(4, 4).with_order(order).init(device)
    }

    fn greatest(x: Tensor<4>) -> f32 {
        x.abs().max().into_scalar()
    }

    #[test]
    fn what_changes_nothing_is_the_identity() {
        let device = Device::flex();
        let x = noise(&device);
        for order in ORDERS {
            let identity = block(order, &device);
            let expected = identity.forward(x.clone()).to_data();
            for kind in [
                ShortcutKind::Scaled(1.0),
                ShortcutKind::Dropout(0.5),
                ShortcutKind::ShortcutGate(-1e4),
            ] {
                let same = with_shortcut(&identity, kind, &device);
                assert_eq!(same.forward(x.clone()).to_data(), expected, "{kind:?}");
            }
        }
    }

    #[test]
    fn what_lets_nothing_through_is_the_plain_block() {
        let device = Device::flex();
        let x = noise(&device);
        for order in ORDERS {
            let identity = block(order, &device);
            let plain = with_shortcut(&identity, ShortcutKind::Plain, &device);
            let expected = plain.forward(x.clone());
            for kind in [
                ShortcutKind::Scaled(0.0),
                ShortcutKind::ShortcutGate(1e4),
                ShortcutKind::ExclusiveGate(1e4),
            ] {
                let same = with_shortcut(&identity, kind, &device);
                let difference = greatest(same.forward(x.clone()) - expected.clone());
                assert!(difference < 1e-5, "{kind:?}: {difference}");
            }
        }
    }

    #[test]
    fn an_exclusive_gate_that_is_closed_passes_the_input_alone() {
        let device = Device::flex();
        // Post-activation blocks end in a ReLU, which passes what is not negative.
        let x = noise(&device).abs();
        for order in ORDERS {
            let closed = ShortcutKind::ExclusiveGate(-1e4);
            let closed = with_shortcut(&block(order, &device), closed, &device);
            assert_eq!(closed.forward(x.clone()).to_data(), x.to_data());
        }
    }

    #[test]
    fn a_gate_that_is_half_open_halves_both_paths() {
        let device = Device::flex();
        let x = noise(&device);
        for order in ORDERS {
            let block = block(order, &device);
            let mut gated = with_shortcut(&block, ShortcutKind::ExclusiveGate(0.0), &device);
            let Some(Shortcut::Gated(gate)) = &mut gated.downsample else {
                panic!("not gated")
            };
            let silent = gate.gate.weight.clone();
            gate.gate.weight = silent.map(|weight| weight.zeros_like());
            let mut halved = with_shortcut(&block, ShortcutKind::Scaled(0.5), &device);
            halved.modifiers = vec![ModifierConfig::Scaled { factor: 0.5 }.init(4, &device)];
            assert!(matches!(halved.modifiers[..], [Modifier::Scaled(_)]));
            let difference = gated.forward(x.clone()) - halved.forward(x.clone());
            assert!(greatest(difference) < 1e-5);
        }
    }

    #[test]
    fn dropout_is_for_training_alone() {
        let device = Device::flex();
        let kind = ShortcutKind::Dropout(0.5);
        let dropped = ShortcutConfig::new(4, 4).with_kind(kind).init(&device);
        let dropped = dropped.expect("not plain");
        let x = Tensor::<4>::ones([2, 4, 50, 50], &device);
        assert_eq!(dropped.forward(x.clone()).to_data(), x.to_data());
        let y = dropped.train().forward(x.autodiff());
        let zeros = y
            .clone()
            .equal_elem(0.0)
            .float()
            .mean()
            .into_scalar::<f32>();
        assert!((zeros - 0.5).abs() < 0.03, "{zeros}");
        let mean = y.mean().into_scalar::<f32>();
        assert!((mean - 1.0).abs() < 0.06, "{mean}");
    }

    #[test]
    fn a_cut_leaves_the_branch_as_it_is() {
        let device = Device::flex();
        let x = noise(&device);
        for kind in [
            ShortcutKind::Scaled(0.5),
            ShortcutKind::ShortcutGate(0.0),
            ShortcutKind::Dropout(0.5),
            ShortcutKind::Convolution,
        ] {
            let block = with_shortcut(&block(Order::PreActivation, &device), kind, &device);
            let plain = with_shortcut(&block, ShortcutKind::Plain, &device);
            let seam = Seam::of(&block).cut("downsample").expect("a shortcut");
            let (cut, _) = seam.run(|| block.forward(x.clone()));
            let difference = greatest(cut - plain.forward(x.clone()));
            assert!(difference < 1e-6, "{kind:?}: {difference}");
        }
    }

    #[test]
    fn gates_are_the_only_new_parameters() {
        let device = Device::flex();
        let count = |kind| {
            let config = ShortcutConfig::new(4, 8).with_stride(2).with_kind(kind);
            let shortcut = config.init(&device).expect("not plain");
            let y = shortcut.forward(Tensor::ones([1, 4, 7, 5], &device));
            assert_eq!(y.dims(), [1, 8, 4, 3], "{kind:?}");
            parameter_count(&shortcut)
        };
        assert_eq!(count(ShortcutKind::Scaled(0.5)), 0);
        assert_eq!(count(ShortcutKind::Dropout(0.5)), 0);
        for gate in [
            ShortcutKind::ShortcutGate(0.0),
            ShortcutKind::ExclusiveGate(0.0),
        ] {
            assert_eq!(count(gate), 8 * 8 + 8);
        }
    }

    #[test]
    #[should_panic(expected = "factor = NaN: must be finite")]
    fn a_factor_that_is_no_number_is_refused() {
        let kind = ShortcutKind::Scaled(f64::NAN);
        ShortcutConfig::new(4, 4)
            .with_kind(kind)
            .init(&Device::flex());
    }

    #[test]
    #[should_panic(expected = "drop_probability = 1: must be in [0, 1)")]
    fn a_shortcut_that_is_always_dropped_is_refused() {
        let kind = ShortcutKind::Dropout(1.0);
        ShortcutConfig::new(4, 4)
            .with_kind(kind)
            .init(&Device::flex());
    }
}
