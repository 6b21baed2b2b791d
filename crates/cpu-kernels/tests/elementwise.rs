//! Normalisation, activations, pooling, resampling and layout against plain loops.

mod common;

use common::*;
use cpu_kernels::*;

#[test]
fn moments_survive_a_large_mean() {
    let mut random = Random(11);
    for (pixels, channels) in [(1, 1), (5, 3), (3000, 19), (700, 64)] {
        let x: Vec<f32> = random
            .floats(pixels * channels)
            .iter()
            .map(|v| 300.0 + v)
            .collect();
        let x_wide = widen(&x, channels, channels + 5, 2);
        for isa in Isa::available() {
            let (mut mean, mut variance) = (vec![0.0; channels], vec![0.0; channels]);
            let view = View::slice(&x_wide, channels + 5, 2);
            let moments = Moments {
                mean: &mut mean,
                variance: &mut variance,
            };
            channel_moments(isa, pixels, channels, view, moments);
            let mut sums = vec![0.0; channels];
            channel_sums(isa, pixels, view, &mut sums);
            for c in 0..channels {
                let values = || x.iter().skip(c).step_by(channels).map(|&v| f64::from(v));
                let want = values().sum::<f64>() / pixels as f64;
                let spread = values().map(|v| (v - want).powi(2)).sum::<f64>() / pixels as f64;
                assert!((f64::from(mean[c]) - want).abs() < 1e-7 * want);
                assert!((f64::from(variance[c]) - spread).abs() <= 1e-5 * spread);
                assert!((f64::from(sums[c]) / pixels as f64 - want).abs() < 2e-6 * want);
            }
        }
    }
}

#[test]
fn batch_norm_gradient_matches_the_formula() {
    let mut random = Random(12);
    for (pixels, channels) in [(7, 3), (900, 20), (130, 64)] {
        let [x, dy, y] = [0; 3].map(|_| random.floats(pixels * channels));
        let [mean, inv_std, weight] = [0; 3].map(|_| random.floats(channels));
        let acts = [Act::None, Act::Relu, Act::LeakyRelu(0.2)];
        for (isa, act) in Isa::available().flat_map(|isa| acts.map(|act| (isa, act))) {
            let view = |data| View::new(data, channels);
            let tensors = BatchNormTensors {
                pixels,
                channels,
                x: view(&x),
                dy: view(&dy),
                act: (act != Act::None).then(|| (act, view(&y))),
                mean: &mean,
                inv_std: &inv_std,
            };
            let (mut sum, mut sum_xhat) = (vec![0.0; channels], vec![0.0; channels]);
            batch_norm_backward_sums(
                isa,
                &tensors,
                BatchNormSums {
                    dz: &mut sum,
                    dz_xhat: &mut sum_xhat,
                },
            );
            let slope = |i: usize| act_and_slope(act, f64::from(y[i])).1 as f32;
            let dz_of = |i: usize| dy[i] * slope(i);
            let xhat = |i: usize| (x[i] - mean[i % channels]) * inv_std[i % channels];
            let (mut want, mut want_xhat) = (
                vec![Sum::default(); channels],
                vec![Sum::default(); channels],
            );
            for i in 0..x.len() {
                want[i % channels].add(dz_of(i), 1.0);
                want_xhat[i % channels].add(dz_of(i), xhat(i));
            }
            assert_close(&sum, &want, "sum of dz");
            assert_close(&sum_xhat, &want_xhat, "sum of dz * xhat");
            let (mut dx, mut dz) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
            let sums = BatchNormSums {
                dz: &mut sum,
                dz_xhat: &mut sum_xhat,
            };
            let dz_view = Some(ViewMut::new(&mut dz, channels));
            batch_norm_backward(
                isa,
                &tensors,
                &weight,
                &sums,
                ViewMut::new(&mut dx, channels),
                dz_view,
            );
            for i in 0..x.len() {
                let c = i % channels;
                let n = pixels as f32;
                let want = weight[c]
                    * inv_std[c]
                    * (dz_of(i) - sums.dz[c] / n - xhat(i) * sums.dz_xhat[c] / n);
                assert!((dx[i] - want).abs() < 1e-5, "dx {} {want}", dx[i]);
                assert_eq!(dz[i], dz_of(i));
            }
        }
    }
}

#[test]
fn layer_norm_and_its_gradient_match_their_formulas() {
    const EPSILON: f64 = 1e-6;
    let mut random = Random(18);
    for (pixels, channels) in [(1, 1), (7, 3), (900, 20), (130, 64), (33, 100), (0, 5)] {
        // A mean that is large beside the deviation.
        let x: Vec<f32> = random.floats(pixels * channels);
        let x: Vec<f32> = x.iter().map(|v| 20.0 + v).collect();
        let dy = random.floats(pixels * channels);
        let [gamma, beta] = [0; 2].map(|_| random.floats(channels));
        let wide = widen(&x, channels, channels + 3, 2);
        let mut want = [vec![], vec![]];
        let (mut want_dgamma, mut want_dbeta) = (vec![0.0; channels], vec![0.0; channels]);
        for (x, dy) in x.chunks(channels).zip(dy.chunks(channels)) {
            let mean_of =
                |f: &dyn Fn(usize) -> f64| (0..channels).map(f).sum::<f64>() / channels as f64;
            let mean = mean_of(&|c| f64::from(x[c]));
            let variance = mean_of(&|c| (f64::from(x[c]) - mean).powi(2));
            let inv_std = 1.0 / (variance + EPSILON).sqrt();
            let xhat = |c: usize| (f64::from(x[c]) - mean) * inv_std;
            let g = |c: usize| f64::from(gamma[c]) * f64::from(dy[c]);
            let (mean_g, mean_g_xhat) = (mean_of(&g), mean_of(&|c| g(c) * xhat(c)));
            for c in 0..channels {
                want[0].push(f64::from(gamma[c]) * xhat(c) + f64::from(beta[c]));
                want[1].push(inv_std * (g(c) - mean_g - xhat(c) * mean_g_xhat));
                want_dgamma[c] += f64::from(dy[c]) * xhat(c);
                want_dbeta[c] += f64::from(dy[c]);
            }
        }
        for isa in Isa::available() {
            let norm = LayerNorm {
                pixels,
                channels,
                x: View::slice(&wide, channels + 3, 2),
                gamma: &gamma,
            };
            let (mut y, mut moments) = (vec![f32::NAN; x.len()], vec![0.0; 2 * pixels]);
            let targets = (
                ViewMut::new(&mut moments, 2),
                ViewMut::new(&mut y, channels),
            );
            layer_norm_forward(isa, &norm, &beta, EPSILON as f32, targets.0, targets.1);
            let mut dx = vec![f32::NAN; x.len()];
            let (mut dgamma, mut dbeta) = (vec![0.0; channels], vec![0.0; channels]);
            let gradients = LayerNormGradients {
                dx: ViewMut::new(&mut dx, channels),
                dgamma: &mut dgamma,
                dbeta: &mut dbeta,
            };
            let (moments, dy) = (View::new(&moments, 2), View::new(&dy, channels));
            layer_norm_backward(isa, &norm, moments, dy, gradients);
            near(&y, &want[0], "y");
            near(&dx, &want[1], "dx");
            near(&dgamma, &want_dgamma, "dgamma");
            near(&dbeta, &want_dbeta, "dbeta");
        }
    }
}

#[test]
fn standardised_filters_and_their_gradients_match_their_formulas() {
    const EPSILON: f64 = 1e-5;
    let mut random = Random(29);
    for (filters, weights) in [(1, 1), (7, 3), (64, 27), (130, 64), (3, 1000), (0, 5)] {
        let w: Vec<f32> = random.floats(filters * weights);
        let w: Vec<f32> = w.iter().map(|v| 3.0 + v).collect();
        let dy = random.floats(filters * weights);
        let factors = random.floats(filters);
        let mut want = [vec![], vec![], vec![]];
        let rows = w.chunks(weights).zip(dy.chunks(weights)).zip(&factors);
        for ((w, dy), &factor) in rows {
            let mean_of =
                |f: &dyn Fn(usize) -> f64| (0..weights).map(f).sum::<f64>() / weights as f64;
            let mean = mean_of(&|i| f64::from(w[i]));
            let variance = mean_of(&|i| (f64::from(w[i]) - mean).powi(2));
            let inv_std = 1.0 / (variance + EPSILON).sqrt();
            let what = |i: usize| (f64::from(w[i]) - mean) * inv_std;
            let factor = f64::from(factor);
            let mean_dy = mean_of(&|i| f64::from(dy[i]));
            let mean_product = mean_of(&|i| f64::from(dy[i]) * what(i));
            for (i, &dy) in dy.iter().enumerate() {
                want[0].push(factor * what(i));
                want[1].push(factor * inv_std * (f64::from(dy) - mean_dy - what(i) * mean_product));
            }
            want[2].push(mean_product * weights as f64);
        }
        for isa in Isa::available() {
            let of = Filters {
                filters,
                weights,
                w: View::new(&w, weights),
                factors: &factors,
            };
            let (mut y, mut moments) = (vec![f32::NAN; w.len()], vec![0.0; 2 * filters]);
            let targets = (ViewMut::new(&mut moments, 2), ViewMut::new(&mut y, weights));
            standardize_forward(isa, &of, EPSILON as f32, targets.0, targets.1);
            let mut dw = vec![f32::NAN; w.len()];
            let mut dfactors = vec![f32::NAN; filters];
            let (moments, dy) = (View::new(&moments, 2), View::new(&dy, weights));
            let target = ViewMut::new(&mut dw, weights);
            standardize_backward(isa, &of, moments, dy, target, &mut dfactors);
            near(&y, &want[0], "y");
            near(&dw, &want[1], "dw");
            near(&dfactors, &want[2], "dfactors");
        }
    }
}

/// Within what rounding makes of the largest.
fn near(got: &[f32], want: &[f64], what: &str) {
    assert_eq!(got.len(), want.len());
    let scale = want.iter().fold(1.0, |a: f64, b| a.max(b.abs()));
    for (got, want) in got.iter().zip(want) {
        let error = (f64::from(*got) - want).abs();
        assert!(error < 2e-5 * scale, "{what}: {got}, expected {want}");
    }
}

#[test]
fn a_mix_and_its_gradients_are_their_sums() {
    let mut random = Random(23);
    for (images, maps, pixels, channels) in [
        (1, (1, 1), 1, 1),
        (2, (4, 4), 300, 16),
        (3, (4, 1), 35, 21),
        (2, (1, 3), 700, 40),
        (0, (2, 2), 4, 3),
        (2, (3, 2), 0, 5),
    ] {
        for by_image in [false, true] {
            let (from, to) = maps;
            let mix = Mix {
                images,
                from,
                to,
                pixels,
                channels,
                by_image,
            };
            let sets = if by_image { images } else { 1 };
            let weights = random.floats(sets * to * from);
            let map = pixels * channels;
            let x = random.floats(images * from * map);
            let dy = random.floats(images * to * map);
            let mut want_y = vec![Sum::default(); dy.len()];
            let mut want_dw = vec![Sum::default(); weights.len()];
            for image in 0..images {
                for (o, i) in (0..to).flat_map(|o| (0..from).map(move |i| (o, i))) {
                    let set = if by_image { image } else { 0 };
                    let weight = (set * to + o) * from + i;
                    for at in 0..map {
                        let x = x[(image * from + i) * map + at];
                        let y = (image * to + o) * map + at;
                        want_y[y].add(weights[weight], x);
                        want_dw[weight].add(dy[y], x);
                    }
                }
            }
            let wide = widen(&x, channels, channels + 3, 1);
            for isa in Isa::available() {
                let x = View::slice(&wide, channels + 3, 1);
                let mut y = vec![f32::NAN; dy.len()];
                mix_forward(isa, &mix, &weights, x, ViewMut::new(&mut y, channels));
                assert_close(&y, &want_y, "y");
                let mut dw = vec![f32::NAN; weights.len()];
                mix_backward_weight(isa, &mix, x, View::new(&dy, channels), &mut dw);
                assert_close(&dw, &want_dw, "dw");
            }
        }
    }
}

#[test]
fn activations_match_their_formulas() {
    let mut random = Random(19);
    let acts = [
        Act::None,
        Act::Relu,
        Act::LeakyRelu(0.01),
        Act::LeakyRelu(3.0),
        Act::Sigmoid,
        Act::Silu,
        Act::Gelu,
    ];
    for (pixels, channels) in [(1, 1), (300, 21), (3, 5), (40, 64)] {
        let mut x = random.floats(pixels * channels);
        // Close to zero, and far out.
        x.iter_mut()
            .for_each(|x| *x *= random.pick(&[0.01, 1.0, 5.0, 100.0]));
        let dy = random.floats(x.len());
        let stride = channels + 3;
        let wide = |data: &[f32]| widen(data, channels, stride, 2);
        for (isa, act) in Isa::available().flat_map(|isa| acts.map(|act| (isa, act))) {
            let mut y = vec![f32::NAN; pixels * stride];
            let target = ViewMut::slice(&mut y, stride, 2);
            let from = wide(&x);
            let from = View::slice(&from, stride, 2);
            act_forward(isa, pixels, channels, act, from, target);
            let y = narrow(&y, channels, stride, 2);
            let kept = wide(if act.derivative_from_result() { &y } else { &x });
            let (kept, dy_wide) = (View::slice(&kept, stride, 2), wide(&dy));
            let mut dx = vec![f32::NAN; pixels * stride];
            let target = ViewMut::slice(&mut dx, stride, 2);
            let dy_view = View::slice(&dy_wide, stride, 2);
            act_backward(isa, pixels, channels, act, kept, dy_view, target);
            let dx = narrow(&dx, channels, stride, 2);
            for i in 0..x.len() {
                let (want, slope) = act_and_slope(act, f64::from(x[i]));
                let close = |got: f32, want: f64| {
                    (f64::from(got) - want).abs() <= 5e-7 * (1.0 + want.abs())
                };
                assert!(close(y[i], want), "{act:?} of {}: {} {want}", x[i], y[i]);
                let want = f64::from(dy[i]) * slope;
                assert!(close(dx[i], want), "{act:?} at {}: {} {want}", x[i], dx[i]);
            }
        }
    }
}

#[test]
fn activations_keep_what_is_not_a_number() {
    for isa in Isa::available() {
        for act in [
            Act::None,
            Act::LeakyRelu(0.1),
            Act::Sigmoid,
            Act::Silu,
            Act::Gelu,
        ] {
            let mut y = [0.0; 3];
            let x = View::new(&[0.5, f32::NAN, -0.5], 3);
            act_forward(isa, 1, 3, act, x, ViewMut::new(&mut y, 3));
            assert_eq!(y.map(f32::is_nan), [false, true, false], "{act:?}");
        }
    }
}

#[test]
#[should_panic(expected = "slope = 0: must be positive")]
fn a_slope_of_zero_is_refused() {
    let (x, mut y) = ([1.0], [0.0]);
    let (x, y) = (View::new(&x, 1), ViewMut::new(&mut y, 1));
    act_forward(Isa::PORTABLE, 1, 1, Act::LeakyRelu(0.0), x, y);
}

#[test]
#[should_panic(expected = "act = Gelu: must be a ReLU or a leaky one")]
fn a_normalisation_does_not_go_back_through_a_gelu() {
    let (x, mut sums) = ([1.0], [[0.0]; 2]);
    let [dz, dz_xhat] = &mut sums;
    let view = View::new(&x, 1);
    let tensors = BatchNormTensors {
        pixels: 1,
        channels: 1,
        x: view,
        dy: view,
        act: Some((Act::Gelu, view)),
        mean: &x,
        inv_std: &x,
    };
    batch_norm_backward_sums(Isa::PORTABLE, &tensors, BatchNormSums { dz, dz_xhat });
}

#[test]
fn a_gate_chooses_and_passes_gradients_on() {
    let mut random = Random(18);
    let (pixels, channels) = (300, 21);
    let [mut z, h, x, dy] = [0; 4].map(|_| random.floats(pixels * channels));
    (z[0], z[1]) = (-1e4, 1e4);
    let view = |data| View::new(data, channels);
    for isa in Isa::available() {
        let tensors = GateTensors {
            pixels,
            channels,
            z: view(&z),
            h: view(&h),
            x: view(&x),
        };
        let mut outputs = [0; 4].map(|_| vec![f32::NAN; x.len()]);
        let [y, dz, dh, dx] = outputs.each_mut().map(|o| ViewMut::new(o, channels));
        gate_forward(isa, &tensors, y);
        gate_backward(isa, &tensors, view(&dy), GateGradients { dz, dh, dx });
        for i in 0..x.len() {
            let [z, h, x, dy] = [z[i], h[i], x[i], dy[i]].map(f64::from);
            let t = 1.0 / (1.0 + (-z).exp());
            let want = [
                t * h + (1.0 - t) * x,
                dy * (h - x) * t * (1.0 - t),
                dy * t,
                dy * (1.0 - t),
            ];
            for (got, want) in outputs.iter().zip(want) {
                assert!((f64::from(got[i]) - want).abs() < 1e-6, "{} {want}", got[i]);
            }
        }
        // A gate that is shut carries exactly.
        assert_eq!(outputs[0][0], x[0]);
    }
}

#[test]
fn epilogue_is_applied() {
    let mut random = Random(13);
    let (pixels, channels) = (50, 21);
    let [x, residual] = [0; 2].map(|_| random.floats(pixels * channels));
    let [scale, bias] = [0; 2].map(|_| random.floats(channels));
    for isa in Isa::available() {
        let mut y = vec![0.0; x.len()];
        let epilogue = Epilogue {
            scale: Some(&scale),
            bias: Some(&bias),
            residual: Some(View::new(&residual, channels)),
            act: Act::Relu,
        };
        let (from, to) = (View::new(&x, channels), ViewMut::new(&mut y, channels));
        apply_epilogue(isa, pixels, channels, from, &epilogue, to);
        for i in 0..x.len() {
            let c = i % channels;
            assert_eq!(y[i], (x[i] * scale[c] + bias[c] + residual[i]).max(0.0));
        }
        for act in [Act::None, Act::LeakyRelu(0.1), Act::Sigmoid, Act::Gelu] {
            let mut at_once = vec![0.0; x.len()];
            let with = Epilogue { act, ..epilogue };
            let to = ViewMut::new(&mut at_once, channels);
            apply_epilogue(isa, pixels, channels, from, &with, to);
            let plain = Epilogue {
                act: Act::None,
                ..epilogue
            };
            let to = ViewMut::new(&mut y, channels);
            apply_epilogue(isa, pixels, channels, from, &plain, to);
            let (sum, mut after) = (View::new(&y, channels), vec![0.0; x.len()]);
            let to = ViewMut::new(&mut after, channels);
            act_forward(isa, pixels, channels, act, sum, to);
            assert_eq!(at_once, after, "{act:?}");
        }
    }
}

#[test]
fn max_pooling_matches_plain_loops() {
    let mut random = Random(14);
    for _ in 0..60 {
        let kernel = [random.range(1, 3), random.range(1, 3)];
        let shape = PoolShape {
            batch: random.range(0, 2),
            channels: random.range(1, 20),
            in_height: random.range(1, 9),
            in_width: random.range(1, 9),
            kernel,
            stride: [random.range(1, 3), random.range(1, 3)],
            padding: kernel.map(|k| [random.range(0, k - 1), random.range(0, k - 1)]),
        };
        let Ok(s) = shape.check() else { continue };
        let (height, width, channels) = (s.out_height(), s.out_width(), s.channels);
        let x = random.floats(s.batch * s.in_height * s.in_width * channels);
        let dy = random.floats(s.batch * height * width * channels);
        let (mut want, mut want_dx) = (vec![], vec![0.0; x.len()]);
        for (i, dy) in dy.iter().enumerate() {
            let (c, pixel) = (i % channels, i / channels);
            let (n, oh, ow) = (
                pixel / width / height,
                pixel / width % height,
                pixel % width,
            );
            let (mut best, mut at) = (f32::NEG_INFINITY, usize::MAX);
            for kh in 0..s.kernel[0] {
                for kw in 0..s.kernel[1] {
                    let ih = (oh * s.stride[0] + kh).wrapping_sub(s.padding[0][0]);
                    let iw = (ow * s.stride[1] + kw).wrapping_sub(s.padding[1][0]);
                    if ih < s.in_height && iw < s.in_width {
                        let index = ((n * s.in_height + ih) * s.in_width + iw) * channels + c;
                        if x[index] > best {
                            (best, at) = (x[index], index);
                        }
                    }
                }
            }
            want.push(best);
            if at != usize::MAX {
                want_dx[at] += dy;
            }
        }
        for isa in Isa::available() {
            let mut y = vec![0.0; dy.len()];
            let mut taps = vec![0; dy.len()];
            let target = ViewMut::new(&mut y, channels);
            max_pool_forward(isa, &s, View::new(&x, channels), target, &mut taps);
            assert_eq!(y, want, "{s:?}");
            let mut dx = vec![f32::NAN; x.len()];
            let target = ViewMut::new(&mut dx, channels);
            max_pool_backward(isa, &s, View::new(&dy, channels), &taps, target);
            for (got, want) in dx.iter().zip(&want_dx) {
                assert!((got - want).abs() < 1e-5, "{s:?}");
            }
        }
    }
}

/// `<A x, y> = <x, A^T y>` and, for known inputs, known results.
#[test]
fn resampling_and_its_transpose() {
    let mut random = Random(15);
    let size = [4, 6];
    let maps = [
        (Resampling::nearest(size, [8, 12]), [8, 12]),
        (Resampling::bilinear(size, [8, 12], Grid::Edges), [8, 12]),
        (
            Resampling::average_pool(size, [3, 2], [2, 2], [[1, 1], [0, 0]], false),
            [2, 3],
        ),
        (
            Resampling::average_pool(size, [3, 3], [1, 1], [[1; 2]; 2], true),
            [4, 6],
        ),
        (Resampling::global_average(size), [1, 1]),
        (Resampling::blur(size, 2), [2, 3]),
        (Resampling::nearest(size, [7, 5]), [7, 5]),
        (Resampling::bilinear(size, [3, 1], Grid::Edges), [3, 1]),
        (Resampling::bilinear(size, [9, 7], Grid::Corners), [9, 7]),
        (Resampling::bilinear(size, [1, 2], Grid::Corners), [1, 2]),
    ];
    let (batch, channels) = (2, 11);
    for (index, (map, want)) in maps.iter().enumerate() {
        assert_eq!(map.output_size(), *want);
        let x = random.floats(batch * 24 * channels);
        let y = random.floats(batch * want[0] * want[1] * channels);
        for isa in Isa::available() {
            let (mut ax, mut aty) = (vec![0.0; y.len()], vec![0.0; x.len()]);
            map.apply(
                isa,
                batch,
                channels,
                View::new(&x, channels),
                ViewMut::new(&mut ax, channels),
            );
            let transposed = map.transposed();
            let target = ViewMut::new(&mut aty, channels);
            transposed.apply(isa, batch, channels, View::new(&y, channels), target);
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            assert!((dot(&ax, &y) - dot(&x, &aty)).abs() < 1e-3, "map {index}");
            if index != 3 {
                // Every other map leaves constants alone.
                let ones = vec![1.0; x.len()];
                let target = ViewMut::new(&mut ax, channels);
                map.apply(isa, batch, channels, View::new(&ones, channels), target);
                assert!(ax.iter().all(|v| (v - 1.0).abs() < 1e-6), "map {index}");
            }
        }
    }
    let line = |to, grid| {
        let map = Resampling::bilinear([1, 2], [1, to], grid);
        let mut line = vec![0.0; to];
        let target = ViewMut::new(&mut line, 1);
        map.apply(Isa::detect(), 1, 1, View::new(&[0.0, 6.0], 1), target);
        line
    };
    assert_eq!(line(4, Grid::Edges), [0.0, 1.5, 4.5, 6.0]);
    assert_eq!(line(4, Grid::Corners), [0.0, 2.0, 4.0, 6.0]);
    assert_eq!(line(3, Grid::Corners), [0.0, 3.0, 6.0]);
}

/// Reflected about the outermost pixels, as PyTorch pads before `[1, 2, 1] / 4`.
#[test]
fn blurring_as_matrices() {
    let [vertical, horizontal] = Resampling::blur([1, 4], 2).matrices();
    assert_eq!(vertical, [1.0]);
    assert_eq!(horizontal, [0.5, 0.5, 0.0, 0.0, 0.0, 0.25, 0.5, 0.25]);
    let [vertical, horizontal] = Resampling::blur([2, 3], 1).matrices();
    assert_eq!(vertical, [0.5, 0.5, 0.5, 0.5]);
    assert_eq!(horizontal, [0.5, 0.5, 0.0, 0.25, 0.5, 0.25, 0.0, 0.5, 0.5]);
}

#[test]
fn layouts_are_inverse() {
    let mut random = Random(16);
    for (batch, channels, pixels) in [
        (0, 3, 4),
        (1, 1, 1),
        (2, 3, 1000),
        (3, 70, 49),
        (1, 130, 17),
    ] {
        let x = random.floats(batch * channels * pixels);
        let (mut last, mut first) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        channels_last(batch, channels, pixels, &x, &mut last);
        channels_first(batch, channels, pixels, &last, &mut first);
        assert_eq!(x, first);
        for (i, value) in last.iter().enumerate() {
            let (c, p, n) = (i % channels, i / channels % pixels, i / channels / pixels);
            assert_eq!(*value, x[(n * channels + c) * pixels + p]);
        }
    }
}

#[test]
#[should_panic(expected = "channel Some(2) was not written")]
fn a_fresh_buffer_has_to_be_written() {
    let x = [1.0; 6];
    fresh(3, 4, |buffer| {
        let (copy, target) = (Epilogue::default(), buffer.view());
        apply_epilogue(Isa::PORTABLE, 3, 2, View::new(&x, 2), &copy, target);
    });
}
