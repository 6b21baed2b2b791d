//! Counts the multiply-adds of convolutions and linear layers as they are applied.

use std::cell::Cell;

thread_local! {
    /// The count so far, while one is under way on this thread.
    static COUNT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Multiply-adds of all convolutions and linear layers that `forward` applies on this thread.
///
/// Normalisation, activation, pooling and joining are not counted, as is the custom in the
/// field's tables; nor are layers that are applied by other functions than those of this module.
/// Counts do not nest: an inner count hides its layers from an outer one.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use skip_blocks::layers::{conv, conv3x3, count_macs};
///
/// let device = Device::flex();
/// let layer = conv3x3(4, 8).init(&device);
/// let x = Tensor::ones([1, 4, 5, 6], &device);
/// assert_eq!(count_macs(|| conv(x, &layer)), 4 * 8 * 3 * 3 * 5 * 6);
/// ```
pub fn count_macs<Output>(forward: impl FnOnce() -> Output) -> u64 {
    let outer = COUNT.replace(Some(0));
    forward();
    COUNT.replace(outer).unwrap_or(0)
}

/// Adds to the count that is under way, if one is.
pub(super) fn record(macs: impl FnOnce() -> usize) {
    if let Some(count) = COUNT.get() {
        COUNT.set(Some(count + macs() as u64));
    }
}
