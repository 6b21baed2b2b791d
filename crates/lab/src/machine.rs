//! The machine that times are of.

use cpu_kernels::Isa;
use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// What computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Cores that a program may use.
    pub cores: usize,
    /// Threads that computed.
    pub threads: usize,
    /// The processor's model.
    pub processor: String,
    /// Whether it has AVX-512, AVX2 or neither: results round otherwise.
    pub instruction_set: String,
    /// Memory in GiB.
    pub memory_gib: u64,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        let system = System::new_with_specifics(
            RefreshKind::nothing()
                .with_cpu(CpuRefreshKind::nothing())
                .with_memory(MemoryRefreshKind::nothing().with_ram()),
        );
        let brand = system.cpus().first().map(|cpu| cpu.brand().to_string());
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            threads: rayon::current_num_threads(),
            processor: brand.unwrap_or_else(|| "unknown".to_string()),
            instruction_set: Isa::detect().name().to_string(),
            memory_gib: system.total_memory() >> 30,
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cores,
            threads,
            processor,
            instruction_set,
            memory_gib,
        } = self;
        let of = if *threads == 1 { "thread" } else { "threads" };
        write!(
            formatter,
            "{threads} {of} on {cores} cores of {processor} ({instruction_set}), {memory_gib} GiB"
        )
    }
}
