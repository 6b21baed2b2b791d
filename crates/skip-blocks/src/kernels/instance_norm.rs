//! Instance normalisation: a batch normalisation of each image on its own.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;
use cpu_kernels::{
    BatchNormSums, BatchNormTensors, Epilogue, Isa, View, ViewMut, apply_epilogue,
    batch_norm_backward, batch_norm_backward_sums, channel_moments,
};

use super::activation::{Activation, contiguous, floats};
use super::by_image::by_image;
use super::elementwise::{Kept, along, kept};
use super::norm::Statistics;
use super::operands::Operands;
use crate::layers::act::Act as AnyAct;

/// `act(norm(x))`, with the factors, and what is added, that are learned.
pub(crate) fn instance_norm(
    x: &Tensor<4>,
    [gamma, beta]: [Option<Tensor<1>>; 2],
    epsilon: f64,
    act: AnyAct,
) -> Option<Tensor<4>> {
    let act = along(act)?;
    let channels = x.dims()[1];
    let mut learned = [&gamma, &beta].into_iter().flatten();
    if learned.any(|values| values.dims()[0] != channels) {
        return None;
    }
    let operands = Operands::of(x.clone())?
        .and_some(gamma.clone())?
        .and_some(beta.clone())?;
    let x = Activation::new(operands.tensors()[0].clone());
    let mut rest = operands.tensors()[1..].iter().map(floats);
    let mut values = |learned: bool, start: f32| match learned {
        true => rest.next().expect("an operand"),
        false => vec![start; channels],
    };
    let learns = [gamma.is_some(), beta.is_some()];
    let (gamma, beta) = (values(learns[0], 1.0), values(learns[1], 0.0));
    let (isa, pixels) = (Isa::detect(), x.height * x.width);
    // A network of such normalisations makes small differences large. So a map is centred first, and
    // then measured anew: scaled together with its mean, a channel far from 0 would lose digits.
    let mut centred = vec![0.0; pixels * channels];
    let mut statistics = vec![];
    let y = by_image(&x, |image, target| {
        let mut rough = Statistics::zeros(channels);
        channel_moments(isa, pixels, channels, x.image(image), rough.moments());
        let minus_mean: Vec<_> = rough.mean.iter().map(|mean| -mean).collect();
        let centre = Epilogue {
            bias: Some(&minus_mean),
            ..Epilogue::default()
        };
        let buffer = ViewMut::new(&mut centred, channels);
        apply_epilogue(isa, pixels, channels, x.image(image), &centre, buffer);
        let exact = Statistics::of(&centred, channels).with_epsilon(epsilon);
        let (scale, bias) = exact.scale(&gamma, &beta);
        let scaled = Epilogue {
            scale: Some(&scale),
            bias: Some(&bias),
            residual: None,
            act,
        };
        let centred = View::new(&centred, channels);
        apply_epilogue(isa, pixels, channels, centred, &scaled, target);
        statistics.push(exact.moved(&rough.mean));
    });
    let state = || State {
        x,
        kept: kept(act, &y),
        gamma,
        statistics,
        learns,
    };
    Some(operands.record(y.clone(), state, rule))
}

struct State {
    x: Activation,
    kept: Kept,
    gamma: Vec<f32>,
    /// Of each image.
    statistics: Vec<Statistics>,
    /// Whether factors, and what is added, are operands.
    learns: [bool; 2],
}

fn rule(state: State, dy: FlexTensor, _: &[bool]) -> Vec<Option<FlexTensor>> {
    let State {
        x,
        kept,
        gamma,
        statistics,
        learns,
    } = state;
    let dy = Activation::new(dy);
    let kept = kept.map(|(act, y)| (act, Activation::new(y)));
    let (isa, channels) = (Isa::detect(), x.channels);
    let mut sums = [vec![0.0; channels], vec![0.0; channels]];
    let dx = by_image(&x, |image, target| {
        let tensors = BatchNormTensors {
            pixels: x.height * x.width,
            channels,
            x: x.image(image),
            dy: dy.image(image),
            act: kept.as_ref().map(|(act, y)| (*act, y.image(image))),
            mean: &statistics[image].mean,
            inv_std: &statistics[image].inv_std,
        };
        let [mut dz, mut dz_xhat] = [vec![0.0; channels], vec![0.0; channels]];
        let of_image = BatchNormSums {
            dz: &mut dz,
            dz_xhat: &mut dz_xhat,
        };
        batch_norm_backward_sums(isa, &tensors, of_image);
        let of_image = BatchNormSums {
            dz: &mut dz,
            dz_xhat: &mut dz_xhat,
        };
        batch_norm_backward(isa, &tensors, &gamma, &of_image, target, None);
        for (sums, of_image) in sums.iter_mut().zip([dz_xhat, dz]) {
            for (sum, value) in sums.iter_mut().zip(of_image) {
                *sum += f64::from(value);
            }
        }
    });
    let learned = sums.into_iter().zip(learns).filter(|(_, learns)| *learns);
    let learned = learned.map(|(sums, _)| {
        let sums = sums.into_iter().map(|sum| sum as f32).collect();
        Some(contiguous(sums, [channels]))
    });
    std::iter::once(Some(dx)).chain(learned).collect()
}
