//! Out of focus.

use anyhow::Result;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::canvas::Canvas;
use super::range::check;
use super::{Change, Drawn};

/// Averages with the weights of a normal distribution, whose deviation is drawn for each image, from
/// 0 on. Past the edges the nearest pixel counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blur {
    /// The highest standard deviation in pixels, 0 to 50.
    pub deviation: f32,
}

impl Change for Blur {
    fn draw(&self, drawn: &mut Drawn, random: &mut StdRng) {
        let deviation = random.random::<f32>() * self.deviation;
        drawn.paint(move |canvas| blur(canvas, deviation));
    }

    fn size_after(&self, size: [usize; 2]) -> Result<[usize; 2]> {
        check("blur.deviation", self.deviation, 0.0..=50.0)?;
        Ok(size)
    }
}

/// Below this deviation a pixel's neighbours weigh nothing in f32.
const SHARP: f32 = 0.15;

fn blur(canvas: &mut Canvas, deviation: f32) {
    if deviation < SHARP {
        return;
    }
    let weights = weights(deviation);
    let [height, width] = canvas.size;
    let channels = canvas.channels;
    let row = width * channels;
    canvas.values = along(&canvas.values, &weights, [height, row, 1]);
    canvas.values = along(&canvas.values, &weights, [width, channels, height]);
}

/// The weights of a pixel and of its neighbours on one side, which add up to 1 over both.
fn weights(deviation: f32) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as usize;
    let weight = |off: usize| {
        let off = off as f32 / deviation;
        libm::expf(-0.5 * off * off)
    };
    let weights: Vec<f32> = (0..=reach).map(weight).collect();
    let sum: f32 = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Averages along one side of `[outer][count][inner]`.
fn along(values: &[f32], weights: &[f32], [count, inner, outer]: [usize; 3]) -> Vec<f32> {
    let mut blurred = vec![0.0; values.len()];
    for block in 0..outer {
        let start = block * count * inner;
        let line = |place: i64| start + place.clamp(0, count as i64 - 1) as usize * inner;
        for place in 0..count {
            let to = &mut blurred[start + place * inner..][..inner];
            for (off, weight) in weights.iter().enumerate() {
                let (place, off) = (place as i64, off as i64);
                let before = &values[line(place - off)..][..inner];
                let after = &values[line(place + off)..][..inner];
                for ((to, before), after) in to.iter_mut().zip(before).zip(after) {
                    *to += match off {
                        0 => weight * before,
                        _ => weight * (before + after),
                    };
                }
            }
        }
    }
    blurred
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::picture::{Picture, Values};

    #[test]
    fn a_point_spreads_evenly_and_nothing_is_lost() {
        let mut values = vec![0.0; 21 * 15];
        values[10 * 15 + 7] = 1.0;
        let mut canvas = Canvas::new(&Picture::new([21, 15], 1, Values::F32(values)));
        blur(&mut canvas, 1.5);
        let at = |row: usize, column: usize| canvas.values[row * 15 + column];
        assert!((canvas.values.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        // 1 / (2 pi 1.5^2), and the same a pixel down and right, and twice as far left.
        assert!((at(10, 7) - 0.0707).abs() < 1e-3, "{}", at(10, 7));
        assert_eq!(at(11, 7), at(9, 7));
        assert!((at(11, 7) - at(10, 8)).abs() < 1e-7);
        let ratio = at(10, 5) / at(10, 7);
        assert!((ratio - (-0.5 * (2.0f32 / 1.5).powi(2)).exp()).abs() < 1e-4);
    }

    #[test]
    fn a_constant_stays() {
        let mut canvas = Canvas::new(&Picture::new([4, 5], 3, Values::F32(vec![0.25; 60])));
        blur(&mut canvas, 4.0);
        assert!(
            canvas
                .values
                .iter()
                .all(|value| (value - 0.25).abs() < 1e-6)
        );
    }
}
