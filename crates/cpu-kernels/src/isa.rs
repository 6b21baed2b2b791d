//! Choice of the instruction set at run time.

#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx2, Avx512};
use crate::simd::{Portable, Simd};

/// An instruction set that this processor supports.
///
/// A value can only be obtained for instruction sets that were detected, so
/// holding one is the proof that its instructions may be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Isa(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Isa {
    /// Plain Rust, right on every processor.
    pub const PORTABLE: Self = Self(Level::Portable);

    /// The widest instruction set of this processor.
    pub fn detect() -> Self {
        Self::available().next().unwrap_or(Self::PORTABLE)
    }

    /// All instruction sets of this processor, widest first.
    pub fn available() -> impl Iterator<Item = Self> {
        [Self::avx512(), Self::avx2(), Some(Self::PORTABLE)]
            .into_iter()
            .flatten()
    }

    /// AVX-512F, where the processor has it.
    pub fn avx512() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") && Self::avx2().is_some() {
            return Some(Self(Level::Avx512));
        }
        None
    }

    /// AVX2 with fused multiply-add, where the processor has both.
    pub fn avx2() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Some(Self(Level::Avx2));
        }
        None
    }

    /// The name of the instruction set.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            Level::Portable => "portable",
        }
    }

    /// Floats per vector register.
    pub(crate) fn lanes(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => Avx512::LANES,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Avx2::LANES,
            Level::Portable => Portable::LANES,
        }
    }

    /// Runs `kernel`, compiled for this instruction set.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: an `Isa` of this level exists only where the processor
            // was found to support it.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { run_avx512(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { run_avx2(kernel) },
            Level::Portable => kernel.run(Portable),
        }
    }
}

/// Work that is generic over the instruction set.
///
/// `run` and all it calls with the token must be `#[inline(always)]`, so that
/// it is compiled inside the function that enables the instruction set.
pub(crate) trait Kernel {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function is only entered with AVX2 and FMA present.
    kernel.run(unsafe { Avx2::new() })
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: this function is only entered with AVX-512F present.
    kernel.run(unsafe { Avx512::new() })
}
