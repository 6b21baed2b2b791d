//! How much memory a process has had.

/// The most memory that this process has had, in MiB, where the system tells: on Linux.
pub(crate) fn peak_rss_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_stays_when_memory_is_given_back() {
        let values = vec![1u8; 64 << 20];
        assert_eq!(
            values
                .iter()
                .map(|&value| usize::from(value))
                .sum::<usize>(),
            64 << 20
        );
        drop(values);
        assert!(peak_rss_mib() > Some(64.0));
    }
}
