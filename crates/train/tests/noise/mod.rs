//! Numbers that the scripts in `references` make the same.

/// Uniform from `-scale` to `scale`: the upper 24 of 32 bits of a product with the index.
pub fn noise(count: usize, seed: u64, scale: f64) -> Vec<f32> {
    let value = |index: u64| {
        let bits = (index * 2_654_435_761 % (1 << 32)) / 256;
        let bits = (bits * bits + index * 40_503) % (1 << 24);
        (scale * (bits as f64 / f64::from(1 << 23) - 1.0)) as f32
    };
    let first = 1 + 7919 * seed;
    (first..first + count as u64).map(value).collect()
}
