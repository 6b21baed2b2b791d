//! How a correlation is cut into tasks, and what a task does.

use crate::axis::Axis;
use crate::correlation::{Correlation, Placement, TASKS};
use crate::finish::{Finish, Outputs};
use crate::isa::{Isa, Kernel};
use crate::moments::ChunkMoments;
use crate::roles::{blocks, padded};
use crate::scratch::{Scratch, with_scratch};
use crate::shape::ConvShape;
use crate::simd::Simd;
use crate::strip::{StripLayout, images};
use crate::tile::{Block, DEPTH, Run, apart, collide};
use rayon::prelude::*;
use std::ops::{Range, RangeInclusive};

/// Floats of input that a task keeps in its second-level cache.
const STRIP_FLOATS: usize = 48 << 10;
/// Bounds for the pixels of a strip whose neighbours share input rows.
const OVERLAPPING: RangeInclusive<usize> = 84..=1024;
/// Bounds for the pixels of other strips. The outputs of a small one are whole
/// before they leave the second-level cache; but each strip streams all weights
/// through the caches.
const SEPARATE: RangeInclusive<usize> = 56..=112;

/// How a correlation is cut into tasks.
pub(crate) struct Plan {
    isa: Isa,
    layout: StripLayout,
    /// Whether the kernels read the input where it lies.
    direct: bool,
    runs: Vec<Run>,
    /// Ranges of `runs`, and the depth before each.
    stages: Vec<(Range<usize>, usize)>,
    depth: usize,
    rows: usize,
    rows_per_strip: usize,
    blocks_per_task: usize,
    chunks: usize,
}

impl Correlation<'_> {
    /// The layout of the copied input.
    fn layout(&self) -> StripLayout {
        let layout = |channels| StripLayout::new(self.axes, channels);
        let stride = layout(self.inputs).axes[1].stride;
        layout(apart(self.inputs, stride))
    }

    /// The contiguous runs of the reduction, cut into stages of about `DEPTH`.
    fn runs(&self, pixel: usize, row: usize) -> (Vec<Run>, Vec<(Range<usize>, usize)>) {
        let [vertical, horizontal] = self.axes;
        let contiguous = horizontal.dilation == 1 && pixel == self.inputs && !self.depthwise;
        let (per_row, len) = if self.depthwise {
            (horizontal.kernel, 1)
        } else if contiguous {
            (1, horizontal.kernel * self.inputs)
        } else {
            (horizontal.kernel, self.inputs)
        };
        let depth = vertical.kernel * per_row * len;
        let target = depth.div_ceil(depth.div_ceil(DEPTH).max(1)).max(1);
        let (mut runs, mut stages) = (Vec::new(), Vec::new());
        let (mut done, mut stage_runs, mut stage_depth) = (0, 0, 0);
        for kh in 0..vertical.kernel {
            for kw in 0..per_row {
                let start = kh * vertical.dilation * row + kw * horizontal.dilation * pixel;
                let mut taken = 0;
                while taken < len {
                    let part = (len - taken).min(target - (done - stage_depth));
                    runs.push(Run {
                        offset: start + taken,
                        len: part,
                    });
                    taken += part;
                    done += part;
                    if done - stage_depth == target {
                        stages.push((stage_runs..runs.len(), stage_depth));
                        (stage_runs, stage_depth) = (runs.len(), done);
                    }
                }
            }
        }
        // An empty kernel still writes its outputs.
        if stage_runs < runs.len() || stages.is_empty() {
            stages.push((stage_runs..runs.len(), stage_depth));
        }
        (runs, stages)
    }

    fn rows_per_strip(&self, rows: usize, row_floats: usize) -> usize {
        let [vertical, horizontal] = self.axes;
        let width = horizontal.output.max(1);
        let bounds = if vertical.kernel > vertical.stride {
            OVERLAPPING
        } else {
            SEPARATE
        };
        let by_cache = STRIP_FLOATS / (row_floats * vertical.stride).max(1);
        let most = by_cache
            .min(bounds.end() / width)
            .max(bounds.start() / width)
            .max(1);
        let balanced = (rows * self.groups)
            .div_ceil(TASKS)
            .max(bounds.start().div_ceil(width));
        let count = rows.div_ceil(most.min(balanced)).max(1);
        rows.div_ceil(count).max(1)
    }
}

/// Whether a convolution's sums are short enough to be one stage.
pub(crate) fn is_one_stage(shape: &ConvShape) -> bool {
    let taps = shape.kernel[0] * shape.kernel[1];
    match shape.is_depthwise() {
        true => taps <= DEPTH,
        false => taps * shape.group_in() <= DEPTH,
    }
}

impl Plan {
    pub fn new(isa: Isa, correlation: &Correlation) -> Self {
        let [vertical, horizontal] = correlation.axes;
        let direct = vertical.is_interior()
            && horizontal.is_interior()
            && !collide(horizontal.stride * correlation.input.pixel_stride);
        let layout = correlation.layout();
        let (pixel, row) = if direct {
            (
                correlation.input.pixel_stride,
                horizontal.input * correlation.input.pixel_stride,
            )
        } else {
            (layout.channels, layout.row())
        };
        let (runs, stages) = correlation.runs(pixel, row);
        let rows = correlation.batch * vertical.output;
        let blocks = blocks(correlation.outputs, isa.lanes());
        let rows_per_strip = correlation.rows_per_strip(rows, layout.row());
        let tasks = rows.div_ceil(rows_per_strip) * correlation.groups;
        // A depthwise chunk would copy the input of all channels.
        let whole = tasks == 0 || correlation.depthwise;
        let chunks = if whole {
            1
        } else {
            (TASKS / tasks).clamp(1, blocks)
        };
        let blocks_per_task = blocks.div_ceil(chunks);
        Self {
            isa,
            layout,
            direct,
            depth: runs.iter().map(|run| run.len).sum(),
            runs,
            stages,
            rows,
            rows_per_strip,
            blocks_per_task,
            chunks: blocks.div_ceil(blocks_per_task),
        }
    }

    fn strips(&self) -> usize {
        self.rows.div_ceil(self.rows_per_strip)
    }

    /// Floats of the tables of moments of a correlation with that many output
    /// channels.
    pub fn moments_len(&self, channels: usize) -> usize {
        self.strips() * ChunkMoments::len(channels)
    }

    /// Pixels of every strip.
    pub fn strip_pixels(&self) -> impl Iterator<Item = usize> + Clone {
        let (rows, per_strip) = (self.rows, self.rows_per_strip);
        let width = self.layout.axes[1].output;
        (0..self.strips()).map(move |s| per_strip.min(rows - s * per_strip) * width)
    }

    /// Runs all tasks. `moments` has [`Plan::moments_len`] floats or none.
    ///
    /// # Safety
    /// The views of `correlation` must be valid for its sizes, with no other
    /// access to the output meanwhile, and `filter` packed for it.
    pub unsafe fn run(&self, correlation: &Correlation, moments: &mut [f32]) {
        if correlation.axes[1].output == 0 {
            return;
        }
        let tasks = self.strips() * correlation.groups * self.chunks;
        let table = (!moments.is_empty()).then(|| ChunkMoments {
            ptr: moments.as_mut_ptr(),
            channels: correlation.groups * correlation.outputs,
        });
        (0..tasks).into_par_iter().with_max_len(1).for_each(|task| {
            let (task, chunk) = (task / self.chunks, task % self.chunks);
            let (strip, group) = (task / correlation.groups, task % correlation.groups);
            let start = strip * self.rows_per_strip;
            let rows = start..(start + self.rows_per_strip).min(self.rows);
            let moments = table.map(|table| table.chunk(strip));
            with_scratch(|scratch| {
                let kernel = Task {
                    plan: self,
                    correlation,
                    rows,
                    group,
                    chunk,
                    moments,
                    scratch,
                };
                self.isa.run(kernel);
            });
        });
    }
}

/// One strip of output rows, for a chunk of the output channels of a group.
struct Task<'a> {
    plan: &'a Plan,
    correlation: &'a Correlation<'a>,
    rows: Range<usize>,
    group: usize,
    chunk: usize,
    moments: Option<ChunkMoments>,
    scratch: &'a mut Scratch,
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self {
            plan,
            correlation,
            rows,
            group,
            chunk,
            moments,
            scratch,
        } = self;
        let Scratch {
            input,
            in_offsets,
            out_offsets,
            residual_offsets,
            ..
        } = scratch;
        let source = correlation.input.channels_from(group * correlation.inputs);
        in_offsets.clear();
        let window = if plan.direct {
            correlation.direct_offsets(rows.clone(), in_offsets);
            source.ptr
        } else {
            let copy = input.at_least(plan.layout.len(rows.len()).max(1));
            plan.layout.offsets(rows.clone(), in_offsets);
            // SAFETY: the input view is valid for the batch (see `Plan::run`).
            unsafe {
                plan.layout
                    .copy(simd, source, correlation.inputs, rows.clone(), copy);
            }
            copy.as_ptr()
        };
        out_offsets.clear();
        correlation.place(&correlation.placement, rows.clone(), out_offsets);
        residual_offsets.clear();
        if let Some((_, placement)) = &correlation.residual {
            correlation.place(placement, rows, residual_offsets);
        }

        let width = 2 * S::LANES;
        let first = chunk * plan.blocks_per_task * width;
        let end = (first + plan.blocks_per_task * width).min(correlation.outputs);
        let padded_outputs = padded(correlation.outputs, S::LANES);
        let filter = &correlation.filter[group * plan.depth * padded_outputs..];
        for block in (first..end).step_by(width) {
            let channels = (end - block).min(width);
            let vectors = channels.div_ceil(S::LANES);
            let channel = group * correlation.outputs + block;
            let entries = |table: &'_ [f32]| -> &'_ [f32] {
                unsafe {
                    // SAFETY: tables have an entry per output channel.
                    std::slice::from_raw_parts(table.as_ptr().add(channel), channels)
                }
            };
            for (index, (runs, depth)) in plan.stages.iter().enumerate() {
                let last = index + 1 == plan.stages.len();
                let finish = last.then(|| Finish {
                    scale: correlation.scale.map(entries),
                    bias: correlation.bias.map(entries),
                    residual: correlation.residual.map(|(source, _)| {
                        (source.ptr.wrapping_add(channel), &residual_offsets[..])
                    }),
                    relu: correlation.relu,
                    moments: moments.map(|table| (table, channel)),
                });
                let start = block * plan.depth + depth * vectors * S::LANES;
                let block = Block {
                    input: if correlation.depthwise {
                        window.wrapping_add(block)
                    } else {
                        window
                    },
                    in_offsets,
                    runs: &plan.runs[runs.clone()],
                    weights: filter[start..].as_ptr(),
                    outputs: Outputs {
                        ptr: correlation.output.ptr.wrapping_add(channel),
                        offsets: out_offsets,
                        accumulate: index > 0,
                        finish,
                    },
                    channels,
                    prefetch: plan.direct && block == first,
                };
                // SAFETY: the offsets address the windows of the strip's
                // pixels, whose runs lie in the copy or, when read directly,
                // in the input; the outputs of a task are its own.
                unsafe {
                    match (vectors, correlation.depthwise) {
                        (2, false) => block.compute::<S, 2, false>(simd),
                        (_, false) => block.compute::<S, 1, false>(simd),
                        (2, true) => block.compute::<S, 2, true>(simd),
                        (_, true) => block.compute::<S, 1, true>(simd),
                    }
                }
            }
        }
    }
}

impl Correlation<'_> {
    /// Appends the offset of every output pixel's window in the input itself.
    fn direct_offsets(&self, rows: Range<usize>, offsets: &mut Vec<usize>) {
        let [vertical, horizontal] = &self.axes;
        // Windows of an interior correlation start at or behind the first pixel.
        let start = |axis: &Axis, o: usize| axis.start(o).unsigned_abs();
        for (image, part) in images(rows, vertical.output) {
            for oh in part {
                let row = (image * vertical.input + start(vertical, oh)) * horizontal.input;
                offsets.extend(
                    (0..horizontal.output)
                        .map(|ow| (row + start(horizontal, ow)) * self.input.pixel_stride),
                );
            }
        }
    }

    /// Appends the offset of every output pixel in a buffer.
    fn place(&self, placement: &Placement, rows: Range<usize>, offsets: &mut Vec<usize>) {
        let [vertical, horizontal] = &self.axes;
        for (image, part) in images(rows, vertical.output) {
            for oh in part {
                let row = placement.first + image * placement.image + oh * placement.row;
                offsets.extend((0..horizontal.output).map(|ow| row + ow * placement.pixel));
            }
        }
    }
}
