//! The gate of a highway layer.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{GateGradients, GateTensors, Isa, fresh, gate_backward, gate_forward};

use super::activation::{Activation, activation};
use super::operands::Operands;

/// `t * h + (1 - t) * x` with `t = sigmoid(z)`.
pub(crate) fn gate<const D: usize>(
    z: &Tensor<D>,
    h: &Tensor<D>,
    x: &Tensor<D>,
) -> Option<Tensor<D>> {
    if D != 4 || z.dims() != x.dims() || h.dims() != x.dims() {
        return None;
    }
    let operands = Operands::all(&[z.clone(), h.clone(), x.clone()])?;
    let [z, h, x] = [0, 1, 2].map(|index| Activation::new(operands.tensors()[index].clone()));
    let state = State { z, h, x };
    let tensors = state.tensors();
    let y = fresh(tensors.pixels, tensors.channels, |y| {
        gate_forward(Isa::detect(), &tensors, y.view());
    });
    let y = activation(y, state.x.dims());
    Some(operands.record(y, || state, rule))
}

struct State {
    z: Activation,
    h: Activation,
    x: Activation,
}

impl State {
    fn tensors(&self) -> GateTensors<'_> {
        GateTensors {
            pixels: self.x.pixels(),
            channels: self.x.channels,
            z: self.z.view(),
            h: self.h.view(),
            x: self.x.view(),
        }
    }
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let dy = Activation::new(dy);
    let tensors = state.tensors();
    let (pixels, channels) = (tensors.pixels, tensors.channels);
    let (mut dh, mut dx) = (vec![], vec![]);
    let dz = fresh(pixels, channels, |dz| {
        dh = fresh(pixels, channels, |dh| {
            dx = fresh(pixels, channels, |dx| {
                let gradients = GateGradients {
                    dz: dz.view(),
                    dh: dh.view(),
                    dx: dx.view(),
                };
                gate_backward(Isa::detect(), &tensors, dy.view(), gradients);
            });
        });
    });
    [dz, dh, dx]
        .map(|gradient| Some(activation(gradient, state.x.dims())))
        .into()
}
