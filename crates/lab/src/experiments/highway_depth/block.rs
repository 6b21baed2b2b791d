//! A highway layer's special cases, measured on a layer as it starts.

use anyhow::{Context, Result};
use burn::module::Param;
use burn::nn::Initializer;
use burn::tensor::{Device, Distribution, Tensor};
use serde::{Deserialize, Serialize};
use skip_blocks::layers::{Act, linear};
use skip_blocks::{Highway, HighwayConfig, Join};

use crate::{Lab, norm};

const UNITS: usize = 50;

const IMAGES: usize = 32;

/// A bias at which a gate is shut.
pub(super) const SHUT: f64 = -1e4;

/// How far outputs are from what the special cases give, as parts of that.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Checks {
    /// From the input, by the gate's bias.
    pub from_identity: Vec<(f64, f64)>,
    /// From `(x + H(x)) / 2`, with a gate that is half open whatever comes.
    pub half_open: f64,
    /// From `H(x)`, with a gate that is wide open.
    pub open: f64,
}

impl Checks {
    pub fn closed_digits(&self) -> f64 {
        let closed = self.from_identity.iter().find(|(bias, _)| *bias == SHUT);
        closed.map_or(f64::NAN, |(_, distance)| digits(*distance))
    }

    pub fn half_open_digits(&self) -> f64 {
        digits(self.half_open)
    }
}

/// To how many decimal digits something agrees; as many as a number has, where it is the same.
pub(super) fn digits(distance: f64) -> f64 {
    -distance.max(f64::from(f32::EPSILON)).log10()
}

/// Measures them.
pub(super) fn check(lab: &mut Lab<'_>) -> Result<Checks> {
    lab.kept(("highway layers' special cases", UNITS, IMAGES), |device| {
        device.seed(1);
        let x = Tensor::<2>::random([IMAGES, UNITS], Distribution::Normal(0.0, 1.0), device);
        let biases = [0.0, -1.0, -2.0, -4.0, -6.0, -10.0, SHUT];
        let from_identity = biases.map(|bias| {
            let y = layer(bias, device).forward(x.clone());
            (bias, distance(y, x.clone()))
        });
        let half = half_open(device)?;
        let transformed = transformed(&half, x.clone());
        let open = layer(-SHUT, device);
        Ok(Checks {
            from_identity: from_identity.to_vec(),
            half_open: distance(half.forward(x.clone()), (x.clone() + transformed) / 2.0),
            open: distance(open.forward(x.clone()), self::transformed(&open, x)),
        })
    })
}

fn layer(bias: f64, device: &Device) -> Highway {
    let he = Initializer::KaimingNormal {
        gain: 2f64.sqrt(),
        fan_out_only: false,
    };
    let layer = HighwayConfig::new(UNITS).with_initializer(he);
    layer.with_gate_bias(bias).init(device)
}

/// A layer whose gate sees nothing of its input, and stands at a half.
fn half_open(device: &Device) -> Result<Highway> {
    let mut highway = layer(0.0, device);
    let Some(Join::LinearGate(gate)) = &mut highway.gate else {
        None.context("a highway layer without a gate")?
    };
    gate.weight = Param::from_tensor(Tensor::zeros([UNITS, UNITS], device));
    Ok(highway)
}

/// `H(x)`
fn transformed(layer: &Highway, x: Tensor<2>) -> Tensor<2> {
    linear(x, &layer.transform, Act::Relu)
}

/// How far values are from what was expected, as a part of that.
fn distance(found: Tensor<2>, expected: Tensor<2>) -> f64 {
    norm(found - expected.clone()) / norm(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_agrees_to_all_digits_of_a_float() {
        assert!((digits(0.0) - 6.92).abs() < 0.01);
        assert!((digits(1e-3) - 3.0).abs() < 1e-12);
    }
}
