//! Transposed convolution: a convolution's derivative of its input, read as a forward pass.

use burn::backend::flex::FlexTensor;
use burn::nn::conv::ConvTranspose2d;
use burn::tensor::Tensor;
use cpu_kernels::{ConvShape, Epilogue};

use super::activation::{Activation, floats};
use super::conv::{backward_data, backward_weight, bias_gradient, forward};
use super::operands::Operands;
use super::packed::{Direction, filter_of, pack};

/// The transposed convolution of `x`.
pub(crate) fn conv_transpose(x: &Tensor<4>, layer: &ConvTranspose2d) -> Option<Tensor<4>> {
    let shape = shape_of(x.dims(), layer)?;
    let operands = Operands::of(x.clone())?
        .and(layer.weight.val())?
        .and_some(layer.bias.as_ref().map(|bias| bias.val()))?;
    let tensors = operands.tensors();
    let (x, weight) = (Activation::new(tensors[0].clone()), tensors[1].clone());
    let bias = tensors.get(2).map(floats);
    let epilogue = Epilogue {
        bias: bias.as_deref(),
        ..Epilogue::default()
    };
    let filter = filter_of(&weight, &shape, Direction::BackwardData, operands.autodiff);
    let y = backward_data(&shape, &x, &filter, &epilogue);
    let state = || State { x, weight, shape };
    Some(operands.record(y, state, rule))
}

struct State {
    x: Activation,
    weight: FlexTensor,
    shape: ConvShape,
}

fn rule(state: State, dy: FlexTensor, wanted: &[bool]) -> Vec<Option<FlexTensor>> {
    let State { x, weight, shape } = state;
    let dy = Activation::new(dy);
    let dx = wanted[0].then(|| {
        let filter = pack(&weight, &shape, Direction::Forward);
        forward(&shape, &dy, &filter, &Epilogue::default(), None)
    });
    let dw = wanted[1].then(|| backward_weight(&shape, &dy, &x));
    vec![dx, dw, Some(bias_gradient(&dy))]
}

/// The convolution that would lead back from the result to `[batch, channels, height, width]`.
fn shape_of(
    [batch, channels, height, width]: [usize; 4],
    layer: &ConvTranspose2d,
) -> Option<ConvShape> {
    let [in_channels, out_per_group, ..] = layer.weight.dims();
    let size = |axis: usize, input: usize| {
        let reach = (layer.kernel_size[axis] - 1) * layer.dilation[axis] + 1;
        let full = (input.checked_sub(1)? * layer.stride[axis] + reach + layer.padding_out[axis])
            .checked_sub(2 * layer.padding[axis])?;
        Some(full)
    };
    let shape = ConvShape {
        batch,
        in_channels: out_per_group * layer.groups,
        in_height: size(0, height)?,
        in_width: size(1, width)?,
        out_channels: channels,
        kernel: layer.kernel_size,
        stride: layer.stride,
        padding: layer.padding.map(|padding| [padding; 2]),
        dilation: layer.dilation,
        groups: layer.groups,
    };
    let shape = shape.check().ok()?;
    let fits =
        channels == in_channels && [shape.out_height(), shape.out_width()] == [height, width];
    fits.then_some(shape)
}
