//! Which threads compute.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Makes the calling thread one of those that compute; to be called once, at the start of a
/// program, by the thread that will call the networks.
///
/// By default rayon has a thread per core beside the caller, which sleeps until they are done. To
/// wake and to be woken takes a good part of a small network's time, and the caller is one thread
/// more than there are cores. As before, `RAYON_NUM_THREADS` sets the number of threads.
///
/// Does nothing where there is to be one thread: another that hands it work, as a loader of data
/// may, would wait for a caller that waits for the data.
///
/// Returns whether it could: `false` if rayon's threads have been started already.
pub fn compute_on_this_thread() -> bool {
    let threads = wanted_threads();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread();
    threads == 1 || pool.build_global().is_ok()
}

/// The number of threads by rayon's own rule.
fn wanted_threads() -> usize {
    let set = std::env::var("RAYON_NUM_THREADS").ok();
    let set = set.and_then(|threads| threads.parse().ok());
    set.filter(|&threads| threads > 0)
        .unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get))
}
