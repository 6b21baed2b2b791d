use burn::module::Module;
use burn::tensor::Tensor;

use crate::join::Join;
use crate::modifiers::{self, Modifier};
use crate::seam::{self, Mark};

/// Adds a body's input to its output: `y = x + M(body(x))`, `M` the modifiers, if any.
///
/// # Shapes
/// `[batch, channels, ..]` to the same; the body must keep the shape.
///
/// ```
/// use burn::nn::{Linear, LinearConfig};
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::Residual;
///
/// let device = Device::flex();
/// let skip = Residual::new(LinearConfig::new(3, 3).init(&device));
/// let x = Tensor::<2>::from_data([[1.0, 2.0, 3.0]], &device);
/// let y = skip.forward(x.clone(), Linear::forward);
/// assert_eq!(y.to_data(), (x.clone() + skip.body.forward(x)).to_data());
/// ```
#[derive(Module, Debug)]
pub struct Residual<Body: Module> {
    /// What is bypassed.
    pub body: Body,
    /// Applied to the body's output in order, before it is added.
    pub modifiers: Vec<Modifier>,
    /// Adds the input to it.
    pub join: Join,
    /// What what is added is known by to those who look inside.
    pub branch: Mark,
}

impl<Body: Module> Residual<Body> {
    /// A skip connection around `body`.
    pub fn new(body: Body) -> Self {
        Self {
            body,
            modifiers: vec![],
            join: Join::Add(Mark::new()),
            branch: Mark::new(),
        }
    }

    /// Applies `modifiers` to the body's output, in order, before it is added.
    pub fn with_modifiers(mut self, modifiers: Vec<Modifier>) -> Self {
        self.modifiers = modifiers;
        self
    }

    /// `x + M(apply(body, x))`
    ///
    /// # Panics
    /// Panics if the body changes the shape.
    pub fn forward<const D: usize>(
        &self,
        x: Tensor<D>,
        apply: impl FnOnce(&Body, Tensor<D>) -> Tensor<D>,
    ) -> Tensor<D> {
        let branch = apply(&self.body, x.clone());
        assert!(
            branch.dims() == x.dims(),
            "the body gives {:?} for {:?}: it must keep the shape to be added",
            branch.dims(),
            x.dims()
        );
        let branch = modifiers::forward_all(&self.modifiers, branch);
        let branch = seam::output(&self.branch, branch);
        self.join.forward(vec![x], branch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modifiers::ModifierConfig;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    #[test]
    fn zeroed_body_passes_its_input() {
        let device = Device::flex();
        let skip = Residual::new(LinearConfig::new(2, 2).init(&device));
        let x = Tensor::<2>::from_data([[1.0, -2.0]], &device);
        let y = skip.forward(x.clone(), |_, x| x.zeros_like());
        assert_eq!(y.to_data(), x.to_data());
    }

    #[test]
    fn skips_nest() {
        let device = Device::flex();
        let inner = Residual::new(LinearConfig::new(2, 2).init(&device));
        let outer = Residual::new(inner);
        let x = Tensor::<2>::from_data([[1.0, -2.0]], &device);
        let y = outer.forward(x.clone(), |inner, x| inner.forward(x, |_, x| x));
        assert_eq!(y.to_data(), (x * 3.0).to_data());
    }

    #[test]
    fn modifiers_fit_any_body() {
        let device = Device::flex();
        let skip = Residual::new(LinearConfig::new(2, 2).init(&device))
            .with_modifiers(vec![ModifierConfig::SkipInit.init(2, &device)]);
        let x = Tensor::<2>::from_data([[1.0, -2.0]], &device);
        let y = skip.forward(x.clone(), Linear::forward);
        assert_eq!(y.to_data(), x.to_data());
    }

    #[test]
    #[should_panic(expected = "the body gives [1, 3] for [1, 2]: it must keep the shape")]
    fn a_body_that_changes_the_shape_is_refused() {
        let device = Device::flex();
        let skip = Residual::new(LinearConfig::new(2, 3).init(&device));
        skip.forward(Tensor::<2>::ones([1, 2], &device), Linear::forward);
    }
}
