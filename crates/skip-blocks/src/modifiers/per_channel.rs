/// The shape that gives each channel of a `D`-dimensional tensor one value: `[1, channels, 1, ..]`.
pub(super) fn per_channel<const D: usize>(channels: usize) -> [usize; D] {
    per_image(1, channels)
}

/// The same for each image of a batch: `[batch, channels, 1, ..]`.
pub(super) fn per_image<const D: usize>(batch: usize, channels: usize) -> [usize; D] {
    std::array::from_fn(|dim| match dim {
        0 => batch,
        1 => channels,
        _ => 1,
    })
}
