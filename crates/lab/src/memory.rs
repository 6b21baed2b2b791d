//! How much memory something takes.

use peak_alloc::PeakAlloc;

/// Counts what is allocated, for the whole program.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What `compute` gives, and the most bytes of main memory that were held at a time meanwhile,
/// beyond those that were held before. All threads count.
pub fn peak_bytes<T>(compute: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let computed = compute();
    let most = ALLOCATOR.peak_usage();
    (computed, most.saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_given_back_counts_too() {
        let (length, bytes) = peak_bytes(|| vec![1_u8; 64 << 20].len());
        assert_eq!(length, 64 << 20);
        assert!(bytes >= length, "{bytes}");
    }
}
