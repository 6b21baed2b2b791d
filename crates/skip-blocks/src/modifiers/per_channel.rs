/// The shape that gives each channel of each image of a `D`-dimensional batch one value:
/// `[batch, channels, 1, ..]`.
pub(super) fn per_image<const D: usize>(batch: usize, channels: usize) -> [usize; D] {
    std::array::from_fn(|dim| match dim {
        0 => batch,
        1 => channels,
        _ => 1,
    })
}
