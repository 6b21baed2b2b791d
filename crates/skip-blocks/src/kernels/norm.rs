//! Batch normalisation.

use std::iter::repeat_n;

use burn::backend::flex::FlexTensor;
use burn::nn::BatchNorm;
use burn::tensor::Tensor;
use cpu_kernels::{
    Act, BatchNormSums, BatchNormTensors, Epilogue, Isa, Moments, ViewMut, batch_norm_backward,
    batch_norm_backward_sums, channel_moments, fresh,
};

use super::activation::{Activation, activation, contiguous, floats};
use super::affine::Affine;
use super::elementwise::{Kept, along, applied, kept};
use super::operands::Operands;
use crate::layers::act::Act as AnyAct;
use crate::layers::statistics::update_running_statistics;

/// `act(norm(x))`
pub(crate) fn norm(x: &Tensor<4>, norm: &BatchNorm, act: AnyAct) -> Option<Tensor<4>> {
    let act = along(act)?;
    let Affine {
        operands,
        x,
        gamma,
        beta,
    } = Affine::of(x, norm.gamma.val(), norm.beta.val())?;
    let frozen = !operands.autodiff || !norm.training.is_enabled();
    let statistics = if frozen {
        Statistics::running(norm)?
    } else {
        let mut statistics = Statistics::zeros(x.channels);
        channel_moments(
            Isa::detect(),
            x.pixels(),
            x.channels,
            x.view(),
            statistics.moments(),
        );
        update_running(norm, &statistics, x.pixels());
        statistics.with_epsilon(norm.epsilon)
    };
    let (scale, bias) = statistics.scale(&gamma, &beta);
    let y = applied(&x, &scaled(&scale, &bias, act));
    let state = || Normalized {
        x,
        kept: kept(act, &y),
        gamma,
        statistics,
        frozen,
    };
    Some(operands.record(y.clone(), state, rule))
}

pub(super) fn scaled<'a>(scale: &'a [f32], bias: &'a [f32], act: Act) -> Epilogue<'a> {
    Epilogue {
        scale: Some(scale),
        bias: Some(bias),
        residual: None,
        act,
    }
}

/// What the derivatives of a normalisation are made of.
pub(super) struct Normalized {
    pub x: Activation,
    pub kept: Kept,
    pub gamma: Vec<f32>,
    pub statistics: Statistics,
    /// Whether the statistics do not depend on `x`.
    pub frozen: bool,
}

fn rule(state: Normalized, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let gradients = state.gradients(&Activation::new(dy), false);
    vec![
        Some(gradients.dx),
        Some(gradients.dgamma),
        Some(gradients.dbeta),
    ]
}

/// Mean and variance of each channel, of a batch or the running ones.
pub(super) struct Statistics {
    pub mean: Vec<f32>,
    /// Over all values, not one less.
    variance: Vec<f32>,
    /// `1 / sqrt(variance + epsilon)`
    pub inv_std: Vec<f32>,
}

impl Statistics {
    pub fn zeros(channels: usize) -> Self {
        Self {
            mean: vec![0.0; channels],
            variance: vec![0.0; channels],
            inv_std: vec![],
        }
    }

    /// Those of floats `[pixels, channels]`, summed in 64 bits.
    pub fn of(floats: &[f32], channels: usize) -> Self {
        let (mut sums, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        for pixel in floats.chunks_exact(channels) {
            for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(pixel) {
                let value = f64::from(value);
                *sum += value;
                *square += value * value;
            }
        }
        let count = (floats.len() / channels.max(1)).max(1) as f64;
        let means = sums.iter().map(|sum| sum / count);
        let variances = means.clone().zip(&squares);
        let variances = variances.map(|(mean, square)| (square / count - mean * mean).max(0.0));
        Self {
            variance: variances.map(|variance| variance as f32).collect(),
            mean: means.map(|mean| mean as f32).collect(),
            inv_std: vec![],
        }
    }

    /// Those of the same values with a number more in each channel.
    pub fn moved(mut self, by: &[f32]) -> Self {
        for (mean, by) in self.mean.iter_mut().zip(by) {
            *mean += by;
        }
        self
    }

    /// Those of groups of so many channels together, given for each channel.
    pub fn of_groups(self, groups: usize) -> Self {
        let size = self.mean.len() / groups;
        let mut of_groups = Self::zeros(0);
        let moments = self.mean.chunks_exact(size);
        for (means, variances) in moments.zip(self.variance.chunks_exact(size)) {
            let average = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / size as f64;
            let mean = average(&mut means.iter().map(|&mean| f64::from(mean)));
            let spread = means.iter().zip(variances);
            let mut spread = spread.map(|(&of_channel, &variance)| {
                f64::from(variance) + (f64::from(of_channel) - mean).powi(2)
            });
            let variance = average(&mut spread);
            of_groups.mean.extend(repeat_n(mean as f32, size));
            of_groups.variance.extend(repeat_n(variance as f32, size));
        }
        of_groups
    }

    /// The running ones of a layer.
    pub fn running(norm: &BatchNorm) -> Option<Self> {
        let running = Operands::of(norm.running_mean.value())?.and(norm.running_var.value())?;
        let [mean, variance] = [0, 1].map(|index| floats(&running.tensors()[index]));
        let statistics = Self {
            mean,
            variance,
            inv_std: vec![],
        };
        Some(statistics.with_epsilon(norm.epsilon))
    }

    /// For the kernels to fill in.
    pub fn moments(&mut self) -> Moments<'_> {
        Moments {
            mean: &mut self.mean,
            variance: &mut self.variance,
        }
    }

    /// With the inverse of the deviation.
    pub fn with_epsilon(mut self, epsilon: f64) -> Self {
        let inverse = |variance: &f32| 1.0 / (f64::from(*variance) + epsilon).sqrt();
        self.inv_std = self.variance.iter().map(|v| inverse(v) as f32).collect();
        self
    }

    /// Scale and bias of each channel that normalise.
    pub fn scale(&self, gamma: &[f32], beta: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let scale: Vec<f32> = gamma
            .iter()
            .zip(&self.inv_std)
            .map(|(g, s)| g * s)
            .collect();
        let bias = beta.iter().zip(&self.mean).zip(&scale);
        let bias = bias.map(|((b, m), s)| b - m * s).collect();
        (scale, bias)
    }
}

/// Moves the running statistics towards those of a batch.
pub(super) fn update_running(norm: &BatchNorm, statistics: &Statistics, count: usize) {
    let device = norm.gamma.val().device();
    let tensor = |values: &[f32]| Tensor::<1>::from_floats(values, &device);
    let (mean, variance) = (tensor(&statistics.mean), tensor(&statistics.variance));
    update_running_statistics(norm, mean, variance, count);
}

/// The derivatives of a normalisation.
pub(super) struct Gradients {
    pub dx: FlexTensor,
    pub dgamma: FlexTensor,
    pub dbeta: FlexTensor,
    /// Of the result before the activation.
    pub dy: Option<FlexTensor>,
}

impl Normalized {
    /// The derivatives; with that of the result before the activation, if it is `wanted`.
    pub fn gradients(&self, dy: &Activation, wanted: bool) -> Gradients {
        let kept = self.kept.clone();
        let kept = kept.map(|(act, y)| (act, Activation::new(y)));
        let tensors = &BatchNormTensors {
            pixels: self.x.pixels(),
            channels: self.x.channels,
            x: self.x.view(),
            dy: dy.view(),
            act: kept.as_ref().map(|(act, y)| (*act, y.view())),
            mean: &self.statistics.mean,
            inv_std: &self.statistics.inv_std,
        };
        let (gamma, dims) = (&self.gamma, self.x.dims());
        let isa = Isa::detect();
        let channels = tensors.channels;
        let (mut dbeta, mut dgamma) = (vec![0.0; channels], vec![0.0; channels]);
        batch_norm_backward_sums(
            isa,
            tensors,
            BatchNormSums {
                dz: &mut dbeta,
                dz_xhat: &mut dgamma,
            },
        );
        // What the mean and the variance pass on; frozen ones do not.
        let mut passed_on = match self.frozen {
            true => [vec![0.0; channels], vec![0.0; channels]],
            false => [dbeta.clone(), dgamma.clone()],
        };
        let [dz, dz_xhat] = &mut passed_on;
        let sums = BatchNormSums { dz, dz_xhat };
        let backward = |dx: ViewMut<'_>, dy: Option<ViewMut<'_>>| {
            batch_norm_backward(isa, tensors, gamma, &sums, dx, dy);
        };
        let mut dx = vec![];
        let dy = match wanted {
            true => Some(fresh(tensors.pixels, channels, |dy| {
                dx = fresh(tensors.pixels, channels, |dx| {
                    backward(dx.view(), Some(dy.view()));
                });
            })),
            false => {
                dx = fresh(tensors.pixels, channels, |dx| backward(dx.view(), None));
                None
            }
        };
        Gradients {
            dx: activation(dx, dims),
            dgamma: contiguous(dgamma, [channels]),
            dbeta: contiguous(dbeta, [channels]),
            dy: dy.map(|dy| activation(dy, dims)),
        }
    }
}
