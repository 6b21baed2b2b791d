//! Weights in the order in which the kernels read them.

use crate::algorithm::Algorithm;
use crate::axis::Phase;
use crate::direct;
use crate::isa::Isa;
use crate::roles::{Direction, Roles};
use crate::scratch::Floats;
use crate::shape::ConvShape;
use crate::winograd;

/// The weights of a convolution, packed for one direction, one instruction set
/// and one [`Algorithm`]. That is chosen when they are packed, by the channels
/// and the image of the shape; any other batch and image may follow.
///
/// It has a part for the whole kernel, or for each phase of a strided gradient.
#[derive(Clone)]
pub struct PackedFilter {
    isa: Isa,
    shape: ConvShape,
    direction: Direction,
    algorithm: Algorithm,
    parts: Vec<Part>,
    data: Floats,
}

/// The taps of one part, as indices `kh * kernel_width + kw`, and where its
/// weights start.
#[derive(Clone)]
struct Part {
    taps: Vec<usize>,
    start: usize,
    len: usize,
}

impl PackedFilter {
    /// Packs weights `[out_channels, in_channels / groups, kh, kw]` for
    /// [`conv2d_forward`](crate::conv2d_forward).
    ///
    /// # Panics
    /// If the shape is invalid or `weights` does not have its length.
    pub fn forward(isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        Self::forward_by(Algorithm::of(shape), isa, shape, weights)
    }

    /// As [`PackedFilter::forward`], for a given algorithm.
    ///
    /// # Panics
    /// As there, or if the algorithm does not fit the shape.
    pub fn forward_by(algorithm: Algorithm, isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        let taps = (0..shape.kernel[0] * shape.kernel[1]).collect();
        Self::new(
            algorithm,
            isa,
            shape,
            Direction::Forward,
            vec![taps],
            weights,
        )
    }

    /// Packs weights `[out_channels, in_channels / groups, kh, kw]` for
    /// [`conv2d_backward_data`](crate::conv2d_backward_data).
    ///
    /// # Panics
    /// If the shape is invalid or `weights` does not have its length.
    pub fn backward_data(isa: Isa, shape: &ConvShape, weights: &[f32]) -> Self {
        Self::backward_data_by(Algorithm::of(shape), isa, shape, weights)
    }

    /// As [`PackedFilter::backward_data`], for a given algorithm.
    ///
    /// # Panics
    /// As there, or if the algorithm does not fit the shape.
    pub fn backward_data_by(
        algorithm: Algorithm,
        isa: Isa,
        shape: &ConvShape,
        weights: &[f32],
    ) -> Self {
        let taps = phases(shape)
            .iter()
            .map(|[vertical, horizontal]| {
                let row = |kh: usize| {
                    horizontal
                        .taps
                        .iter()
                        .map(move |kw| kh * shape.kernel[1] + kw)
                };
                vertical.taps.iter().flat_map(|&kh| row(kh)).collect()
            })
            .collect();
        Self::new(
            algorithm,
            isa,
            shape,
            Direction::BackwardData,
            taps,
            weights,
        )
    }

    fn new(
        algorithm: Algorithm,
        isa: Isa,
        shape: &ConvShape,
        direction: Direction,
        taps: Vec<Vec<usize>>,
        weights: &[f32],
    ) -> Self {
        let shape = shape.check().expect("valid convolution shape");
        assert!(
            algorithm.fits(&shape),
            "{algorithm:?} does not do {shape:?}"
        );
        let mut filter = Self {
            isa,
            shape,
            direction,
            algorithm,
            parts: Vec::new(),
            data: Floats::default(),
        };
        let roles = Roles::new(&shape, direction);
        let mut start = 0;
        for taps in taps {
            let len = match algorithm {
                Algorithm::Direct => direct::len(&roles, taps.len(), isa.lanes()),
                Algorithm::Winograd => winograd::len(&roles, isa.lanes()),
            };
            filter.parts.push(Part { taps, start, len });
            start += len;
        }
        filter.update(weights);
        filter
    }

    /// Packs new weights of the same shape, reusing the memory.
    ///
    /// # Panics
    /// If `weights` does not have the length of the shape.
    pub fn update(&mut self, weights: &[f32]) {
        assert_eq!(weights.len(), self.shape.weights(), "number of weights");
        let len = self.parts.iter().map(|part| part.len).sum();
        let data = self.data.at_least(len);
        let lanes = self.isa.lanes();
        let roles = Roles::new(&self.shape, self.direction);
        for part in self.parts.iter().filter(|part| part.len > 0) {
            let packed = &mut data[part.start..][..part.len];
            match self.algorithm {
                Algorithm::Direct => direct::pack(&roles, lanes, &part.taps, weights, packed),
                Algorithm::Winograd => {
                    winograd::pack(self.isa, &roles, &part.taps, weights, packed);
                }
            }
        }
    }

    /// Whether a convolution writes each output once, when its sum is whole, and no parts of it
    /// before.
    pub fn writes_once(&self) -> bool {
        match self.algorithm {
            Algorithm::Direct => direct::is_one_stage(&self.shape),
            Algorithm::Winograd => true,
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// The packed weights of one part.
    pub(crate) fn part(&self, index: usize) -> &[f32] {
        let part = &self.parts[index];
        &self.data.as_slice()[part.start..][..part.len]
    }

    /// # Panics
    /// If the filter was packed for another direction or other weights.
    pub(crate) fn check(&self, shape: &ConvShape, direction: Direction) {
        assert_eq!(
            self.direction, direction,
            "direction the filter was packed for"
        );
        // The batch is free, and so is the image: it does not enter the packing
        // unless it is smaller than the stride.
        let free = |s: &ConvShape| ConvShape {
            batch: 0,
            in_height: s.in_height.min(s.stride[0]),
            in_width: s.in_width.min(s.stride[1]),
            ..*s
        };
        assert_eq!(
            free(&self.shape),
            free(shape),
            "shape the filter was packed for"
        );
    }
}

/// The phases of the gradient with respect to the input, over both axes.
pub(crate) fn phases(shape: &ConvShape) -> Vec<[Phase; 2]> {
    let [vertical, horizontal] = shape.axes();
    let horizontal = horizontal.phases();
    vertical
        .phases()
        .iter()
        .flat_map(|v| horizontal.iter().map(|h| [v.clone(), h.clone()]))
        .collect()
}
