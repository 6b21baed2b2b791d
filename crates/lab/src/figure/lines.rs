use kuva::plot::{LinePlot, ScatterPlot};
use kuva::render::annotations::ReferenceLine;
use kuva::render::plots::Plot;

use super::style::{Axis, INK, colour, draw, layout};
use crate::estimate::mean;

/// Lines: the mean over seeds, the geometric on a logarithmic axis, and a band from the least to the most.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// What is on the axis from left to right.
    pub x: Axis,
    /// What is on the axis from bottom to top.
    pub y: Axis,
    /// The lines, in the order of their colours.
    pub series: Vec<Series>,
    /// A level to compare with, and what it is called.
    pub level: Option<(f64, String)>,
}

/// A line.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// Where it goes: at each place the values of the seeds.
    pub points: Vec<(f64, Vec<f64>)>,
    /// Whether it is broken, as what is only compared with.
    pub is_dashed: bool,
}

impl Series {
    /// A whole line.
    pub fn new(name: impl Into<String>, points: Vec<(f64, Vec<f64>)>) -> Self {
        Self {
            name: name.into(),
            points,
            is_dashed: false,
        }
    }

    /// A whole line over values at 1, 2, 3, and so on.
    pub fn numbered(name: impl Into<String>, values: &[Vec<f64>]) -> Self {
        let places = (1..).map(f64::from);
        Self::new(name, places.zip(values.iter().cloned()).collect())
    }

    /// The same, broken.
    pub fn dashed(self) -> Self {
        Self {
            is_dashed: true,
            ..self
        }
    }
}

impl Lines {
    /// As SVG. A place without values, or where one is no number, is left out.
    pub fn svg(&self) -> String {
        let mut plots = Vec::new();
        for (number, series) in self.series.iter().enumerate() {
            let colour = colour(number);
            // On a logarithmic axis there is no place for zero.
            let drawn = |&(x, ref values): &(f64, Vec<f64>)| {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let fits =
                    (!self.y.is_logarithmic || low > 0.0) && (!self.x.is_logarithmic || x > 0.0);
                (fits && low.is_finite() && high.is_finite())
                    .then(|| (x, self.middle(values), low, high))
            };
            let points: Vec<_> = series.points.iter().filter_map(drawn).collect();
            if points.is_empty() {
                continue;
            }
            let middle = || points.iter().map(|&(x, mean, ..)| (x, mean));
            let lows = points.iter().map(|point| point.2);
            let highs = points.iter().map(|point| point.3);
            let mut line = LinePlot::new()
                .with_data(middle())
                .with_color(colour)
                .with_band(lows, highs)
                .with_legend(series.name.clone());
            if series.is_dashed {
                line = line.with_dashed();
            }
            plots.push(Plot::Line(line));
            if points.len() <= 12 {
                let marks = ScatterPlot::new().with_data(middle()).with_color(colour);
                plots.push(Plot::Scatter(marks.with_size(3.5)));
            }
        }
        let mut layout = layout(&plots, &self.x, &self.y);
        if let Some((level, name)) = &self.level {
            let line = ReferenceLine::horizontal(*level).with_color(INK);
            layout = layout.with_reference_line(line.with_label(name.clone()));
        }
        draw(plots, layout)
    }

    /// The mean on the axis as it is drawn: the largest of several values does not hide the others.
    fn middle(&self, values: &[f64]) -> f64 {
        match self.y.is_logarithmic {
            true => {
                let logarithms: Vec<_> = values.iter().map(|value| value.ln()).collect();
                mean(&logarithms).exp()
            }
            false => mean(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_that_of_the_axis() {
        let values = [1.0, 10.0, 100.0];
        let on = |y| Lines {
            y,
            ..Lines::default()
        };
        assert!((on(Axis::logarithmic("")).middle(&values) - 10.0).abs() < 1e-9);
        assert_eq!(on(Axis::linear("")).middle(&values), 37.0);
    }
}
