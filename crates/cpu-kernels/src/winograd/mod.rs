//! Three by three convolutions of stride one with a quarter of the
//! multiplications.
//!
//! This is Winograd's minimal filtering in two dimensions, F(4x4, 3x3), as
//! Lavin and Gray apply it to convolutions (Fast Algorithms for Convolutional
//! Neural Networks, 2015, arXiv 1509.09308). The outputs are cut into tiles of
//! four by four, each of which depends on a window `d` of six by six inputs:
//!
//! ```text
//! y[co] = A^T (sum_ci (G g[co, ci] G^T) * (B^T d[ci] B)) A
//! ```
//!
//! where `*` multiplies element by element: 36 products instead of the 144 of
//! sixteen outputs with nine taps each. For each of the 36 elements the sums
//! over `ci` of all tiles and all `co` are a product of matrices,
//! `[tile, ci] x [ci, co]`. The gradient with respect to the input is the same
//! correlation with flipped filters; that with respect to the weights is in
//! [`gradient`].
//!
//! The rounding error is a few times that of the plain sum (see
//! [`transform`]). It scales with the largest values under a tile, though, not
//! with the single output.

mod filter;
mod gradient;
mod plan;
mod stages;
mod task;
mod tiles;
mod transform;

pub(crate) use filter::{len, pack};
pub(crate) use gradient::Plan as GradientPlan;
pub(crate) use plan::Plan;
