//! Looking for a learning rate.

use anyhow::{Result, ensure};
use burn::data::dataloader::DataLoader;
use kuva::backend::svg::SvgBackend;
use kuva::plot::LinePlot;
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;
use serde::Serialize;

use crate::backend::{BackendTask, ComputeBackend, run_on};
use crate::fit::{load, prepare};
use crate::loaders::training;
use crate::network::configured;
use crate::recipe::{self, Recipe};
use crate::state::State;
use crate::step::TrainStep;

/// The rates that are tried.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 1.0;

/// How much of the mean loss goes on to the next step.
const SMOOTHING: f64 = 0.9;

/// The search ends where the smoothed loss is so many times its lowest.
const WORSE: f64 = 4.0;

/// The loss of a run whose learning rate rises from step to step.
///
/// From "Cyclical Learning Rates for Training Neural Networks" (Smith 2015,
/// <https://arxiv.org/abs/1506.01186>), the range test: rates grow by the same factor each step, and
/// the loss is smoothed, `s <- 0.9 s + 0.1 loss`, corrected for its start. The rate that is suggested
/// is the one where it falls most steeply over the logarithm of the rate, as fastai does.
#[derive(Clone, Debug, Serialize)]
pub struct RateCurve {
    /// The model's name.
    pub model: String,
    /// The data set's name or folder.
    pub data: String,
    /// The optimizer's name.
    pub optimizer: recipe::Algorithm,
    /// Each rate with the smoothed loss.
    pub points: Vec<[f64; 2]>,
    /// The rate where the loss falls most steeply.
    pub suggested: f64,
}

/// Trains a new model for so many steps, at rates from 1e-6 to 1, and leaves nothing.
///
/// # Errors
/// If the backend or data set is not to be had, or there are too few steps before the loss grows.
pub fn find_lr(recipe: &Recipe, steps: usize) -> Result<RateCurve> {
    ensure!(steps >= 20, "--steps {steps}: must be at least 20");
    run_on(&recipe.run.backend, Search { recipe, steps })
}

struct Search<'a> {
    recipe: &'a Recipe,
    steps: usize,
}

impl BackendTask for Search<'_> {
    type Output = RateCurve;

    fn run<B: ComputeBackend>(self) -> Result<RateCurve> {
        let device = B::device(self.recipe.run.device)?;
        let (recipe, data) = prepare(self.recipe, load(self.recipe)?)?;
        let config = configured(&recipe.model, &data.problem)?;
        let (mut state, _) = State::untrained(&recipe, &data, &device, &config)?;
        let autodiff = device.clone().autodiff();
        let loader = training(&recipe, &data, &autodiff);

        let mut curve = Curve::default();
        let growth = (HIGHEST / LOWEST).powf(1.0 / (self.steps - 1) as f64);
        let mut batches = loader.iter();
        for step in 0..self.steps {
            let batch = match batches.next() {
                Some(batch) => batch?,
                None => {
                    batches = loader.iter();
                    batches.next().expect("an epoch has a batch")?
                }
            };
            let rate = LOWEST * growth.powi(step as i32);
            let learned = TrainStep {
                model: &state.model,
                loss: &recipe.loss,
                seam: state.seam.as_ref(),
            };
            let (gradients, outcome) = learned.run(batch);
            if !curve.push(rate, outcome.loss.try_into_scalar::<f64>()?) {
                break;
            }
            state.update(&recipe, gradients, rate / recipe.optimizer.lr, step + 1);
        }
        Ok(RateCurve {
            suggested: curve.steepest()?,
            points: curve.points,
            model: recipe.model.name.clone(),
            data: recipe.data.path.clone(),
            optimizer: recipe.optimizer.name,
        })
    }
}

/// Rates with smoothed losses.
#[derive(Default)]
struct Curve {
    points: Vec<[f64; 2]>,
    mean: f64,
    lowest: Option<f64>,
}

impl Curve {
    /// Whether it is worth to go on.
    fn push(&mut self, rate: f64, loss: f64) -> bool {
        self.mean = SMOOTHING * self.mean + (1.0 - SMOOTHING) * loss;
        let weights = 1.0 - SMOOTHING.powi(self.points.len() as i32 + 1);
        let smoothed = self.mean / weights;
        let lowest = self.lowest.map_or(smoothed, |lowest| lowest.min(smoothed));
        self.lowest = Some(lowest);
        let goes_on = smoothed.is_finite() && smoothed <= WORSE * lowest.abs();
        if goes_on {
            self.points.push([rate, smoothed]);
        }
        goes_on
    }

    fn steepest(&self) -> Result<f64> {
        let slope = |pair: &[[f64; 2]]| {
            let [[rate, loss], [next_rate, next_loss]] = [pair[0], pair[1]];
            (rate, (next_loss - loss) / (next_rate / rate).ln())
        };
        let slopes = self.points.windows(2).map(slope);
        let steepest = slopes.min_by(|one, other| one.1.total_cmp(&other.1));
        let falling = steepest.filter(|(_, slope)| *slope < 0.0);
        falling.map(|(rate, _)| rate).ok_or_else(|| {
            anyhow::anyhow!(
                "the loss never falls, at no rate from {LOWEST:e} to {HIGHEST}; more --steps may \
                 help, or another model"
            )
        })
    }
}

impl RateCurve {
    /// As a picture, as SVG.
    pub fn svg(&self) -> String {
        let points = self.points.iter().map(|&[rate, loss]| (rate, loss));
        let line = LinePlot::new()
            .with_data(points)
            .with_color("#0072b2")
            .with_stroke_width(2.0);
        let plots = vec![Plot::Line(line)];
        let label = format!("{:.1e}", self.suggested);
        let mark = ReferenceLine::vertical(self.suggested)
            .with_color("#d55e00")
            .with_label(label);
        let layout = Layout::auto_from_plots(&plots)
            .with_log_x()
            .with_title(format!("{} learns {}", self.model, self.data))
            .with_x_label("learning rate")
            .with_y_label("smoothed loss")
            .with_reference_line(mark);
        SvgBackend.render_scene(&render_multiple(plots, layout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steepest_fall_is_suggested_and_a_rise_ends_the_search() {
        let mut curve = Curve::default();
        let mut pushed = 0;
        for step in 0..60 {
            let rate = 1e-6 * 1.3_f64.powi(step);
            // Down around step 30, up from step 45 on.
            let down = 2.0 / (1.0 + f64::from(30 - step).exp2().recip().min(1e9));
            let up = if step > 45 {
                10.0 * f64::from(step - 45)
            } else {
                0.0
            };
            if !curve.push(rate, down + up + 0.1) {
                break;
            }
            pushed = step;
        }
        assert!((45..59).contains(&pushed), "{pushed}");
        let steepest = curve.steepest().expect("it falls");
        let step = (steepest / 1e-6).ln() / 1.3_f64.ln();
        assert!((29.0..36.0).contains(&step), "{step}");
    }

    #[test]
    fn a_loss_that_never_falls_is_an_error() {
        let mut curve = Curve::default();
        for step in 0..30 {
            curve.push(f64::from(step + 1), f64::from(step + 1).sqrt());
        }
        let error = curve.steepest().expect_err("it rises");
        assert!(error.to_string().starts_with("the loss never falls"));
    }
}
