//! Key points as heat maps.

use burn::tensor::Tensor;

/// The standard deviation of a point's map, in pixels of the map.
const SIGMA: f32 = 2.0;

/// How high a map is at least half a pixel's diagonal from its point: `exp(-1/2 / (2 sigma^2))`, less
/// a little for rounding.
pub(super) const NEAREST: f32 = 0.939_41;

/// `exp(-d^2 / (2 sigma^2))` with each pixel's distance `d` from a point, and sigma of 2 pixels of
/// the map; 0 everywhere for a point that is not to be seen.
///
/// "Simple Baselines for Human Pose Estimation and Tracking" (Xiao et al. 2018,
/// <https://arxiv.org/abs/1804.06208>), section 2.
///
/// # Shapes
/// `points`: `[batch, points, 3]`: row, column, and 1 if it is to be seen, in an `image` of some
/// height and width. Output: `[batch, points, height, width]` of the `map`.
pub(super) fn heat_maps(points: Tensor<3>, image: [usize; 2], map: [usize; 2]) -> Tensor<4> {
    let [batch, count, _] = points.dims();
    let device = points.device();
    let part = |index: usize| {
        let part = points.clone().narrow(2, index, 1);
        part.reshape([batch, count, 1, 1])
    };
    // A whole number is the middle of a pixel, in both.
    let place = |dim: usize| (part(dim) + 0.5) * (map[dim] as f32 / image[dim] as f32) - 0.5;
    let pixels = |dim: usize| {
        let pixels: Vec<f32> = (0..map[dim]).map(|pixel| pixel as f32).collect();
        Tensor::<1>::from_data(pixels.as_slice(), &device)
    };
    let rows = pixels(0).reshape([1, 1, map[0], 1]) - place(0);
    let columns = pixels(1).reshape([1, 1, 1, map[1]]) - place(1);
    let distance = rows.square() + columns.square();
    (-distance / (2.0 * SIGMA * SIGMA)).exp() * part(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_map_is_highest_at_its_point_and_empty_without_one() {
        // Row 1, column 5 of an image of 4x8 is between columns 2 and 3 of a map of 4x4.
        let points = Tensor::<3>::from_data([[[1.0, 5.0, 1.0], [0.0, 0.0, 0.0]]], &Device::flex());
        let maps = heat_maps(points, [4, 8], [4, 4]);
        let maps = maps.try_into_vec_as::<f32>().expect("reads");
        let near = (-0.25_f32 * 0.25 / 8.0).exp();
        assert!((maps[4 + 2] - near).abs() < 1e-6, "{maps:?}");
        let below = (-(1.0 + 0.25_f32 * 0.25) / 8.0).exp();
        assert!((maps[8 + 2] - below).abs() < 1e-6, "{maps:?}");
        assert!(maps[16..].iter().all(|value| *value == 0.0));
    }
}
