//! Standardisation of filters: each is brought to mean 0 and variance 1, and then to its factor.
//!
//! With `y = factor * what` and `what = (w - mean) * inv_std`, the moments those of the filter, the
//! gradient is
//!
//! ```text
//! dw = factor * inv_std * (dy - mean(dy) - what * mean(dy * what))
//! dfactor = sum(dy * what)
//! ```
//!
//! where means and sums are over the weights of a filter.

use std::ops::Range;

use crate::chunks::for_each_chunk;
use crate::isa::{Isa, Kernel};
use crate::simd::math::{BLOCK, moments_of, sum};
use crate::simd::{Simd, each_vector};
use crate::view::{Source, Target, View, ViewMut};

/// What is standardised. Tensors are `[filters, weights]`.
#[derive(Clone, Copy, Debug)]
pub struct Filters<'a> {
    /// How many filters.
    pub filters: usize,
    /// Weights of each.
    pub weights: usize,
    /// The weights.
    pub w: View<'a>,
    /// What each filter is multiplied by.
    pub factors: &'a [f32],
}

impl Filters<'_> {
    fn check(&self) {
        assert!(self.weights > 0, "weights = 0: must be at least 1");
        assert_eq!(self.factors.len(), self.filters, "factor per filter");
    }
}

/// Standardises, and leaves mean and inverse deviation of every filter in `moments`, `[filters, 2]`.
///
/// # Panics
/// If a view is too short, a filter has no weights, or there is not a factor for each.
pub fn standardize_forward(
    isa: Isa,
    of: &Filters,
    epsilon: f32,
    mut moments: ViewMut,
    mut y: ViewMut,
) {
    of.check();
    let (filters, weights) = (of.filters, of.weights);
    let w = of.w.source(filters, weights);
    let (moments, y) = (moments.target(filters, 2), y.target(filters, weights));
    for_each_chunk(filters, weights, |_, filters| {
        isa.run(Forward {
            filters,
            weights,
            w,
            factors: of.factors,
            epsilon,
            moments,
            y,
        });
    });
}

struct Forward<'a> {
    filters: Range<usize>,
    weights: usize,
    w: Source,
    factors: &'a [f32],
    epsilon: f32,
    moments: Target,
    y: Target,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let weights = self.weights;
        for filter in self.filters {
            let (w, y) = (self.w.at(filter), self.y.at(filter));
            // SAFETY: the views were checked for all filters and weights; tasks own their filters.
            unsafe {
                let [mean, inv_std] = moments_of(simd, w, weights, self.epsilon);
                let moments = self.moments.at(filter);
                moments.write(mean);
                moments.add(1).write(inv_std);
                let mean = simd.splat(mean);
                let factor = simd.splat(self.factors[filter] * inv_std);
                each_vector!(S, weights, |at, n| {
                    let centred = simd.sub(simd.load_upto(w.add(at), n), mean);
                    simd.store_upto(y.add(at), simd.mul(centred, factor), n);
                });
            }
        }
    }
}

/// The gradients, from `dy` and the `moments` that [`standardize_forward`] left: `dw`,
/// `[filters, weights]`, and that of each factor.
///
/// # Panics
/// If a view is too short, a filter has no weights, or there is not a factor, and a place for its
/// gradient, for each.
pub fn standardize_backward(
    isa: Isa,
    of: &Filters,
    moments: View,
    dy: View,
    mut dw: ViewMut,
    dfactors: &mut [f32],
) {
    of.check();
    let (filters, weights) = (of.filters, of.weights);
    assert_eq!(dfactors.len(), filters, "dfactor per filter");
    let [w, dy] = [of.w, dy].map(|view| view.source(filters, weights));
    let (moments, dw) = (moments.source(filters, 2), dw.target(filters, weights));
    let dfactors = ViewMut::new(dfactors, 1).target(filters, 1);
    for_each_chunk(filters, weights, |_, filters| {
        isa.run(Backward {
            filters,
            weights,
            w,
            dy,
            factors: of.factors,
            moments,
            dw,
            dfactors,
        });
    });
}

struct Backward<'a> {
    filters: Range<usize>,
    weights: usize,
    w: Source,
    dy: Source,
    factors: &'a [f32],
    moments: Source,
    dw: Target,
    dfactors: Target,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let weights = self.weights;
        for filter in self.filters {
            let (w, dy, dw) = (self.w.at(filter), self.dy.at(filter), self.dw.at(filter));
            // SAFETY: the views were checked for all filters and weights; tasks own their filters.
            unsafe {
                let moments = self.moments.at(filter);
                let mean = simd.splat(*moments);
                let inv_std = simd.splat(*moments.add(1));
                let (mut dy_sum, mut product_sum) = (0.0, 0.0);
                for first in (0..weights).step_by(BLOCK) {
                    let (w, dy) = (w.add(first), dy.add(first));
                    let (mut of_dy, mut of_products) = (simd.zero(), simd.zero());
                    each_vector!(S, BLOCK.min(weights - first), |at, n| {
                        let what = simd.mul(simd.sub(simd.load_upto(w.add(at), n), mean), inv_std);
                        // Zero past the last weight.
                        let dy = simd.load_upto(dy.add(at), n);
                        of_dy = simd.add(of_dy, dy);
                        of_products = simd.mul_add(dy, what, of_products);
                    });
                    dy_sum += f64::from(sum(simd, of_dy));
                    product_sum += f64::from(sum(simd, of_products));
                }
                self.dfactors.at(filter).write(product_sum as f32);
                let mean_of = |sum: f64| (sum / weights as f64) as f32;
                let mean_dy = simd.splat(mean_of(dy_sum));
                let mean_product = simd.splat(mean_of(product_sum));
                let factor = simd.mul(simd.splat(self.factors[filter]), inv_std);
                each_vector!(S, weights, |at, n| {
                    let what = simd.mul(simd.sub(simd.load_upto(w.add(at), n), mean), inv_std);
                    let dy = simd.load_upto(dy.add(at), n);
                    let centred = simd.sub(simd.sub(dy, mean_dy), simd.mul(what, mean_product));
                    simd.store_upto(dw.add(at), simd.mul(factor, centred), n);
                });
            }
        }
    }
}
