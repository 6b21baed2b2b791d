//! Convolutions against a reference in `f64`.

mod common;

use common::*;
use cpu_kernels::*;

/// A random strided layout of a tensor of `channels` channels.
fn layout(random: &mut Random, channels: usize) -> (usize, usize) {
    if random.flip() {
        return (channels, 0);
    }
    let stride = channels + random.range(0, 9);
    (stride, random.range(0, stride - channels))
}

struct Epilogues {
    scale: Option<Vec<f32>>,
    bias: Option<Vec<f32>>,
    residual: Option<Vec<f32>>,
    act: Act,
}

impl Epilogues {
    fn random(random: &mut Random, pixels: usize, channels: usize) -> Self {
        Self {
            scale: random.flip().then(|| random.floats(channels)),
            bias: random.flip().then(|| random.floats(channels)),
            residual: random.flip().then(|| random.floats(pixels * channels)),
            act: random.act(),
        }
    }

    fn apply(&self, sums: &mut [Sum], channels: usize) {
        for (i, sum) in sums.iter_mut().enumerate() {
            if let Some(scale) = &self.scale {
                let scale = f64::from(scale[i % channels]);
                sum.value *= scale;
                sum.magnitude *= scale.abs();
            }
            for term in [
                self.bias.as_ref().map(|bias| bias[i % channels]),
                self.residual.as_ref().map(|residual| residual[i]),
            ]
            .into_iter()
            .flatten()
            {
                sum.add(term, 1.0);
            }
            sum.act(self.act);
        }
    }

    fn view(&self, channels: usize) -> Epilogue<'_> {
        Epilogue {
            scale: self.scale.as_deref(),
            bias: self.bias.as_deref(),
            residual: self
                .residual
                .as_deref()
                .map(|data| View::new(data, channels)),
            act: self.act,
        }
    }
}

#[test]
fn matches_the_reference_on_random_shapes() {
    let mut random = Random(1);
    for case in 0..300 {
        let s = random.shape();
        check(&mut random, &s, &format!("case {case}: {s:?}"));
    }
}

#[test]
fn matches_the_reference_on_random_three_by_three_kernels() {
    let mut random = Random(4);
    for case in 0..60 {
        let s = random.plain_shape();
        check(&mut random, &s, &format!("case {case}: {s:?}"));
    }
}

/// Channels of which the pixels of a tile would share sets of a cache.
#[test]
fn matches_the_reference_where_pixels_collide() {
    let mut random = Random(4);
    let base = ConvShape {
        in_channels: 1024,
        out_channels: 20,
        ..many_channels(5, 7)
    };
    let one_tap = ConvShape {
        kernel: [1; 2],
        padding: [[0; 2]; 2],
        ..base
    };
    let strided = ConvShape {
        in_channels: 512,
        stride: [2; 2],
        ..base
    };
    for s in [
        base,
        one_tap,
        strided,
        ConvShape {
            in_channels: 512,
            stride: [2; 2],
            ..one_tap
        },
        ConvShape {
            in_channels: 20,
            out_channels: 1024,
            ..base
        },
    ] {
        check(&mut random, &s, &format!("{s:?}"));
    }
}

/// Sizes at which strips, stages and chunks of channels have several parts.
#[test]
fn matches_the_reference_on_larger_shapes() {
    let mut random = Random(2);
    let base = many_channels(14, 15);
    let stem = ConvShape {
        in_channels: 3,
        kernel: [7; 2],
        stride: [2; 2],
        padding: [[3; 2]; 2],
        ..base
    };
    for s in [
        base,
        ConvShape {
            stride: [2; 2],
            ..base
        },
        ConvShape {
            in_channels: 530,
            out_channels: 20,
            kernel: [1; 2],
            padding: [[0; 2]; 2],
            ..base
        },
        ConvShape {
            in_channels: 20,
            out_channels: 300,
            kernel: [1; 2],
            stride: [2; 2],
            padding: [[0; 2]; 2],
            ..base
        },
        ConvShape {
            in_height: 40,
            in_width: 50,
            ..stem
        },
        ConvShape {
            in_channels: 1,
            in_height: 60,
            in_width: 300,
            out_channels: 8,
            ..base
        },
        ConvShape {
            in_channels: 72,
            groups: 72,
            in_height: 40,
            ..base
        },
        ConvShape {
            in_channels: 72,
            groups: 72,
            stride: [2; 2],
            ..base
        },
        ConvShape {
            in_channels: 72,
            groups: 18,
            ..base
        },
        ConvShape {
            in_height: 16,
            in_width: 16,
            kernel: [2; 2],
            stride: [2; 2],
            padding: [[0; 2]; 2],
            ..base
        },
        ConvShape {
            in_height: 30,
            in_width: 41,
            ..base
        },
        ConvShape {
            batch: 1,
            in_channels: 20,
            out_channels: 200,
            padding: [[4, 3], [0, 5]],
            ..base
        },
        ConvShape { batch: 0, ..base },
    ] {
        check(&mut random, &s, &format!("{s:?}"));
    }
}

/// Written over its residual, an output is the same to the bit.
fn check_onto(
    s: &ConvShape,
    x: View,
    filter: &PackedFilter,
    after: &Epilogues,
    expected: &[f32],
    (stride, first): (usize, usize),
    what: &str,
) {
    let channels = s.out_channels;
    let Some(residual) = &after.residual else {
        return;
    };
    if !filter.writes_once() {
        return;
    }
    let mut y = widen(residual, channels, stride, first);
    let epilogue = Epilogue {
        residual: None,
        ..after.view(channels)
    };
    let target = ViewMut::slice(&mut y, stride, first);
    conv2d_forward_onto(s, x, filter, &epilogue, target);
    let y = narrow(&y, channels, stride, first);
    assert_eq!(y, expected, "onto the residual {what}");
}

#[test]
#[should_panic(expected = "would be written over")]
fn a_sum_in_parts_is_not_written_onto_its_residual() {
    let s = ConvShape {
        in_channels: 530,
        kernel: [1; 2],
        padding: [[0; 2]; 2],
        ..many_channels(3, 3)
    };
    let [x, w, mut y] = [
        s.in_pixels() * s.in_channels,
        s.weights(),
        s.out_pixels() * s.out_channels,
    ]
    .map(|len| vec![0.0; len]);
    let filter = PackedFilter::forward(Isa::detect(), &s, &w);
    conv2d_forward_onto(
        &s,
        View::new(&x, s.in_channels),
        &filter,
        &Epilogue::default(),
        ViewMut::new(&mut y, s.out_channels),
    );
}

fn check(random: &mut Random, s: &ConvShape, what: &str) {
    let (c_in, c_out) = (s.in_channels, s.out_channels);
    let x = random.floats(s.in_pixels() * c_in);
    let w = random.floats(s.weights());
    let dy = random.floats(s.out_pixels() * c_out);
    let mut y = vec![Sum::default(); dy.len()];
    let mut dx = vec![Sum::default(); x.len()];
    let mut dw = vec![Sum::default(); w.len()];
    products(s, |iy, ix, iw| {
        y[iy].add(x[ix], w[iw]);
        dx[ix].add(dy[iy], w[iw]);
        dw[iw].add(x[ix], dy[iy]);
    });
    let after = Epilogues::random(random, s.out_pixels(), c_out);
    after.apply(&mut y, c_out);
    let before = Epilogues::random(random, s.in_pixels(), c_in);
    before.apply(&mut dx, c_in);
    let (x_stride, x_first) = layout(random, c_in);
    let (y_stride, y_first) = layout(random, c_out);
    let x = widen(&x, c_in, x_stride, x_first);
    let dy = widen(&dy, c_out, y_stride, y_first);
    for isa in Isa::available() {
        let what = format!("{} {what}", isa.name());
        let (x, dy) = (
            View::slice(&x, x_stride, x_first),
            View::slice(&dy, y_stride, y_first),
        );

        for algorithm in [Algorithm::Direct, Algorithm::Winograd] {
            if !algorithm.fits(s) {
                continue;
            }
            let what = format!("{algorithm:?} {what}");
            let close = match algorithm {
                Algorithm::Direct => assert_close,
                Algorithm::Winograd => assert_close_in_all,
            };
            let mut got = vec![f32::NAN; s.out_pixels() * y_stride];
            let target = ViewMut::slice(&mut got, y_stride, y_first);
            let filter = PackedFilter::forward_by(algorithm, isa, s, &w);
            let (mut mean, mut variance) = (vec![0.0; c_out], vec![0.0; c_out]);
            let moments = random.flip();
            let wanted = moments.then(|| Moments {
                mean: &mut mean,
                variance: &mut variance,
            });
            conv2d_forward(s, x, &filter, &after.view(c_out), target, wanted);
            let got = narrow(&got, c_out, y_stride, y_first);
            check_onto(s, x, &filter, &after, &got, (y_stride, y_first), &what);
            close(&got, &y, &format!("forward {what}"));
            if moments {
                check_moments(&got, c_out, &mean, &variance, &what);
            }

            let mut got = vec![f32::NAN; s.in_pixels() * x_stride];
            let target = ViewMut::slice(&mut got, x_stride, x_first);
            let filter = PackedFilter::backward_data_by(algorithm, isa, s, &w);
            conv2d_backward_data(s, dy, &filter, &before.view(c_in), target);
            let got = narrow(&got, c_in, x_stride, x_first);
            close(&got, &dx, &format!("backward data {what}"));

            let mut got = vec![f32::NAN; s.weights()];
            conv2d_backward_weight_by(algorithm, isa, s, x, dy, &mut got);
            close(&got, &dw, &format!("backward weight {what}"));
        }
    }
}

fn check_moments(y: &[f32], channels: usize, mean: &[f32], variance: &[f32], what: &str) {
    let count = (y.len() / channels).max(1) as f64;
    for c in 0..channels {
        let values = || y.iter().skip(c).step_by(channels).map(|&v| f64::from(v));
        let want = values().sum::<f64>() / count;
        let spread = values().map(|v| (v - want) * (v - want)).sum::<f64>() / count;
        let scale = values().fold(0.0, |m: f64, v| m.max(v.abs()));
        assert!(
            (f64::from(mean[c]) - want).abs() <= 1e-6 * scale,
            "mean {what}"
        );
        // Sums are taken about the first pixel, which may lie anywhere in the
        // range of the values.
        let range = values().fold(0.0, |m: f64, v| m.max((v - want).abs()));
        assert!(
            (f64::from(variance[c]) - spread).abs() <= 2e-6 * range * range + 1e-30,
            "variance of channel {c}: {} expected {spread}, {what}",
            variance[c]
        );
    }
}

/// The same bits for any number of threads.
#[test]
fn does_not_depend_on_the_number_of_threads() {
    let mut random = Random(3);
    for case in 0..16 {
        let shape = ConvShape {
            batch: 3,
            ..if case < 12 {
                random.shape()
            } else {
                many_channels(1, 1)
            }
        };
        let s = ConvShape {
            in_height: 20,
            in_width: 33,
            ..shape
        };
        let (c_in, c_out) = (s.in_channels, s.out_channels);
        let x = random.floats(s.in_pixels() * c_in);
        let w = random.floats(s.weights());
        let dy = random.floats(s.out_pixels() * c_out);
        let isa = Isa::detect();
        let run = || {
            let mut y = vec![0.0; dy.len()];
            let mut dx = vec![0.0; x.len()];
            let mut dw = vec![0.0; w.len()];
            let (mut mean, mut variance) = (vec![0.0; c_out], vec![0.0; c_out]);
            let filter = PackedFilter::forward(isa, &s, &w);
            let moments = Some(Moments {
                mean: &mut mean,
                variance: &mut variance,
            });
            let (y_view, none) = (ViewMut::new(&mut y, c_out), Epilogue::default());
            conv2d_forward(&s, View::new(&x, c_in), &filter, &none, y_view, moments);
            let filter = PackedFilter::backward_data(isa, &s, &w);
            let dx_view = ViewMut::new(&mut dx, c_in);
            conv2d_backward_data(&s, View::new(&dy, c_out), &filter, &none, dx_view);
            conv2d_backward_weight(isa, &s, View::new(&x, c_in), View::new(&dy, c_out), &mut dw);
            let all = [y, dx, dw, mean, variance].concat();
            all.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        };
        let results = [1, 2, 3, 5].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a pool of threads").install(run)
        });
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{s:?}");
    }
}

/// The errors of Winograd's algorithm are a few times those of the plain sum.
#[test]
fn winograd_errs_little() {
    let mut random = Random(5);
    for (channels, positive) in [(32, false), (32, true), (256, false), (256, true)] {
        let s = ConvShape {
            batch: 1,
            in_channels: channels,
            in_height: 18,
            in_width: 18,
            out_channels: 32,
            kernel: [3; 2],
            stride: [1; 2],
            padding: [[0; 2]; 2],
            dilation: [1; 2],
            groups: 1,
        };
        let mut x = random.floats(s.in_pixels() * channels);
        if positive {
            x.iter_mut().for_each(|x| *x = x.abs());
        }
        let w = random.floats(s.weights());
        let mut want = vec![Sum::default(); s.out_pixels() * 32];
        products(&s, |y, ix, iw| want[y].add(x[ix], w[iw]));
        for isa in Isa::available() {
            let [direct, winograd] = [Algorithm::Direct, Algorithm::Winograd].map(|algorithm| {
                let filter = PackedFilter::forward_by(algorithm, isa, &s, &w);
                let mut y = vec![0.0; want.len()];
                let (input, output) = (View::new(&x, channels), ViewMut::new(&mut y, 32));
                conv2d_forward(&s, input, &filter, &Epilogue::default(), output, None);
                errors(&y, &want)
            });
            assert!(winograd.max < 6e-7, "{winograd:?}");
            assert!(winograd.rms < 6.0 * direct.rms, "{winograd:?} {direct:?}");
        }
    }
}

/// Errors relative to the magnitudes of the terms.
#[derive(Debug)]
struct Errors {
    max: f64,
    rms: f64,
}

fn errors(got: &[f32], want: &[Sum]) -> Errors {
    let relative = |(got, want): (&f32, &Sum)| (f64::from(*got) - want.value) / want.magnitude;
    let errors: Vec<f64> = got.iter().zip(want).map(relative).collect();
    let squares: f64 = errors.iter().map(|e| e * e).sum();
    Errors {
        max: errors.iter().fold(0.0, |max, e| e.abs().max(max)),
        rms: (squares / errors.len() as f64).sqrt(),
    }
}

/// A filter chooses its algorithm when it is packed, and keeps it for images
/// of other sizes.
#[test]
fn a_filter_fits_images_of_any_size() {
    let mut random = Random(6);
    let packed = many_channels(14, 15);
    assert_eq!(Algorithm::of(&packed), Algorithm::Winograd);
    for s in [
        many_channels(2, 2),
        many_channels(1, 9),
        many_channels(21, 6),
    ] {
        let (c_in, c_out) = (s.in_channels, s.out_channels);
        let x = random.floats(s.in_pixels() * c_in);
        let w = random.floats(s.weights());
        let mut want = vec![Sum::default(); s.out_pixels() * c_out];
        products(&s, |y, ix, iw| want[y].add(x[ix], w[iw]));
        let filter = PackedFilter::forward(Isa::detect(), &packed, &w);
        let mut y = vec![0.0; want.len()];
        let (input, output) = (View::new(&x, c_in), ViewMut::new(&mut y, c_out));
        conv2d_forward(&s, input, &filter, &Epilogue::default(), output, None);
        assert_close_in_all(&y, &want, &format!("{s:?}"));
    }
}

/// A convolution of so many channels that Winograd's algorithm pays, unless
/// the image is tiny.
fn many_channels(height: usize, width: usize) -> ConvShape {
    ConvShape {
        batch: 2,
        in_channels: 40,
        in_height: height,
        in_width: width,
        out_channels: 72,
        kernel: [3; 2],
        stride: [1; 2],
        padding: [[1; 2]; 2],
        dilation: [1; 2],
        groups: 1,
    }
}

#[test]
fn winograd_is_for_many_channels_and_more_than_tiny_images() {
    let base = many_channels(7, 7);
    assert_eq!(Algorithm::of(&base), Algorithm::Winograd);
    for s in [
        many_channels(2, 2),
        ConvShape {
            stride: [2, 1],
            ..base
        },
        ConvShape {
            dilation: [2; 2],
            ..base
        },
        ConvShape {
            kernel: [3, 1],
            ..base
        },
        ConvShape { groups: 2, ..base },
        ConvShape {
            in_channels: 3,
            ..base
        },
    ] {
        assert_eq!(Algorithm::of(&s), Algorithm::Direct, "{s:?}");
    }
}
