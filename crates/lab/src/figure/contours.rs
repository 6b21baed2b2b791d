use kuva::plot::colormap::ColorMap;
use kuva::plot::{ContourPlot, LinePlot, ScatterPlot};
use kuva::render::plots::Plot;

use super::style::{Axis, colour, draw, layout};

/// A surface from above: heights as colours, from dark (low) to light (high), lines of equal height,
/// and a path on it.
#[derive(Clone, Debug, Default)]
pub struct Contours {
    /// What is on the axis from left to right.
    pub x: Axis,
    /// What is on the axis from bottom to top.
    pub y: Axis,
    /// What a height is.
    pub scale: String,
    /// Where the columns of heights are.
    pub columns: Vec<f64>,
    /// Where the rows are.
    pub rows: Vec<f64>,
    /// Heights, a row for each.
    pub heights: Vec<Vec<f64>>,
    /// Heights at which lines are drawn.
    pub levels: Vec<f64>,
    /// A path over it, from its first point to its last.
    pub path: Vec<(f64, f64)>,
}

impl Contours {
    /// As SVG.
    pub fn svg(&self) -> String {
        let surface = ContourPlot::new()
            .with_grid(
                self.heights.clone(),
                self.columns.clone(),
                self.rows.clone(),
            )
            .with_levels(&self.levels)
            .with_colormap(ColorMap::Cividis)
            .with_filled()
            .with_line_color("#ffffff")
            .with_line_width(0.5)
            .with_legend(self.scale.clone());
        let mut plots = vec![Plot::Contour(surface)];
        if let Some(&last) = self.path.last() {
            let colour = colour(1);
            let path = LinePlot::new()
                .with_data(self.path.iter().copied())
                .with_color(colour);
            let end = ScatterPlot::new().with_data([last]).with_color(colour);
            plots.extend([Plot::Line(path), Plot::Scatter(end.with_size(5.0))]);
        }
        let layout = layout(&plots, &self.x, &self.y);
        draw(plots, layout)
    }
}
