//! A factor for each channel of each image.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Epilogue, Isa, apply_epilogue};

use super::activation::{Activation, contiguous, floats};
use super::by_image::by_image;
use super::operands::Operands;
use super::sums::sums;

/// `s * x`
pub(crate) fn scale_images<const D: usize>(x: &Tensor<D>, s: &Tensor<2>) -> Option<Tensor<D>> {
    if D != 4 || x.dims()[..2] != s.dims() {
        return None;
    }
    let operands = Operands::of(x.clone())?.and(s.clone())?;
    let tensors = operands.tensors();
    let (x, s) = (Activation::new(tensors[0].clone()), floats(&tensors[1]));
    let y = scaled(&x, &s);
    let kept = operands.wants(1).then_some(x);
    Some(operands.record(y, || (kept, s), rule))
}

/// The input is kept where the factors learn.
fn rule(
    (kept, s): (Option<Activation>, Vec<f32>),
    dy: FlexTensor,
    _: &[bool],
) -> Vec<Option<FlexTensor>> {
    let dy = Activation::new(dy);
    let ds = kept.map(|x| {
        let pixels = x.height * x.width;
        let of_image = |image| sums(pixels, x.channels, x.image(image), dy.image(image)).products;
        let ds = (0..x.batch).flat_map(of_image);
        contiguous(ds.collect(), [x.batch, x.channels])
    });
    vec![Some(scaled(&dy, &s)), ds]
}

fn scaled(x: &Activation, s: &[f32]) -> FlexTensor {
    let (pixels, channels) = (x.height * x.width, x.channels);
    by_image(x, |image, target| {
        let epilogue = Epilogue {
            scale: Some(&s[image * channels..][..channels]),
            ..Epilogue::default()
        };
        let x = x.image(image);
        apply_epilogue(Isa::detect(), pixels, channels, x, &epilogue, target);
    })
}
