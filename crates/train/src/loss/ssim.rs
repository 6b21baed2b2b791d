//! Structural similarity as a loss.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Check;
use super::truth::Truth;
use crate::gaussian::{C1, C2, gaussian};

/// `1 - SSIM(x, t)` of pictures from 0 to 1, with
/// `SSIM = (2 m_x m_t + c1) (2 s_xt + c2) / ((m_x^2 + m_t^2 + c1) (s_x^2 + s_t^2 + c2))`,
/// `c1 = 0.01^2` and `c2 = 0.03^2`; means `m`, variances `s^2` and covariance `s_xt` under a Gaussian
/// window of 11x11 pixels with a deviation of 1.5. The mean over images, channels and all places
/// where the window is inside. A smaller picture has a window of the largest odd side that it holds.
///
/// "Image Quality Assessment: From Error Visibility to Structural Similarity" (Wang et al. 2004,
/// <https://doi.org/10.1109/TIP.2003.819861>), section III.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Ssim {
    /// How much the term counts.
    pub weight: f64,
}

impl Default for Ssim {
    fn default() -> Self {
        Self { weight: 1.0 }
    }
}

impl Check for Ssim {}

impl Ssim {
    /// The loss of an output, without the term's weight: `[1]`.
    pub fn forward(&self, output: Tensor<4>, truth: &Truth) -> Tensor<1> {
        let [batch, channels, height, width] = output.dims();
        let plane = |x: Tensor<4>| x.reshape([batch * channels, 1, height, width]);
        let (x, t) = (plane(output), plane(truth.values()));
        let (mean_x, mean_t) = (blurred(x.clone()), blurred(t.clone()));
        let products = mean_x.clone() * mean_t.clone();
        let (square_x, square_t) = (mean_x.square(), mean_t.square());
        let variance_x = blurred(x.clone().square()) - square_x.clone();
        let variance_t = blurred(t.clone().square()) - square_t.clone();
        let covariance = blurred(x * t) - products.clone();
        let alike = (products * 2 + C1) * (covariance * 2 + C2);
        let all = (square_x + square_t + C1) * (variance_x + variance_t + C2);
        -(alike / all).mean() + 1
    }
}

/// The means under the window, `[planes, 1, height, width]`.
fn blurred(x: Tensor<4>) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let device = x.device();
    let window = gaussian(height.min(width));
    let side = window.len();
    let window: Vec<f32> = window.into_iter().map(|part| part as f32).collect();
    let window = Tensor::<1>::from_data(window.as_slice(), &device);
    let along = |x: Tensor<4>, kernel: [usize; 4]| {
        let options = ConvOptions::new([1, 1], [0, 0], [1, 1], 1);
        conv2d(x, window.clone().reshape(kernel), None, options)
    };
    along(along(x, [1, 1, side, 1]), [1, 1, 1, side])
}
