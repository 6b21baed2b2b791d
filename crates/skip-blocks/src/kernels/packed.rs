//! Filters in the order in which the kernels read them, kept for as long as their weights live.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use burn::backend::flex::FlexTensor;
use burn::tensor::Bytes;
use cpu_kernels::{ConvShape, Isa, PackedFilter};

/// Which way a filter is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Forward,
    BackwardData,
}

/// Where the weights lie in memory, and what they are packed for.
type Key = (usize, ConvShape, Direction);

/// Filters, and the weights that they are of.
type Filters = HashMap<Key, (Weak<Bytes>, Arc<PackedFilter>)>;

/// Those that were packed before.
static FILTERS: LazyLock<Mutex<Filters>> = LazyLock::new(Mutex::default);

/// The filter with which a network goes forward. In evaluation weights stay, and so does theirs.
pub(super) fn filter_of(
    weights: &FlexTensor,
    shape: &ConvShape,
    direction: Direction,
    training: bool,
) -> Arc<PackedFilter> {
    match training {
        true => Arc::new(pack(weights, shape, direction)),
        false => pack_once(weights, shape, direction),
    }
}

/// Packs weights, anew each time: in training they change with every step.
pub(super) fn pack(weights: &FlexTensor, shape: &ConvShape, direction: Direction) -> PackedFilter {
    let weights = weights.to_contiguous();
    let weights: &[f32] = weights.as_slice().expect("contiguous f32");
    match direction {
        Direction::Forward => PackedFilter::forward(Isa::detect(), shape, weights),
        Direction::BackwardData => PackedFilter::backward_data(Isa::detect(), shape, weights),
    }
}

/// Packs weights once. Packed filters go when their weights have gone.
fn pack_once(weights: &FlexTensor, shape: &ConvShape, direction: Direction) -> Arc<PackedFilter> {
    if weights.layout().start_offset() != 0 || !weights.is_contiguous() {
        return Arc::new(pack(weights, shape, direction));
    }
    let memory = weights.data_arc();
    // The filter is the same for any number of images.
    let shape = ConvShape { batch: 1, ..*shape };
    let key = (Arc::as_ptr(&memory).addr(), shape, direction);
    let mut filters = FILTERS.lock().unwrap_or_else(PoisonError::into_inner);
    // While a weak reference is held, the memory is neither given to other weights nor changed:
    // flex changes memory in place only where nothing else refers to it.
    if let Some((owner, filter)) = filters.get(&key)
        && owner.strong_count() > 0
    {
        return filter.clone();
    }
    filters.retain(|_, (owner, _)| owner.strong_count() > 0);
    let filter = Arc::new(pack(weights, &shape, direction));
    filters.insert(key, (Arc::downgrade(&memory), filter.clone()));
    filter
}
