//! The gradient with respect to the weights.
//!
//! `dw[co, ci, kh, kw] = sum_pixel x[pixel, kh, kw, ci] * dy[pixel, co]` is a
//! product of matrices whose reduction runs over the pixels. Strips of pixels
//! are packed into blocks of a few input channels and of two vectors of output
//! channels that fit the first-level cache; a register tile of a few elements
//! of a kernel row by two vectors then runs over the strip.
//!
//! The work is cut into tasks over chunks of channels and, where these are
//! few, of strips. Every chunk of strips sums into a table of its own, and the
//! tables are added in order, so results do not depend on the number of
//! threads.

use crate::algorithm::Algorithm;
use crate::isa::{Isa, Kernel};
use crate::outer_tile::{InputBlock, Tiles};
use crate::scratch::{Scratch, with_scratch, with_shared};
use crate::shape::ConvShape;
use crate::simd::Simd;
use crate::strip::{StripLayout, copy_pixels};
use crate::view::{Source, View};
use crate::winograd;
use rayon::prelude::*;
use std::ops::Range;

/// Pixels of a strip, as far as rows allow.
const STRIP_PIXELS: usize = 112;
/// Channels of a task, on either side.
const TASK_CHANNELS: usize = 192;
/// Tasks into which the work is cut where it is large enough.
const TASKS: usize = 16;

/// `dw = d loss / d w` given `dy = d loss / d y`. The gradient of a bias is
/// [`channel_sums`](crate::channel_sums) of `dy`.
///
/// `x` is `[batch, in_height, in_width, in_channels]`, `dy` is
/// `[batch, out_height, out_width, out_channels]`, `dw` is
/// `[out_channels, in_channels / groups, kh, kw]`; `dw` is overwritten.
///
/// # Panics
/// If the shape is invalid, a view is too short, or `dw` does not have the
/// length of the weights.
pub fn conv2d_backward_weight(isa: Isa, shape: &ConvShape, x: View, dy: View, dw: &mut [f32]) {
    let algorithm = Algorithm::of_backward_weight(shape);
    conv2d_backward_weight_by(algorithm, isa, shape, x, dy, dw);
}

/// As [`conv2d_backward_weight`], by a given algorithm.
///
/// # Panics
/// As there, or if the algorithm does not fit the shape.
pub fn conv2d_backward_weight_by(
    algorithm: Algorithm,
    isa: Isa,
    shape: &ConvShape,
    x: View,
    dy: View,
    dw: &mut [f32],
) {
    let shape = shape.check().expect("valid convolution shape");
    assert!(
        algorithm.fits(&shape),
        "{algorithm:?} does not do {shape:?}"
    );
    assert_eq!(dw.len(), shape.weights(), "number of weights");
    let x = x.source(shape.in_pixels(), shape.in_channels);
    let dy = dy.source(shape.out_pixels(), shape.out_channels);
    if algorithm == Algorithm::Winograd {
        // SAFETY: the views were checked against the shape just now.
        return unsafe { winograd::GradientPlan::new(isa, &shape).run(x, dy, dw) };
    }
    let plan = Plan::new(isa, &shape);
    with_shared(plan.sum_chunks * plan.table, |tables| {
        // SAFETY: as above.
        unsafe { plan.run(x, dy, tables) };
        plan.reduce(tables, dw);
    });
}

/// How the gradient is cut into tasks.
struct Plan {
    isa: Isa,
    shape: ConvShape,
    groups: usize,
    depthwise: bool,
    /// Channels of a group, on either side.
    inputs: usize,
    outputs: usize,
    /// Output channels of a block, two vectors.
    width: usize,
    rows: usize,
    rows_per_strip: usize,
    /// Chunks of strips, each with its own table of sums.
    sum_chunks: usize,
    strips_per_chunk: usize,
    /// Floats of a table.
    table: usize,
}

impl Plan {
    fn new(isa: Isa, shape: &ConvShape) -> Self {
        let [vertical, horizontal] = shape.axes();
        let (groups, inputs, outputs) = shape.engine_groups();
        let rows = shape.batch * vertical.output;
        let rows_per_strip = (STRIP_PIXELS / horizontal.output).clamp(1, rows.max(1));
        let strips = rows.div_ceil(rows_per_strip);
        let depthwise = shape.is_depthwise();
        let mut plan = Self {
            isa,
            shape: *shape,
            groups,
            depthwise,
            inputs,
            outputs,
            width: 2 * isa.lanes(),
            rows,
            rows_per_strip,
            sum_chunks: 1,
            strips_per_chunk: strips,
            table: 0,
        };
        let channel_tasks = plan.channel_tasks();
        let wanted = TASKS.div_ceil(channel_tasks).min(strips.max(1));
        plan.strips_per_chunk = strips.div_ceil(wanted).max(1);
        plan.sum_chunks = strips.div_ceil(plan.strips_per_chunk).max(1);
        plan.table = groups * outputs.next_multiple_of(plan.width) * plan.depth();
        plan
    }

    /// Rows of a group's table: elements of the kernel per output channel.
    fn depth(&self) -> usize {
        let taps = self.shape.kernel[0] * self.shape.kernel[1];
        if self.depthwise {
            taps
        } else {
            taps * self.inputs
        }
    }

    /// Input channels of a block: those that make a run of the kernel fill
    /// whole register tiles.
    fn block_inputs(&self) -> usize {
        if self.shape.kernel[1] == 1 { 48 } else { 16 }
    }

    fn output_chunks(&self) -> usize {
        self.outputs.div_ceil(TASK_CHANNELS)
    }

    fn input_chunks(&self) -> usize {
        if self.depthwise {
            1
        } else {
            self.inputs.div_ceil(TASK_CHANNELS)
        }
    }

    fn channel_tasks(&self) -> usize {
        self.groups * self.output_chunks() * self.input_chunks()
    }

    /// The block of input channels from `first` on; of a depthwise kernel it
    /// has the width of a block of output channels.
    fn input_block(&self, first: usize) -> InputBlock {
        let [vertical, horizontal] = self.shape.axes();
        let layout = |channels| StripLayout::new([vertical, horizontal], channels);
        if self.depthwise {
            return InputBlock {
                channels: first..(first + self.width).min(self.inputs),
                elements: horizontal.kernel,
                pitch: horizontal.dilation * self.width,
                runs: 1,
                layout: layout(self.width),
            };
        }
        let channels = first..(first + self.block_inputs()).min(self.inputs);
        let (runs, elements) = if horizontal.dilation == 1 {
            (1, horizontal.kernel * channels.len())
        } else {
            (horizontal.kernel, channels.len())
        };
        InputBlock {
            elements,
            pitch: 1,
            runs,
            layout: layout(channels.len()),
            channels,
        }
    }

    /// Where a group's sums of a block of inputs by a block of outputs start.
    fn sums_offset(&self, output: usize, block: &InputBlock) -> usize {
        let taps = self.shape.kernel[0] * self.shape.kernel[1];
        let before = if self.depthwise {
            0
        } else {
            block.channels.start * taps
        };
        output * self.depth() + before * self.width
    }

    /// Sums every chunk of strips into its table.
    ///
    /// # Safety
    /// The views must be valid for the shape.
    unsafe fn run(&self, x: Source, dy: Source, tables: &mut [f32]) {
        let tables = Tables(tables.as_mut_ptr());
        let tasks = self.sum_chunks * self.channel_tasks();
        (0..tasks).into_par_iter().with_max_len(1).for_each(|task| {
            let (task, input_chunk) = (task / self.input_chunks(), task % self.input_chunks());
            let (task, output_chunk) = (task / self.output_chunks(), task % self.output_chunks());
            let (sum_chunk, group) = (task / self.groups, task % self.groups);
            let chunk = |index: usize, all: usize| {
                index * TASK_CHANNELS..((index + 1) * TASK_CHANNELS).min(all)
            };
            let outputs = chunk(output_chunk, self.outputs);
            let inputs = if self.depthwise {
                outputs.clone()
            } else {
                chunk(input_chunk, self.inputs)
            };
            let table = tables.at(sum_chunk * self.table + group * (self.table / self.groups));
            let strips = sum_chunk * self.strips_per_chunk;
            let rows = strips * self.rows_per_strip
                ..((strips + self.strips_per_chunk) * self.rows_per_strip).min(self.rows);
            let x = x.channels_from(group * self.inputs);
            let dy = dy.channels_from(group * self.outputs);
            with_scratch(|scratch| {
                self.isa.run(Task {
                    plan: self,
                    x,
                    dy,
                    rows,
                    inputs,
                    outputs,
                    table,
                    scratch,
                });
            });
        });
    }

    /// Adds the tables in order and puts the sums in the order of `dw`.
    fn reduce(&self, tables: &mut [f32], dw: &mut [f32]) {
        let depth = self.depth();
        let group_table = self.table / self.groups;
        let (first, others) = tables.split_at_mut(self.table);
        first
            .par_chunks_mut(depth * self.width)
            .enumerate()
            .for_each(|(block, sums)| {
                for table in others.chunks_exact(self.table) {
                    let start = block * depth * self.width;
                    for (sum, value) in sums.iter_mut().zip(&table[start..]) {
                        *sum += value;
                    }
                }
            });
        let first = &*first;
        dw.par_chunks_mut(dw.len() / self.groups)
            .enumerate()
            .for_each(|(group, dw)| {
                dw.par_chunks_mut(depth * self.width)
                    .enumerate()
                    .for_each(|(block, dw)| {
                        let start = group * group_table + block * depth * self.width;
                        let table = &first[start..][..depth * self.width];
                        self.unpack_block(table, dw);
                    });
            });
    }

    /// Transposes a block `[element][output]` into `[output][input][tap]`.
    fn unpack_block(&self, table: &[f32], dw: &mut [f32]) {
        let [kernel_height, kernel_width] = self.shape.kernel;
        let depth = self.depth();
        let mut rows = table.chunks_exact(self.width);
        let inputs = if self.depthwise { 1 } else { self.inputs };
        for first in (0..inputs).step_by(self.block_inputs()) {
            let channels = first..(first + self.block_inputs()).min(inputs);
            for tap in 0..kernel_height * kernel_width {
                for channel in channels.clone() {
                    let Some(row) = rows.next() else { return };
                    let element = channel * kernel_height * kernel_width + tap;
                    for (out, value) in dw[element..].iter_mut().step_by(depth).zip(row) {
                        *out = *value;
                    }
                }
            }
        }
    }
}

/// The tables of sums, to which tasks write disjoint blocks.
#[derive(Clone, Copy)]
struct Tables(*mut f32);

// SAFETY: tasks write to disjoint elements.
unsafe impl Send for Tables {}
unsafe impl Sync for Tables {}

impl Tables {
    fn at(self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}

/// The sums over some rows for a chunk of input by a chunk of output channels.
struct Task<'a> {
    plan: &'a Plan,
    x: Source,
    dy: Source,
    rows: Range<usize>,
    inputs: Range<usize>,
    outputs: Range<usize>,
    table: *mut f32,
    scratch: &'a mut Scratch,
}

impl Kernel for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let plan = self.plan;
        let mut first = true;
        let mut start = self.rows.start;
        let out_width = plan.shape.out_width();
        let Scratch {
            input,
            other,
            in_offsets,
            ..
        } = self.scratch;
        if self.rows.is_empty() {
            // Only an empty batch has a chunk without rows.
            // SAFETY: the table holds a block of rows for every output.
            unsafe {
                let len = plan.table / plan.groups;
                std::slice::from_raw_parts_mut(self.table, len).fill(0.0);
            }
        }
        while start < self.rows.end {
            let rows = start..(start + plan.rows_per_strip).min(self.rows.end);
            start = rows.end;
            let pixels = rows.len() * out_width;
            let dy = self
                .dy
                .ptr
                .wrapping_add(rows.start * out_width * self.dy.pixel_stride);
            let blocks = self.outputs.len().div_ceil(plan.width);
            let packed = other.at_least(blocks * plan.width * pixels);
            // SAFETY: the gradient's view is valid for the strip's pixels and
            // the channels.
            unsafe {
                let (from, taken) = (dy.wrapping_add(self.outputs.start), self.outputs.len());
                let (stride, pitch) = (self.dy.pixel_stride, plan.width * pixels);
                copy_pixels(simd, from, stride, pixels, taken, plan.width, packed, pitch);
            }
            let packed = &*packed;

            // All whole blocks, then a narrower last one.
            let step = if plan.depthwise {
                plan.width
            } else {
                plan.block_inputs()
            };
            let block_len = plan.input_block(0).layout.len(rows.len());
            let window = input.at_least((self.inputs.len().div_ceil(step) * block_len).max(1));
            let whole = if plan.depthwise {
                self.inputs.len()
            } else {
                self.inputs.len() / step * step
            };
            let (many, last) = window.split_at_mut(whole.div_ceil(step) * block_len);
            for (first, taken, target) in
                [(0, whole, many), (whole, self.inputs.len() - whole, last)]
            {
                if taken > 0 {
                    let first = self.inputs.start + first;
                    let layout = plan.input_block(first).layout;
                    let source = self.x.channels_from(first);
                    // SAFETY: the input's view is valid for the batch.
                    unsafe { layout.copy(simd, source, taken, rows.clone(), target) };
                }
            }
            let window = &*window;
            for (index, channel) in self.inputs.clone().step_by(step).enumerate() {
                let block = plan.input_block(channel);
                in_offsets.clear();
                block.layout.offsets(rows.clone(), in_offsets);
                let outputs = if plan.depthwise {
                    channel..channel + 1
                } else {
                    self.outputs.clone()
                };
                for output in outputs.step_by(plan.width) {
                    let tiles = Tiles {
                        x: window[index * block_len..].as_ptr(),
                        offsets: in_offsets,
                        dy: packed[(output - self.outputs.start) * pixels..].as_ptr(),
                        pitch: block.pitch,
                        sums: self.table.wrapping_add(plan.sums_offset(output, &block)),
                        accumulate: !first,
                    };
                    // SAFETY: the window holds the block's input under the
                    // strip, `packed` the gradient of its pixels, and the
                    // table the block's sums, which are this task's own.
                    unsafe {
                        if plan.depthwise {
                            tiles.run::<S, true>(simd, &plan.shape, &block);
                        } else {
                            tiles.run::<S, false>(simd, &plan.shape, &block);
                        }
                    }
                }
            }
            first = false;
        }
    }
}
