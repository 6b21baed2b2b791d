//! Values that follow from a name and an index. `proof/fill.py` has the same arithmetic.
//!
//! For index `i` of a name, 64 bits come from SplitMix64's finaliser of the name's hash (FNV-1a)
//! and the index. Their upper 24 make `u`, uniform in `[-1, 1)` and exact in `f32`. From it follow,
//! in `f64`, rounded once to `f32`:
//!
//! | what | value |
//! |---|---|
//! | `running_mean` | `0.1 u` |
//! | `running_var` | `1 + 0.5 u` |
//! | more than one dimension | `u sqrt(3 / n)`, with `n` values for each of the first dimension |
//! | `bias`, `beta` | `0.1 u` |
//! | a single value: a slope, the gain of a branch | `0.25 + 0.1 u` |
//! | other vectors: scales | `1 + 0.1 u` |
//!
//! Weights keep the variance of what comes in, and the ReLUs after them halve it. So a residual
//! branch adds a quarter or an eighth of its input's variance, and after fifty blocks values are
//! still of a size at which gates, such as those of squeeze and excitation, are not closed or open
//! for good. With twice the variance (He et al. 2015, <https://arxiv.org/abs/1502.01852>) a deep
//! network with gates is chaotic: `f32` and `f64` do not agree in the twin itself.
//!
//! A shape counts without its last dimensions of one: a linear layer and a convolution of one pixel
//! are the same.

/// FNV-1a of the text's UTF-8.
pub fn hash(text: &str) -> u64 {
    let step = |value: u64, byte: u8| (value ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// 64 bits for each index of a name.
pub fn bits(name: &str) -> impl Iterator<Item = u64> {
    let hash = hash(name);
    (1_u64..).map(move |index| {
        let z = hash.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// Uniform in `[-1, 1)`, exact in `f32`.
pub fn units(name: &str) -> impl Iterator<Item = f64> {
    bits(name).map(|bits| (bits >> 40) as f64 / f64::from(1 << 23) - 1.0)
}

/// A shape without its last dimensions of one.
///
/// ```
/// assert_eq!(twins::fill::canonical(&[64, 3, 1, 1]), [64, 3]);
/// ```
pub fn canonical(shape: &[usize]) -> &[usize] {
    let kept = shape.iter().rposition(|&size| size != 1);
    &shape[..kept.map_or(0, |last| last + 1)]
}

/// The values of a parameter or running statistic of this key and shape, as the twin has them: a
/// linear layer with its outputs first.
///
/// ```
/// use twins::fill::values;
///
/// let scales = values("layer1.0.bn1.weight", &[64]);
/// assert!(scales.iter().all(|scale| (0.9..1.1).contains(scale)));
/// assert_ne!(scales, values("layer1.0.bn2.weight", &[64]));
/// ```
pub fn values(key: &str, shape: &[usize]) -> Vec<f32> {
    let shape = canonical(shape);
    let count: usize = shape.iter().product();
    let kind = key.rsplit('.').next().unwrap_or(key);
    let (offset, scale) = match kind {
        "running_mean" => (0.0, 0.1),
        "running_var" => (1.0, 0.5),
        _ if shape.len() > 1 => (0.0, (3.0 / (count / shape[0]) as f64).sqrt()),
        "bias" | "beta" => (0.0, 0.1),
        _ if count == 1 => (0.25, 0.1),
        _ => (1.0, 0.1),
    };
    let value = |u| (offset + scale * u) as f32;
    units(key).take(count).map(value).collect()
}

/// A batch of images of this name, of so many values in all.
pub fn images(name: &str, values: usize) -> Vec<f32> {
    units(name).take(values).map(|u| u as f32).collect()
}

/// The sum of all values, each with a sign that follows from a name and its index.
pub fn signed_sum(name: &str, values: impl Iterator<Item = f64>) -> f64 {
    values
        .zip(units(name))
        .map(|(value, unit)| if unit < 0.0 { -value } else { value })
        .sum()
}
