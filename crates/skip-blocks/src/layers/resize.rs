//! Bringing two feature maps to one size.

use burn::tensor::ops::{InterpolateMode, InterpolateOptions, PadMode};
use burn::tensor::{Tensor, module, s};
use cpu_kernels::{Grid, Resampling};

use super::by_matrices::by_matrices;
use super::resize_by::Resize;
use crate::kernels;

/// `x` in another size (height, width).
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{Resize, resize};
///
/// let x = Tensor::<4>::from_data([[[[0.0, 6.0]]]], &Device::flex());
/// let wider = |by| resize(x.clone(), [1, 4], by).to_data();
/// assert_eq!(wider(Resize::Nearest), [[[[0.0f32, 0.0, 6.0, 6.0]]]].into());
/// assert_eq!(wider(Resize::Bilinear), [[[[0.0f32, 1.5, 4.5, 6.0]]]].into());
/// assert_eq!(wider(Resize::BilinearCorners), [[[[0.0f32, 2.0, 4.0, 6.0]]]].into());
/// ```
pub fn resize(x: Tensor<4>, size: [usize; 2], by: Resize) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    if [height, width] == size {
        return x;
    }
    if let Some(y) = kernels::resize(&x, size, by) {
        return y;
    }
    let from = [height, width];
    match by {
        Resize::Nearest => {
            let options = InterpolateOptions::new(InterpolateMode::Nearest);
            module::interpolate(x, options.with_output_size(size))
        }
        Resize::Bilinear => by_matrices(x, &Resampling::bilinear(from, size, Grid::Edges)),
        Resize::BilinearCorners => by_matrices(x, &Resampling::bilinear(from, size, Grid::Corners)),
    }
}

/// Every `stride`-th pixel of `x`, with so many channels of zeros before and after its own.
pub fn subsample_pad(x: Tensor<4>, stride: usize, [before, after]: [usize; 2]) -> Tensor<4> {
    if let Some(y) = kernels::subsample_pad(&x, stride, [before, after]) {
        return y;
    }
    let step = stride as isize;
    let x = match stride {
        1 => x,
        _ => x.slice(s![.., .., ..;step, ..;step]),
    };
    x.pad([(before, after), (0, 0), (0, 0)], PadMode::Constant(0.0))
}

/// Brings `x` to `size` (height, width) at its bottom and right edge: cropped where it is larger,
/// padded with zeros where it is smaller. The top left corner stays where it is.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::fit;
///
/// let x = Tensor::<4>::ones([1, 1, 2, 3], &Device::flex());
/// let y = fit(x, [3, 2]);
/// let expected = [[[[1.0f32, 1.0], [1.0, 1.0], [0.0, 0.0]]]];
/// assert_eq!(y.to_data(), expected.into());
/// ```
pub fn fit(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    if [height, width] == size {
        return x;
    }
    let x = x.slice(s![.., .., 0..height.min(size[0]), 0..width.min(size[1])]);
    let missing = [
        size[0].saturating_sub(height),
        size[1].saturating_sub(width),
    ];
    if missing == [0, 0] {
        return x;
    }
    x.pad([(0, missing[0]), (0, missing[1])], PadMode::Constant(0.0))
}

/// The middle of `x`, of `size` (height, width). An odd rest is left at the bottom and right.
///
/// # Panics
/// Panics if `x` is smaller than `size`.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::center_crop;
///
/// let x = Tensor::<4>::from_data([[[[1.0, 2.0, 3.0, 4.0]]]], &Device::flex());
/// assert_eq!(center_crop(x, [1, 2]).to_data(), [[[[2.0f32, 3.0]]]].into());
/// ```
pub fn center_crop(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    assert!(
        height >= size[0] && width >= size[1],
        "size = {size:?}: must not exceed the input's {:?}",
        [height, width]
    );
    let top = (height - size[0]) / 2;
    let left = (width - size[1]) / 2;
    x.slice(s![.., .., top..top + size[0], left..left + size[1]])
}
