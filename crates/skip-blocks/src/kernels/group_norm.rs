//! Group normalisation: a batch normalisation of each image on its own, whose channels share the
//! statistics of their group.
//!
//! With `y = gamma * xhat + beta`, and means over the pixels and channels of a group, the gradient is
//!
//! ```text
//! dx = inv_std * (gamma * dy - mean(gamma * dy) - xhat * mean(gamma * dy * xhat))
//! ```

use burn::backend::flex::FlexTensor;
use burn::nn::GroupNorm;
use burn::tensor::Tensor;
use cpu_kernels::{
    BatchNormSums, BatchNormTensors, Epilogue, Isa, View, ViewMut, apply_epilogue,
    batch_norm_backward_sums, channel_moments,
};

use super::activation::{Activation, contiguous};
use super::affine::Affine;
use super::by_image::by_image;
use super::elementwise::{Kept, along, kept, through};
use super::norm::{Statistics, scaled};
use crate::layers::act::Act as AnyAct;

/// `act(norm(x))`
pub(crate) fn group_norm(x: &Tensor<4>, norm: &GroupNorm, act: AnyAct) -> Option<Tensor<4>> {
    let act = along(act)?;
    let Affine {
        operands,
        x,
        gamma,
        beta,
    } = Affine::of(x, norm.gamma.as_ref()?.val(), norm.beta.as_ref()?.val())?;
    let (isa, pixels, channels) = (Isa::detect(), x.height * x.width, x.channels);
    let mut statistics = vec![];
    let y = by_image(&x, |image, target| {
        let x = x.image(image);
        let mut of_channels = Statistics::zeros(channels);
        channel_moments(isa, pixels, channels, x, of_channels.moments());
        let of_groups = of_channels.of_groups(norm.num_groups);
        let of_groups = of_groups.with_epsilon(norm.epsilon);
        let (scale, bias) = of_groups.scale(&gamma, &beta);
        let scaled = scaled(&scale, &bias, act);
        apply_epilogue(isa, pixels, channels, x, &scaled, target);
        statistics.push(of_groups);
    });
    let groups = norm.num_groups;
    let state = || State {
        x,
        kept: kept(act, &y),
        gamma,
        statistics,
        groups,
    };
    Some(operands.record(y.clone(), state, rule))
}

struct State {
    x: Activation,
    kept: Kept,
    gamma: Vec<f32>,
    /// Of each image.
    statistics: Vec<Statistics>,
    groups: usize,
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State {
        x,
        kept,
        gamma,
        statistics,
        groups,
    } = state;
    let dy = Activation::new(through(kept, dy));
    let (isa, pixels, channels) = (Isa::detect(), x.height * x.width, x.channels);
    let mut of_x = vec![0.0; pixels * channels];
    let (mut dgamma, mut dbeta) = (vec![0.0; channels], vec![0.0; channels]);
    let dx = by_image(&x, |image, target| {
        let statistics = &statistics[image];
        let [mut sums, mut sums_xhat] = [vec![0.0; channels], vec![0.0; channels]];
        let tensors = BatchNormTensors {
            pixels,
            channels,
            x: x.image(image),
            dy: dy.image(image),
            act: None,
            mean: &statistics.mean,
            inv_std: &statistics.inv_std,
        };
        let of_image = BatchNormSums {
            dz: &mut sums,
            dz_xhat: &mut sums_xhat,
        };
        batch_norm_backward_sums(isa, &tensors, of_image);
        let means = [&sums, &sums_xhat].map(|sums| of_groups(sums, &gamma, groups, pixels));
        let factors = Factors::of(statistics, &gamma, &means);
        let part = Epilogue {
            scale: Some(&factors.of_x),
            bias: Some(&factors.constant),
            ..Epilogue::default()
        };
        let buffer = ViewMut::new(&mut of_x, channels);
        apply_epilogue(isa, pixels, channels, tensors.x, &part, buffer);
        let whole = Epilogue {
            scale: Some(&factors.of_dy),
            residual: Some(View::new(&of_x, channels)),
            ..Epilogue::default()
        };
        apply_epilogue(isa, pixels, channels, tensors.dy, &whole, target);
        for (total, of_image) in [(&mut dgamma, sums_xhat), (&mut dbeta, sums)] {
            for (total, value) in total.iter_mut().zip(of_image) {
                *total += f64::from(value);
            }
        }
    });
    let of_channels = |sums: Vec<f64>| {
        let sums = sums.into_iter().map(|sum| sum as f32).collect();
        Some(contiguous(sums, [channels]))
    };
    vec![Some(dx), of_channels(dgamma), of_channels(dbeta)]
}

/// The mean over a group of what is `gamma` times the sum over pixels, for each channel.
fn of_groups(sums: &[f32], gamma: &[f32], groups: usize, pixels: usize) -> Vec<f64> {
    let size = sums.len() / groups;
    let groups = sums.chunks_exact(size).zip(gamma.chunks_exact(size));
    let means = groups.map(|(sums, gamma)| {
        let weighted = sums.iter().zip(gamma);
        let weighted = weighted.map(|(&sum, &gamma)| f64::from(sum) * f64::from(gamma));
        weighted.sum::<f64>() / (size * pixels) as f64
    });
    means
        .flat_map(|mean| std::iter::repeat_n(mean, size))
        .collect()
}

/// What `dx = of_dy * dy + of_x * x + constant` has for each channel.
#[derive(Default)]
struct Factors {
    of_dy: Vec<f32>,
    of_x: Vec<f32>,
    constant: Vec<f32>,
}

impl Factors {
    fn of(statistics: &Statistics, gamma: &[f32], [mean, mean_xhat]: &[Vec<f64>; 2]) -> Self {
        let mut factors = Self::default();
        for c in 0..gamma.len() {
            let of_channel = [gamma[c], statistics.mean[c], statistics.inv_std[c]];
            let [gamma, centre, inv_std] = of_channel.map(f64::from);
            let of_x = -inv_std * inv_std * mean_xhat[c];
            factors.of_dy.push((inv_std * gamma) as f32);
            factors.of_x.push(of_x as f32);
            let constant = -inv_std * mean[c] - of_x * centre;
            factors.constant.push(constant as f32);
        }
        factors
    }
}
