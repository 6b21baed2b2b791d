//! Weight standardisation.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Filters, Isa, View, ViewMut, fresh, standardize_backward, standardize_forward};

use super::activation::{contiguous, floats};
use super::operands::Operands;

/// `scale * gain * (w - mean(w)) / sqrt(variance(w) + epsilon)` over each place of the first
/// dimension; without gains, they are 1.
pub(crate) fn standardize<const D: usize>(
    weight: &Tensor<D>,
    gain: Option<&Tensor<1>>,
    scale: f64,
    epsilon: f64,
) -> Option<Tensor<D>> {
    let dims = weight.dims();
    let filters = dims[0];
    let weights = dims[1..].iter().product::<usize>();
    if weights == 0 || gain.is_some_and(|gain| gain.dims() != [filters]) {
        return None;
    }
    let operands = Operands::of(weight.clone())?.and_some(gain.cloned())?;
    let weight = operands.tensors()[0].to_contiguous();
    let scale = scale as f32;
    let factors = match operands.tensors().get(1) {
        Some(gain) => floats(gain).iter().map(|gain| scale * gain).collect(),
        None => vec![scale; filters],
    };
    let mut moments = vec![0.0; 2 * filters];
    let y = fresh(filters, weights, |y| {
        let of = filters_of(&weight, &factors, weights);
        let (moments, epsilon) = (ViewMut::new(&mut moments, 2), epsilon as f32);
        standardize_forward(Isa::detect(), &of, epsilon, moments, y.view());
    });
    let gain_scale = gain.map(|_| scale);
    let state = || State {
        weight,
        factors,
        moments,
        gain_scale,
        dims,
    };
    Some(operands.record(contiguous(y, dims), state, rule))
}

struct State<const D: usize> {
    weight: FlexTensor,
    /// Of each filter, the gain with the scale.
    factors: Vec<f32>,
    /// Mean and inverse deviation of each filter.
    moments: Vec<f32>,
    /// The scale, where there are gains.
    gain_scale: Option<f32>,
    dims: [usize; D],
}

fn filters_of<'a>(weight: &'a FlexTensor, factors: &'a [f32], weights: usize) -> Filters<'a> {
    Filters {
        filters: factors.len(),
        weights,
        w: View::new(weight.as_slice().expect("contiguous f32"), weights),
        factors,
    }
}

fn rule<const D: usize>(state: State<D>, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let (filters, weights) = (state.dims[0], state.dims[1..].iter().product());
    let of = filters_of(&state.weight, &state.factors, weights);
    let dy = dy.to_contiguous();
    let dy = View::new(dy.as_slice().expect("contiguous f32"), weights);
    let moments = View::new(&state.moments, 2);
    let mut dfactors = vec![0.0; filters];
    let dw = fresh(filters, weights, |dw| {
        standardize_backward(Isa::detect(), &of, moments, dy, dw.view(), &mut dfactors);
    });
    // A factor is its gain with the scale.
    let dgain = state.gain_scale.map(|scale| {
        let dgain = dfactors.iter().map(|dfactor| scale * dfactor);
        Some(contiguous(dgain.collect(), [filters]))
    });
    let dw = Some(contiguous(dw, state.dims));
    [dw].into_iter().chain(dgain).collect()
}
