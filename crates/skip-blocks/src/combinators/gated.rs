use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use crate::layers::gate;
use crate::seam;

/// Lets a gate choose between a body's output and its input:
/// `y = T(x) * body(x) + (1 - T(x)) * x`, `T(x) = sigmoid(gate(x))`.
///
/// # Shapes
/// any to the same; the body keeps the shape, the gate keeps it or gives 1 where it is shared.
///
/// ```
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::Gated;
///
/// let device = Device::flex();
/// let layer = || LinearConfig::new(2, 2).init(&device);
/// let skip = Gated::new(layer(), layer());
/// let x = Tensor::<2>::from_data([[1.0, -2.0]], &device);
/// // A gate that is shut carries its input.
/// let y = skip.forward(x.clone(), Linear::forward, |_, x| x.full_like(-1e4));
/// assert_eq!(y.to_data(), x.to_data());
/// ```
#[derive(Module, Debug)]
pub struct Gated<Body: Module, Gate: Module> {
    /// What is bypassed.
    pub body: Body,
    /// Gives the gate before the sigmoid.
    pub gate: Gate,
}

impl<Body: Module, Gate: Module> Gated<Body, Gate> {
    /// A gated skip connection around `body`.
    pub fn new(body: Body, gate: Gate) -> Self {
        Self { body, gate }
    }

    /// `t * apply(body, x) + (1 - t) * x` with `t = sigmoid(apply_gate(gate, x))`
    ///
    /// # Panics
    /// Panics if the body changes the shape, or the gate does not fit it.
    pub fn forward<const D: usize>(
        &self,
        x: Tensor<D>,
        apply: impl FnOnce(&Body, Tensor<D>) -> Tensor<D>,
        apply_gate: impl FnOnce(&Gate, Tensor<D>) -> Tensor<D>,
    ) -> Tensor<D> {
        let h = apply(&self.body, x.clone());
        let z = apply_gate(&self.gate, x.clone());
        assert!(
            h.dims() == x.dims(),
            "the body gives {:?} for {:?}: it must keep the shape",
            h.dims(),
            x.dims()
        );
        let fits = z
            .dims()
            .iter()
            .zip(x.dims())
            .all(|(&z, x)| z == x || z == 1);
        assert!(
            fits,
            "the gate gives {:?} for {:?}: each size must be kept or 1",
            z.dims(),
            x.dims()
        );
        seam::opening(&self.gate, || sigmoid(z.clone()));
        gate(z, h, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    #[test]
    #[should_panic(expected = "the gate gives [1, 3] for [1, 2]: each size must be kept or 1")]
    fn a_gate_that_does_not_fit_is_refused() {
        let device = Device::flex();
        let layer = |out| LinearConfig::new(2, out).init(&device);
        Gated::new(layer(2), layer(3)).forward(
            Tensor::<2>::ones([1, 2], &device),
            Linear::forward,
            Linear::forward,
        );
    }
}
