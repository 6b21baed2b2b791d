//! Concatenation along the channels.

use burn::tensor::Tensor;
use cpu_kernels::{Epilogue, Isa, apply_epilogue, fresh};

use super::activation::{Activation, activation};
use super::operands::{MAX_OPERANDS, Operands};

/// The channels of all `parts` side by side.
pub(crate) fn concat<const D: usize>(parts: &[Tensor<D>]) -> Option<Tensor<D>> {
    if D != 4 || parts.len() > MAX_OPERANDS {
        return None;
    }
    let operands = Operands::all(parts)?;
    let parts: Vec<_> = operands
        .tensors()
        .iter()
        .cloned()
        .map(Activation::new)
        .collect();
    let [batch, _, height, width] = parts[0].dims();
    let fits = |part: &Activation| part.dims() == [batch, part.channels, height, width];
    if !parts.iter().all(fits) {
        return None;
    }
    let channels: Vec<_> = parts.iter().map(|part| part.channels).collect();
    let total = channels.iter().sum();
    let all = fresh(parts[0].pixels(), total, |all| {
        let mut first = 0;
        for part in &parts {
            let (pixels, channels) = (part.pixels(), part.channels);
            let copy = Epilogue::default();
            let target = all.slice(first);
            apply_epilogue(Isa::detect(), pixels, channels, part.view(), &copy, target);
            first += channels;
        }
    });
    let all = activation(all, [batch, total, height, width]);
    Some(operands.record(
        all,
        || channels,
        |channels, dy, _| {
            let dy = Activation::new(dy);
            let mut first = 0;
            let part = |channels| {
                let part = dy.channels_from(first, channels);
                first += channels;
                Some(part)
            };
            channels.into_iter().map(part).collect()
        },
    ))
}
