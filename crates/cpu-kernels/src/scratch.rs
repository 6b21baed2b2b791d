//! Working memory that threads keep from call to call.

use std::cell::RefCell;

/// A cache line of floats.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line([f32; Line::FLOATS]);

impl Line {
    const FLOATS: usize = 16;
}

/// Floats that start on a cache line.
#[derive(Clone, Default)]
pub(crate) struct Floats(Vec<Line>);

impl Floats {
    /// The first `len` floats, growing where there are fewer. What they held
    /// before is unspecified.
    pub fn at_least(&mut self, len: usize) -> &mut [f32] {
        let lines = len.div_ceil(Line::FLOATS);
        if self.0.len() < lines {
            self.0.resize(lines, Line([0.0; Line::FLOATS]));
        }
        &mut self.as_mut_slice()[..len]
    }

    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: a `Line` is nothing but its floats.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * Line::FLOATS) }
    }

    fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: a `Line` is nothing but its floats.
        unsafe {
            std::slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), self.0.len() * Line::FLOATS)
        }
    }
}

/// The working memory of one task.
#[derive(Default)]
pub(crate) struct Scratch {
    pub input: Floats,
    pub other: Floats,
    pub in_offsets: Vec<usize>,
    pub out_offsets: Vec<usize>,
    pub residual_offsets: Vec<usize>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    static SHARED: RefCell<Floats> = RefCell::default();
}

/// Lends the thread's scratch memory to a task. Tasks do not nest.
pub(crate) fn with_scratch<R>(f: impl FnOnce(&mut Scratch) -> R) -> R {
    SCRATCH.with_borrow_mut(f)
}

/// Lends `len` floats to a whole call, to be shared by its tasks.
///
/// The buffer is taken out of its slot while in use, so that a thread which
/// waits for its tasks may run another call meanwhile.
pub(crate) fn with_shared<R>(len: usize, f: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut floats = SHARED.take();
    let result = f(floats.at_least(len));
    SHARED.set(floats);
    result
}
