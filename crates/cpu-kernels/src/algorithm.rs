//! The ways to compute a convolution.

use crate::correlation::Correlation;
use crate::direct;
use crate::isa::Isa;
use crate::moments::Moments;
use crate::scratch::with_shared;
use crate::shape::ConvShape;
use crate::winograd;

/// How a convolution and its gradients are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// As the sum that it is.
    Direct,
    /// With a quarter of the multiplications; only for three by three kernels
    /// of stride and dilation one, without groups.
    Winograd,
}

impl Algorithm {
    /// The faster one for a shape; its batch does not matter.
    ///
    /// Winograd's transforms take time in proportion to the input and the
    /// output channels, and save in proportion to the product of both. With
    /// small images, too much of the tiles of four by four lies outside.
    ///
    /// # Panics
    /// If the shape is invalid.
    pub fn of(shape: &ConvShape) -> Self {
        let shape = &shape.check().expect("valid convolution shape");
        let (inputs, outputs) = (shape.in_channels, shape.out_channels);
        let [rows, columns] = shape.axes().map(|axis| axis.output);
        let tiles = rows.div_ceil(4) * columns.div_ceil(4);
        let pays = inputs * outputs >= 10 * (inputs + outputs) && rows * columns >= 6 * tiles;
        if Self::Winograd.fits(shape) && pays {
            Self::Winograd
        } else {
            Self::Direct
        }
    }

    /// The faster one for the gradient with respect to the weights, where each
    /// tile of the batch must pay for its share in transforming the sums.
    ///
    /// # Panics
    /// If the shape is invalid.
    pub fn of_backward_weight(shape: &ConvShape) -> Self {
        const LEAST_TILES: usize = 16;
        let algorithm = Self::of(shape);
        let [rows, columns] = shape.axes().map(|axis| axis.output.div_ceil(4));
        if shape.batch * rows * columns >= LEAST_TILES {
            algorithm
        } else {
            Self::Direct
        }
    }

    /// Whether the algorithm can compute a convolution of that shape.
    pub fn fits(self, shape: &ConvShape) -> bool {
        let plain = [shape.stride, shape.dilation] == [[1; 2]; 2] && shape.groups == 1;
        self == Self::Direct || (plain && shape.kernel == [3; 2])
    }

    /// Runs a correlation for whose filter this algorithm was chosen.
    ///
    /// # Panics
    /// If the moments do not have an entry per output channel.
    ///
    /// # Safety
    /// The views of `correlation` must be valid for its sizes, with no other
    /// access to the output meanwhile, and `filter` packed for it.
    pub(crate) unsafe fn run(self, isa: Isa, correlation: &Correlation, moments: Option<Moments>) {
        let channels = correlation.groups * correlation.outputs;
        // SAFETY: passed on from the caller.
        unsafe {
            match self {
                Self::Direct => {
                    let plan = direct::Plan::new(isa, correlation);
                    let len = plan.moments_len(channels);
                    let counts = plan.strip_pixels();
                    gather(moments, channels, len, counts, |tables| {
                        plan.run(correlation, tables);
                    });
                }
                Self::Winograd => {
                    let plan = winograd::Plan::new(isa, correlation);
                    let len = plan.moments_len(channels);
                    let counts = plan.strip_pixels();
                    gather(moments, channels, len, counts, |tables| {
                        plan.run(correlation, tables);
                    });
                }
            }
        }
    }
}

/// Runs `f` with tables for the moments, if these are wanted, and merges them.
fn gather(
    moments: Option<Moments>,
    channels: usize,
    len: usize,
    counts: impl Iterator<Item = usize> + Clone,
    f: impl FnOnce(&mut [f32]),
) {
    let Some(mut moments) = moments else {
        return f(&mut []);
    };
    moments.check(channels);
    with_shared(len, |tables| {
        f(tables);
        moments.merge(tables, counts);
    });
}
