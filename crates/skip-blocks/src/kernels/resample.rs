//! Average pooling, blurring and resizing: linear maps of each channel's image.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Grid, Isa, Resampling, ViewMut, fresh};

use super::activation::{Activation, activation, contiguous};
use super::operands::Operands;
use crate::layers::resize_by::Resize;

/// The mean of each `size` x `size` window, `size` apart.
pub(crate) fn avg_pool(x: &Tensor<4>, size: usize) -> Option<Tensor<4>> {
    let [_, _, height, width] = x.dims();
    if size == 0 || height < size || width < size {
        return None;
    }
    let window = [size; 2];
    resample(x, |x| {
        Resampling::average_pool(x, window, window, [[0; 2]; 2], true)
    })
}

/// The mean of each 2x2 window, 2 apart. Where one reaches past an odd edge, of what lies inside.
pub(crate) fn avg_pool_ceil(x: &Tensor<4>) -> Option<Tensor<4>> {
    let past = |size: usize| [0, size % 2];
    resample(x, |[height, width]| {
        let padding = [past(height), past(width)];
        Resampling::average_pool([height, width], [2; 2], [2; 2], padding, false)
    })
}

/// The mean of each 2x2 window, 1 apart, with zeros past the bottom and right edges.
pub(crate) fn avg_pool_same(x: &Tensor<4>) -> Option<Tensor<4>> {
    resample(x, |x| {
        Resampling::average_pool(x, [2; 2], [1; 2], [[0, 1]; 2], true)
    })
}

/// Blurred, and every `stride`-th pixel of it.
pub(crate) fn blur_pool(x: &Tensor<4>, stride: usize) -> Option<Tensor<4>> {
    resample(x, |size| Resampling::blur(size, stride))
}

/// An image of another size.
pub(crate) fn resize(x: &Tensor<4>, to: [usize; 2], by: Resize) -> Option<Tensor<4>> {
    resample(x, |from| match by {
        Resize::Nearest => Resampling::nearest(from, to),
        Resize::Bilinear => Resampling::bilinear(from, to, Grid::Edges),
        Resize::BilinearCorners => Resampling::bilinear(from, to, Grid::Corners),
    })
}

/// The mean of each channel, `[batch, channels]`.
pub(crate) fn global_avg_pool<const D: usize>(x: &Tensor<D>) -> Option<Tensor<2>> {
    if D != 4 {
        return None;
    }
    let operands = Operands::of(x.clone())?;
    let x = Activation::new(operands.tensors()[0].clone());
    if x.len() == 0 {
        return None;
    }
    let (dims, map) = (x.dims(), Resampling::global_average(x.size()));
    let mean = contiguous(apply(&map, &x), [x.batch, x.channels]);
    Some(operands.record(
        mean,
        || (dims, map.transposed()),
        |(dims, map), dy, _| {
            let [batch, channels, ..] = dims;
            let dy = dy.reshape([batch, channels, 1, 1].into());
            vec![Some(activation(apply(&map, &Activation::new(dy)), dims))]
        },
    ))
}

fn resample(x: &Tensor<4>, map: impl FnOnce([usize; 2]) -> Resampling) -> Option<Tensor<4>> {
    let operands = Operands::of(x.clone())?;
    let x = Activation::new(operands.tensors()[0].clone());
    if x.len() == 0 {
        return None;
    }
    let map = map(x.size());
    let y = mapped(&map, &x);
    Some(operands.record(
        y,
        || map.transposed(),
        |map, dy, _| vec![Some(mapped(&map, &Activation::new(dy)))],
    ))
}

/// Every `stride`-th pixel, with so many channels of zeros before and after.
pub(crate) fn subsample_pad(
    x: &Tensor<4>,
    stride: usize,
    [before, after]: [usize; 2],
) -> Option<Tensor<4>> {
    let operands = Operands::of(x.clone())?;
    let x = Activation::new(operands.tensors()[0].clone());
    if x.len() == 0 {
        return None;
    }
    let (channels, every) = (x.channels, [stride; 2]);
    let map = Resampling::average_pool(x.size(), [1; 2], every, [[0; 2]; 2], true);
    let [height, width] = map.output_size();
    let total = before + channels + after;
    let mut y = vec![0.0; x.batch * height * width * total];
    let target = ViewMut::slice(&mut y, total, before);
    map.apply(Isa::detect(), x.batch, channels, x.view(), target);
    let y = activation(y, [x.batch, total, height, width]);
    let state = || (map.transposed(), before, channels);
    Some(operands.record(y, state, |(map, before, channels), dy, _| {
        let kept = Activation::new(dy).channels_from(before, channels);
        vec![Some(mapped(&map, &Activation::new(kept)))]
    }))
}

/// `map(x)`
fn mapped(map: &Resampling, x: &Activation) -> FlexTensor {
    let [height, width] = map.output_size();
    activation(apply(map, x), [x.batch, x.channels, height, width])
}

fn apply(map: &Resampling, x: &Activation) -> Vec<f32> {
    let [height, width] = map.output_size();
    fresh(x.batch * height * width, x.channels, |y| {
        map.apply(Isa::detect(), x.batch, x.channels, x.view(), y.view());
    })
}
