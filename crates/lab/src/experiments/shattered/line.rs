//! Gradients along straight lines between images.

use anyhow::{Context, Result, anyhow, ensure};
use burn::data::dataloader::DataLoader;
use burn::tensor::Tensor;
use models::Model;
use serde::{Deserialize, Serialize};
use train::data::Loader;

use super::alike::{by_lag, cosines};
use super::settled::settled;
use crate::{Start, gray_png};

/// Points of a line, with its ends.
pub(super) const POINTS: usize = 64;

/// How far apart points are compared: up to half of a line.
const FARTHEST: usize = POINTS / 2;

/// Images that normalisations have their statistics of. Lines are between pairs of them.
pub(super) const IMAGES: usize = 128;

/// What was seen of a network's gradients.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The correlation of gradients at points of a line, by how many points they are apart, from 0.
    pub correlation: Vec<f64>,
    /// Of the first line: how steep the logit is along it, at each point, in terms of how steep it is
    /// on it.
    pub slope: Vec<f64>,
    /// Of the first line: how alike the gradients at each two of its points are, as the address of a
    /// picture: white, the same; black, nothing in common, or less.
    pub picture: String,
}

/// The gradients of a network as it starts, along so many lines.
///
/// # Errors
/// If there are too few images, or they cannot be read.
pub(super) fn along_lines(start: &Start, lines: usize) -> Result<Seen> {
    let images = drawn(start)?;
    let count = images.dims()[0];
    ensure!(
        2 * lines <= count,
        "{lines} lines between images, of which there are {count}"
    );
    let model = settled(&start.model, images.clone());
    let mut correlations = Vec::new();
    let mut first = None;
    for line in 0..lines {
        let end = |place| images.clone().narrow(0, 2 * line + place, 1);
        let [from, to] = [end(0), end(1)];
        let gradients = gradients(&model, between(from.clone(), to.clone()))?;
        let cosines = cosines(&gradients);
        correlations.push(by_lag(&cosines, FARTHEST));
        if first.is_none() {
            let direction = floats(to - from)?;
            first = Some((slope(&gradients, &direction), picture(&cosines)?));
        }
    }
    let (slope, picture) = first.context("no line")?;
    Ok(Seen {
        correlation: means(&correlations),
        slope,
        picture,
    })
}

/// Images to learn from, drawn by the seed, as they are.
fn drawn(start: &Start) -> Result<Tensor<4>> {
    let (data, seed) = (&start.data, start.recipe.run.seed);
    let loader = Loader::new(
        data.train.clone(),
        data.problem.preprocessing.clone(),
        IMAGES,
    )
    .for_training(Vec::new(), seed)
    .with_device(start.device.clone());
    let batch = loader.iter().next();
    Ok(batch.context("there are no images to learn from")??.images)
}

/// `(1 - t) from + t to`, at equal distances from end to end.
fn between(from: Tensor<4>, to: Tensor<4>) -> Tensor<4> {
    let part = |place: usize| place as f64 / (POINTS - 1) as f64;
    let point = |place| from.clone() * (1.0 - part(place)) + to.clone() * part(place);
    Tensor::cat((0..POINTS).map(point).collect(), 0)
}

/// The gradient of the first logit by the input, at each point. What the network says of a point must
/// not follow from others.
fn gradients(model: &Model, points: Tensor<4>) -> Result<Vec<Vec<f32>>> {
    let points = points.detach().require_grad();
    let logits = model.forward(points.clone()).swap_remove(0);
    // The derivative of the sum by a point is that of the point's own logit.
    let gradients = logits.narrow(1, 0, 1).sum().backward();
    let gradient = points.grad(&gradients);
    let gradient = gradient.context("the network does not follow from its input")?;
    let values = floats(gradient)?;
    Ok(values
        .chunks(values.len() / POINTS)
        .map(<[f32]>::to_vec)
        .collect())
}

fn floats(values: Tensor<4>) -> Result<Vec<f32>> {
    let values = values.try_into_vec_as::<f32>();
    values.map_err(|error| anyhow!("{error}"))
}

/// The derivative along a direction, by the root of its mean square.
fn slope(gradients: &[Vec<f32>], direction: &[f32]) -> Vec<f64> {
    let along = |gradient: &Vec<f32>| -> f64 {
        let pairs = gradient.iter().zip(direction);
        pairs.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    let slopes: Vec<_> = gradients.iter().map(along).collect();
    let squares = slopes.iter().map(|slope| slope * slope).sum::<f64>();
    let typical = (squares / slopes.len() as f64).sqrt();
    // Three digits are more than can be seen.
    let spelled = |slope: f64| (1e3 * slope / typical.max(f64::MIN_POSITIVE)).round() / 1e3;
    slopes.into_iter().map(spelled).collect()
}

fn picture(cosines: &[Vec<f64>]) -> Result<String> {
    let shade = |cosine: &f64| (255.0 * cosine.clamp(0.0, 1.0)).round() as u8;
    let pixels: Vec<_> = cosines.iter().flatten().map(shade).collect();
    gray_png([cosines.len(); 2], &pixels)
}

/// The mean of rows, place by place.
fn means(rows: &[Vec<f64>]) -> Vec<f64> {
    let mean = |place: usize| rows.iter().map(|row| row[place]).sum::<f64>() / rows.len() as f64;
    let places = rows.first().map_or(0, Vec::len);
    (0..places).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use serde_json::json;
    use train::Recipe;

    fn start(shortcut: &str) -> Start {
        let recipe = Recipe::with(json!({
            "data": {"path": "mnist-mini", "limit": 20},
            "model": {"name": "resnet8", "encoder": {"shortcut": shortcut, "width": 4}},
        }));
        Start::new(recipe.expect("a recipe"), &Device::flex()).expect("a network")
    }

    #[test]
    fn a_line_leads_from_end_to_end() {
        let device = Device::flex();
        let end = |value: f64| Tensor::full([1, 1, 2, 2], value, &device);
        let points = between(end(-1.0), end(1.0));
        assert_eq!(points.dims(), [POINTS, 1, 2, 2]);
        let values = floats(points).expect("values");
        assert_eq!((values[0], values[4 * POINTS - 1]), (-1.0, 1.0));
        let step = 2.0 / (POINTS - 1) as f32;
        assert!((values[4] - values[0] - step).abs() < 1e-6);
    }

    #[test]
    fn gradients_say_what_the_logit_does_on_the_line() {
        let start = start("zero_pad");
        let images = drawn(&start).expect("images");
        let model = settled(&start.model, images.clone());
        let end = |place| images.clone().narrow(0, place, 1);
        let points = between(end(0), end(1));
        let logits = model.forward(points.clone()).swap_remove(0);
        let logits = floats(logits.narrow(1, 0, 1)).expect("values");
        let step = floats((end(1) - end(0)) / (POINTS - 1) as f64).expect("values");
        let along =
            |gradient: &Vec<f32>| -> f32 { gradient.iter().zip(&step).map(|(x, y)| x * y).sum() };
        let gradients = gradients(&model, points).expect("gradients");
        let slopes: Vec<_> = gradients.iter().map(along).collect();
        // From a point to the next by the mean slope of both: not quite, for there are kinks between.
        let (mut all, mut wrong) = (0.0, 0.0);
        for (logits, slopes) in logits.windows(2).zip(slopes.windows(2)) {
            let difference = logits[1] - logits[0];
            all += difference.powi(2);
            wrong += (difference - 0.5 * (slopes[0] + slopes[1])).powi(2);
        }
        assert!(wrong < 0.1 * all, "{wrong} of {all}");
    }

    #[test]
    fn a_network_is_seen_at_all_distances() {
        let seen = along_lines(&start("plain"), 2).expect("gradients");
        assert_eq!(seen.correlation.len(), FARTHEST + 1);
        assert!((seen.correlation[0] - 1.0).abs() < 1e-9);
        assert_eq!(seen.slope.len(), POINTS);
        let squares = seen.slope.iter().map(|slope| slope * slope).sum::<f64>();
        assert!((squares / POINTS as f64 - 1.0).abs() < 0.01);
        assert!(along_lines(&start("plain"), 11).is_err());
    }
}
