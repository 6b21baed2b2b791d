/// The shape that gives each channel of a `D`-dimensional tensor one value: `[1, channels, 1, ..]`.
pub(super) fn per_channel<const D: usize>(channels: usize) -> [usize; D] {
    std::array::from_fn(|dim| if dim == 1 { channels } else { 1 })
}
