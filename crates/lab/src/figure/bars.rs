use kuva::plot::BarPlot;
use kuva::render::plots::Plot;

use super::style::{Axis, INK, colour, draw, layout};
use crate::estimate::mean;

/// Bars in groups: the mean over seeds, with a line from the least to the most.
#[derive(Clone, Debug, Default)]
pub struct Bars {
    /// What a bar's length is.
    pub y: Axis,
    /// What the bars of each group are, in the order of their colours.
    pub names: Vec<String>,
    /// The groups, from left to right.
    pub groups: Vec<Group>,
}

/// Bars side by side.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// What stands below.
    pub label: String,
    /// Each bar's values, one for each seed.
    pub bars: Vec<Vec<f64>>,
}

impl Bars {
    /// As SVG.
    ///
    /// # Panics
    /// Panics if a bar has no values.
    pub fn svg(&self) -> String {
        let mut plot = BarPlot::new();
        let mut errors = Vec::new();
        for group in &self.groups {
            let bars = group.bars.iter().enumerate();
            plot = plot.with_group(
                group.label.clone(),
                bars.map(|(number, values)| (mean(values), colour(number).to_string()))
                    .collect::<Vec<_>>(),
            );
            errors.extend(group.bars.iter().map(|values| {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                (mean(values) - low, high - mean(values))
            }));
        }
        plot = plot.with_asymmetric_error(errors).with_error_color(INK);
        if self.names.len() > 1 {
            plot = plot.with_legend(self.names.iter().map(String::as_str).collect());
        }
        let plots = vec![Plot::Bar(plot)];
        let mut layout = layout(&plots, &Axis::default(), &self.y);
        if self.groups.iter().any(|group| group.label.len() > 8) {
            layout = layout.with_x_tick_rotate(-35.0);
        }
        draw(plots, layout)
    }
}
