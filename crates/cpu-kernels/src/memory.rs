//! What becomes of memory that is freed.

/// Tells the C library to keep freed memory for the next buffer instead of giving it back to the
/// system; to be called once, at the start of a program.
///
/// A network allocates and frees the same large buffers in every step. By default glibc maps each
/// of more than 32 MiB anew, and the system clears its pages one by one as they are first touched,
/// which can take as long as the computation itself. The peak of a program's memory hardly
/// changes; what it holds between two peaks does. Does nothing where there is no glibc.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const GIB: libc::c_int = 1 << 30;
        // SAFETY: `mallopt` takes two integers and may be called at any time; it answers 0 to a
        // value that it does not accept, and keeps the one it had.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, GIB);
            libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
        }
    }
}
