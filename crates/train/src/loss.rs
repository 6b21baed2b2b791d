//! What training makes small, besides the cross-entropy.

use burn::tensor::{Int, Tensor, activation::softmax, s};

/// `1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)` with probability `p` and truth `t`, summed over
/// an image's pixels; the mean over images and foreground classes.
///
/// Cross-entropy weighs all pixels alike, so that the background rules where it is most of the
/// image; this sees the overlap of each class whatever its size. "V-Net: Fully Convolutional
/// Neural Networks for Volumetric Medical Image Segmentation" (Milletari et al. 2016,
/// <https://arxiv.org/abs/1606.04797>), with plain sums in the denominator.
///
/// # Shapes
/// `logits`: `[batch, classes, height, width]`. `targets`: `[batch, height, width]`.
/// Output: `[1]`.
pub fn dice_loss(logits: Tensor<4>, targets: Tensor<3, Int>) -> Tensor<1> {
    let [_, classes, ..] = logits.dims();
    let probability = softmax(logits, 1).slice(s![.., 1.., .., ..]);
    let foreground = Tensor::<1, Int>::arange(1..classes as i64, &targets.device());
    let truth = targets
        .unsqueeze_dim::<4>(1)
        .expand(probability.dims())
        .equal(foreground.reshape([1, -1, 1, 1]).expand(probability.dims()))
        .float();
    let per_image = |x: Tensor<4>| x.flatten::<3>(2, 3).sum_dim(2);
    let overlap = per_image(probability.clone() * truth.clone());
    let total = per_image(probability) + per_image(truth);
    let dice = (overlap * 2 + 1) / (total + 1);
    -dice.mean() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    /// Logits that are sure of classes 1, 0, 1 and 1 of three.
    fn sure() -> Tensor<4> {
        Tensor::<4>::from_data(
            [[
                [[-50.0, 50.0, -50.0, -50.0]],
                [[50.0, -50.0, 50.0, 50.0]],
                [[-50.0, -50.0, -50.0, -50.0]],
            ]],
            &Device::flex(),
        )
    }

    fn loss_of(targets: [i64; 4]) -> f32 {
        let targets = Tensor::<3, Int>::from_data([[targets]], &Device::flex());
        dice_loss(sure(), targets).into_scalar()
    }

    #[test]
    fn full_overlap_costs_nothing() {
        assert!(loss_of([1, 0, 1, 1]).abs() < 1e-6);
    }

    #[test]
    fn dice_is_the_mean_over_foreground_classes() {
        // Class 1: (2 * 2 + 1) / (3 + 2 + 1). Class 2: (0 + 1) / (0 + 1 + 1).
        let expected = 1.0 - (5.0 / 6.0 + 1.0 / 2.0) / 2.0;
        assert!((loss_of([1, 0, 1, 2]) - expected).abs() < 1e-6);
    }
}
