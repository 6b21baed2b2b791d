//! A small generator of random numbers and reference convolutions in `f64`.
#![allow(dead_code)] // Every test binary uses a part of it.

use cpu_kernels::{Act, ConvShape};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `low..=high`.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() % (high - low + 1) as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.range(0, from.len() - 1)]
    }

    pub fn flip(&mut self) -> bool {
        self.next() & 1 == 1
    }

    pub fn act(&mut self) -> Act {
        self.pick(&[
            Act::None,
            Act::Relu,
            Act::Relu,
            Act::LeakyRelu(0.1),
            Act::LeakyRelu(1.5),
            Act::Sigmoid,
            Act::Silu,
            Act::Gelu,
        ])
    }

    /// Uniform in `-1..1`.
    pub fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn floats(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.float()).collect()
    }

    /// A three by three convolution of stride one.
    pub fn plain_shape(&mut self) -> ConvShape {
        loop {
            let channels = [1, 3, 8, 17, 32, 33, 40, 64, 70];
            let padding = [(); 2].map(|()| [self.range(0, 2), self.range(0, 2)]);
            let shape = ConvShape {
                batch: self.pick(&[1, 1, 2, 3]),
                in_channels: self.pick(&channels),
                in_height: self.range(1, 14),
                in_width: self.range(1, 14),
                out_channels: self.pick(&channels),
                kernel: [3; 2],
                stride: [1; 2],
                padding,
                dilation: [1; 2],
                groups: 1,
            };
            if let Ok(shape) = shape.check() {
                return shape;
            }
        }
    }

    /// A convolution of a few thousand operations, of any kind.
    pub fn shape(&mut self) -> ConvShape {
        loop {
            let groups = self.pick(&[1, 1, 1, 2, 3, 8]);
            let channels = [1, 2, 3, 4, 5, 8, 10, 12, 16, 17, 24, 33, 48];
            let (mut c_in, mut c_out) = (self.pick(&channels), self.pick(&channels));
            if groups > 1 {
                c_in = groups * self.pick(&[1, 2, 4, 5]);
                c_out = groups * self.pick(&[1, 2, 4, 5]);
            }
            let groups = if self.range(0, 5) == 0 { c_in } else { groups };
            if groups == c_in && self.flip() {
                c_out = c_in;
            }
            let shape = ConvShape {
                batch: self.pick(&[1, 1, 2, 3]),
                in_channels: c_in,
                in_height: self.range(1, 13),
                in_width: self.range(1, 13),
                out_channels: c_out.next_multiple_of(groups),
                kernel: [self.range(1, 4), self.range(1, 4)],
                stride: [self.range(1, 3), self.range(1, 3)],
                padding: [
                    [self.range(0, 3), self.range(0, 3)],
                    [self.range(0, 3), self.range(0, 3)],
                ],
                dilation: [self.pick(&[1, 1, 2, 3]), self.pick(&[1, 1, 2, 3])],
                groups,
            };
            let shape = if self.flip() {
                ConvShape {
                    kernel: [self.pick(&[1, 3]); 2],
                    padding: [[self.pick(&[0, 1]); 2]; 2],
                    dilation: [1; 2],
                    ..shape
                }
            } else {
                shape
            };
            if let Ok(shape) = shape.check() {
                return shape;
            }
        }
    }
}

/// Calls `f(y index, x index, w index)` for every product of a convolution of
/// contiguous tensors.
pub fn products(s: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
    let (height, width) = (s.out_height(), s.out_width());
    let (group_in, group_out) = (s.in_channels / s.groups, s.out_channels / s.groups);
    for n in 0..s.batch {
        for oh in 0..height {
            for ow in 0..width {
                for kh in 0..s.kernel[0] {
                    for kw in 0..s.kernel[1] {
                        let ih =
                            (oh * s.stride[0] + kh * s.dilation[0]).wrapping_sub(s.padding[0][0]);
                        let iw =
                            (ow * s.stride[1] + kw * s.dilation[1]).wrapping_sub(s.padding[1][0]);
                        if ih >= s.in_height || iw >= s.in_width {
                            continue;
                        }
                        for co in 0..s.out_channels {
                            for ci in 0..group_in {
                                let x = ((n * s.in_height + ih) * s.in_width + iw) * s.in_channels
                                    + co / group_out * group_in
                                    + ci;
                                let y = ((n * height + oh) * width + ow) * s.out_channels + co;
                                let w =
                                    ((co * group_in + ci) * s.kernel[0] + kh) * s.kernel[1] + kw;
                                f(y, x, w);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A sum of products in `f64`, with the sum of their magnitudes, which scales
/// the rounding error of a sum in `f32`.
#[derive(Clone, Copy, Default)]
pub struct Sum {
    pub value: f64,
    pub magnitude: f64,
}

impl Sum {
    pub fn add(&mut self, a: f32, b: f32) {
        let product = f64::from(a) * f64::from(b);
        self.value += product;
        self.magnitude += product.abs();
    }

    pub fn act(&mut self, act: Act) {
        let steepest = match act {
            Act::LeakyRelu(slope) => f64::from(slope).max(1.0),
            _ => 1.2,
        };
        // Those with exponentials round a few times themselves.
        let rounding = match act {
            Act::Sigmoid | Act::Silu | Act::Gelu => 0.1,
            _ => 0.0,
        };
        self.magnitude = steepest * self.magnitude + rounding;
        self.value = act_and_slope(act, self.value).0;
    }
}

/// An activation and its slope.
pub fn act_and_slope(act: Act, x: f64) -> (f64, f64) {
    let sigmoid = 1.0 / (1.0 + (-x).exp());
    let kinked = |slope: f64| {
        if x > 0.0 {
            (x, 1.0)
        } else {
            (slope * x, slope)
        }
    };
    match act {
        Act::None => (x, 1.0),
        Act::Relu => kinked(0.0),
        Act::LeakyRelu(slope) => kinked(f64::from(slope)),
        Act::Sigmoid => (sigmoid, sigmoid * (1.0 - sigmoid)),
        Act::Silu => (x * sigmoid, sigmoid * (1.0 + x * (1.0 - sigmoid))),
        Act::Gelu => {
            let below = 0.5 * (1.0 + erf(x / 2f64.sqrt()));
            let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
            (x * below, below + x * density)
        }
        other => unreachable!("{other:?}"),
    }
}

/// The error function by its series, `2 / sqrt(pi) exp(-z^2) sum 2^n z^(2n + 1) / (2n + 1)!!`, whose
/// terms all have one sign.
fn erf(z: f64) -> f64 {
    let (mut term, mut sum, mut n) = (z, 0.0, 0.0);
    while f64::abs(term) > 1e-20 * f64::abs(sum) {
        sum += term;
        n += 1.0;
        term *= 2.0 * z * z / (2.0 * n + 1.0);
    }
    let erf = 2.0 / std::f64::consts::PI.sqrt() * (-z * z).exp() * sum;
    if z.abs() > 10.0 { z.signum() } else { erf }
}

/// Checks `|got - want| <= 4e-6 * magnitude`: the sums have a few hundred
/// terms at most, and their partial sums err by half a unit in the last place
/// (6e-8) each, in random directions.
pub fn assert_close(got: &[f32], want: &[Sum], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}: length");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let error = (f64::from(*got) - want.value).abs();
        let bound = 4e-6 * want.magnitude + 1e-30;
        assert!(
            error <= bound,
            "{what}: element {i} is {got}, expected {}",
            want.value
        );
    }
}

/// Checks `|got - want| <= 4e-6 * magnitude`, with the largest magnitude of all
/// sums: a transformed tile spreads the errors of its largest values over all.
pub fn assert_close_in_all(got: &[f32], want: &[Sum], what: &str) {
    let magnitude = want.iter().fold(0.0, |m: f64, sum| m.max(sum.magnitude));
    let want: Vec<_> = want.iter().map(|sum| Sum { magnitude, ..*sum }).collect();
    assert_close(got, &want, what);
}

/// Spreads pixels of `channels` channels to `stride` apart from `offset` on;
/// what lies between is not a number.
pub fn widen(data: &[f32], channels: usize, stride: usize, offset: usize) -> Vec<f32> {
    let mut wide = vec![f32::NAN; data.len() / channels * stride];
    for (wide, pixel) in wide
        .chunks_exact_mut(stride)
        .zip(data.chunks_exact(channels))
    {
        wide[offset..][..channels].copy_from_slice(pixel);
    }
    wide
}

/// The inverse of [`widen`]; checks that what lies between was left alone.
pub fn narrow(wide: &[f32], channels: usize, stride: usize, offset: usize) -> Vec<f32> {
    wide.chunks_exact(stride)
        .flat_map(|pixel| {
            let (before, rest) = pixel.split_at(offset);
            let (inside, after) = rest.split_at(channels);
            assert!(
                before.iter().chain(after).all(|v| v.is_nan()),
                "neighbours were written"
            );
            inside.iter().copied()
        })
        .collect()
}
