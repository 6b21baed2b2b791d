//! Global response normalisation.
//!
//! For each image and channel the result is `s x + beta` with `s = 1 + gamma n`, `n = g / m` and
//! `m = mean(g) + epsilon`, where `g` is the norm of the channel. Going back, `dx = s dy + t x`, the
//! second part what the norms pass on: `t = (dn / m - sum(dn g) / (channels m^2)) / g` with
//! `dn = gamma sum(x dy)`.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{Epilogue, Isa, View, ViewMut, apply_epilogue};

use super::activation::{Activation, contiguous};
use super::affine::Affine;
use super::by_image::by_image;
use super::sums::sums;

/// `x + gamma * (x * n) + beta`
pub(crate) fn response_norm(
    x: &Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Option<Tensor<4>> {
    let Affine {
        operands,
        x,
        gamma,
        beta,
    } = Affine::of(x, gamma, beta)?;
    let norms: Vec<_> = (0..x.batch)
        .map(|image| Norms::of(&x, image, epsilon))
        .collect();
    let y = by_image(&x, |image, target| {
        let scale = norms[image].factors(&gamma);
        let (scale, bias) = (Some(&scale[..]), Some(&beta[..]));
        let epilogue = Epilogue {
            scale,
            bias,
            ..Epilogue::default()
        };
        apply(&x, x.image(image), &epilogue, target);
    });
    let state = || State { x, gamma, norms };
    Some(operands.record(y, state, rule))
}

struct State {
    x: Activation,
    gamma: Vec<f32>,
    norms: Vec<Norms>,
}

/// The norms of an image's channels.
struct Norms {
    /// Of each channel.
    g: Vec<f64>,
    /// Their mean, and epsilon.
    m: f64,
}

impl Norms {
    fn of(x: &Activation, image: usize, epsilon: f64) -> Self {
        let [height, width] = x.size();
        let view = x.image(image);
        let squares = sums(height * width, x.channels, view, view).products;
        let g: Vec<_> = squares
            .into_iter()
            .map(|sum| f64::from(sum).sqrt())
            .collect();
        let m = g.iter().sum::<f64>() / g.len() as f64 + epsilon;
        Self { g, m }
    }

    /// `s`
    fn factors(&self, gamma: &[f32]) -> Vec<f32> {
        let pairs = self.g.iter().zip(gamma);
        pairs
            .map(|(g, &gamma)| (1.0 + f64::from(gamma) * g / self.m) as f32)
            .collect()
    }

    /// `t`, from `sum(x dy)`.
    fn passed_on(&self, gamma: &[f32], products: &[f32]) -> Vec<f32> {
        let Self { g, m } = self;
        let dn = gamma.iter().zip(products);
        let dn: Vec<_> = dn.map(|(&a, &b)| f64::from(a) * f64::from(b)).collect();
        let shared = dn.iter().zip(g).map(|(dn, g)| dn * g).sum::<f64>();
        let shared = shared / (g.len() as f64 * m * m);
        // Where a norm is zero so is the channel, and nothing is passed on, as in PyTorch.
        let t = |(dn, &g): (&f64, &f64)| if g > 0.0 { (dn / m - shared) / g } else { 0.0 };
        dn.iter().zip(g).map(t).map(|t| t as f32).collect()
    }
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State { x, gamma, norms } = state;
    let dy = Activation::new(dy);
    let (mut dgamma, mut dbeta) = (vec![0.0; x.channels], vec![0.0; x.channels]);
    let mut through_norms = vec![0.0; x.len() / x.batch.max(1)];
    let dx = by_image(&x, |image, target| {
        let [height, width] = x.size();
        let (x_view, dy_view) = (x.image(image), dy.image(image));
        let sums = sums(height * width, x.channels, x_view, dy_view);
        let norms = &norms[image];
        for channel in 0..x.channels {
            let n = norms.g[channel] / norms.m;
            dgamma[channel] += n * f64::from(sums.products[channel]);
            dbeta[channel] += f64::from(sums.plain[channel]);
        }
        let factors = norms.factors(&gamma);
        let passed_on = norms.passed_on(&gamma, &sums.products);
        let scaled = |scale, residual| Epilogue {
            scale: Some(scale),
            residual,
            ..Epilogue::default()
        };
        let buffer = ViewMut::new(&mut through_norms, x.channels);
        apply(&x, x_view, &scaled(&passed_on, None), buffer);
        let residual = Some(View::new(&through_norms, x.channels));
        apply(&x, dy_view, &scaled(&factors, residual), target);
    });
    let gradient = |sums: Vec<f64>| {
        let sums = sums.into_iter().map(|sum| sum as f32).collect();
        Some(contiguous(sums, [x.channels]))
    };
    vec![Some(dx), gradient(dgamma), gradient(dbeta)]
}

/// An image of `like`'s size, as `epilogue` says.
fn apply(like: &Activation, image: View, epilogue: &Epilogue, target: ViewMut) {
    let pixels = like.height * like.width;
    apply_epilogue(
        Isa::detect(),
        pixels,
        like.channels,
        image,
        epilogue,
        target,
    );
}
