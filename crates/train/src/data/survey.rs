//! Looking once at every item of a set, on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

/// Looks at the items 0 to `count`, a part of them on each thread, and merges what was found. The
/// outcome is the same for any number of threads if the order of the items does not matter to
/// `look` and `merge`.
///
/// # Errors
/// The error of the first item, in their order, that cannot be looked at.
pub(super) fn survey<A: Default + Send>(
    count: usize,
    look: impl Fn(&mut A, usize) -> Result<()> + Sync,
    mut merge: impl FnMut(&mut A, A),
) -> Result<A> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let part = || -> (A, Option<(usize, anyhow::Error)>) {
        let mut found = A::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return (found, None);
            }
            if let Err(error) = look(&mut found, index) {
                // Items are given out in order, so that those before this one are under way.
                next.store(count, Ordering::Relaxed);
                return (found, Some((index, error)));
            }
        }
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.min(count)).map(|_| scope.spawn(part)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let mut all = A::default();
    let mut first: Option<(usize, anyhow::Error)> = None;
    for (found, error) in parts {
        merge(&mut all, found);
        if let Some((index, error)) = error
            && first.as_ref().is_none_or(|(first, _)| index < *first)
        {
            first = Some((index, error));
        }
    }
    match first {
        Some((_, error)) => Err(error),
        None => Ok(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::ensure;

    #[test]
    fn every_item_is_seen_once() {
        let mut seen = survey(
            1000,
            |seen: &mut Vec<usize>, index| {
                seen.push(index);
                Ok(())
            },
            |all, mut part| all.append(&mut part),
        )
        .expect("none fails");
        seen.sort();
        assert_eq!(seen, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_is_told() {
        for _ in 0..50 {
            let look = |_: &mut (), index| {
                ensure!(index < 100, "item {index}");
                Ok(())
            };
            let error = survey(1000, look, |_, _| ()).expect_err("most fail");
            assert_eq!(error.to_string(), "item 100");
        }
    }
}
