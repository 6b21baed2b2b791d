//! Softmax cross-entropy.

use burn::backend::flex::FlexTensor;
use burn::tensor::{Int, Tensor};
use cpu_kernels::{IGNORED_LABEL, softmax_cross_entropy};

use super::activation::{Activation, activation, contiguous, floats};
use super::operands::Operands;
use crate::layers::loss_options::{CrossEntropy, IGNORED};

/// The mean over the pixels that count of `-log softmax(logits)[target]`, as `options` say.
pub(crate) fn cross_entropy(
    logits: &Tensor<4>,
    targets: &Tensor<3, Int>,
    options: &CrossEntropy,
) -> Option<Tensor<1>> {
    let dims @ [batch, classes, height, width] = logits.dims();
    if targets.dims() != [batch, height, width] || logits.shape().num_elements() == 0 {
        return None;
    }
    let operands = Operands::of(logits.clone())?;
    let logits = Activation::new(operands.tensors()[0].clone());
    let targets = targets.to_data();
    let label = |target: i64| match target {
        IGNORED => IGNORED_LABEL,
        class => u32::try_from(class)
            .ok()
            .filter(|&class| (class as usize) < classes)
            .unwrap_or_else(|| panic!("target = {class}: must be a class below {classes}")),
    };
    let labels: Vec<u32> = targets.iter::<i64>().map(label).collect();
    let options = cpu_kernels::CrossEntropy {
        weights: options.class_weights.as_deref(),
        smoothing: options.smoothing as f32,
    };
    let mut gradient = vec![0.0; logits.len()];
    let loss = softmax_cross_entropy(&options, classes, logits.floats()?, &labels, &mut gradient);
    let state = || State { gradient, dims };
    Some(operands.record(contiguous(vec![loss], [1]), state, rule))
}

struct State {
    /// Of the loss, found along with it.
    gradient: Vec<f32>,
    dims: [usize; 4],
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State { mut gradient, dims } = state;
    let scale = floats(&dy)[0];
    gradient.iter_mut().for_each(|value| *value *= scale);
    vec![Some(activation(gradient, dims))]
}
