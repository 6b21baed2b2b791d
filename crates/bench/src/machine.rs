//! The machine that figures are of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// What a time depends on besides the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Cores that a program may use.
    pub cores: usize,
    /// The processor's model.
    pub cpu: String,
    /// Such as `x86_64`.
    pub architecture: String,
    /// Instruction sets for many numbers at once that the processor has.
    pub instruction_sets: Vec<String>,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The operating system.
    pub system: String,
    /// The compiler of the bench.
    pub rustc: String,
    /// Version of each library that an engine is of.
    pub versions: BTreeMap<String, String>,
}

impl Machine {
    /// This machine, with the versions of the peers.
    pub(crate) fn here(peers: BTreeMap<String, String>) -> Self {
        let system = System::new_with_specifics(
            RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing())
                .with_memory(MemoryRefreshKind::nothing().with_ram()),
        );
        let mut versions = peers;
        versions.insert("burn".to_string(), env!("BURN_VERSION").to_string());
        if cfg!(feature = "bunsen") {
            versions.insert("bunsen".to_string(), env!("BUNSEN_VERSION").to_string());
        }
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: system
                .cpus()
                .first()
                .map_or("unknown", |cpu| cpu.brand())
                .to_string(),
            architecture: std::env::consts::ARCH.to_string(),
            instruction_sets: instruction_sets(),
            memory_mib: system.total_memory() >> 20,
            system: System::long_os_version().unwrap_or(std::env::consts::OS.to_string()),
            rustc: env!("RUSTC_VERSION").to_string(),
            versions,
        }
    }

    /// In a line.
    pub(crate) fn line(&self) -> String {
        let versions: Vec<_> = self
            .versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        format!(
            "{} cores of {} ({}), {} GiB, {}, {}; {}",
            self.cores,
            self.cpu,
            self.instruction_sets.join(" "),
            self.memory_mib >> 10,
            self.system,
            self.rustc,
            versions.join(", ")
        )
    }
}

#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> Vec<String> {
    let sets = [
        ("avx", is_x86_feature_detected!("avx")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
    ];
    detected(&sets)
}

#[cfg(target_arch = "aarch64")]
fn instruction_sets() -> Vec<String> {
    use std::arch::is_aarch64_feature_detected;
    let sets = [
        ("neon", is_aarch64_feature_detected!("neon")),
        ("sve", is_aarch64_feature_detected!("sve")),
    ];
    detected(&sets)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn instruction_sets() -> Vec<String> {
    detected(&[])
}

fn detected(sets: &[(&str, bool)]) -> Vec<String> {
    let there = sets.iter().filter(|(_, there)| *there);
    there.map(|(name, _)| name.to_string()).collect()
}
