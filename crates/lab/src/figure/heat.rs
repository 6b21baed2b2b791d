use kuva::plot::Heatmap;
use kuva::plot::colormap::ColorMap;
use kuva::render::plots::Plot;

use super::style::{Axis, draw, layout};

/// A table of numbers as colours, from dark (least) to light (most).
#[derive(Clone, Debug, Default)]
pub struct Heat {
    /// What the columns are.
    pub x: String,
    /// What the rows are.
    pub y: String,
    /// What a colour stands for.
    pub scale: String,
    /// What stands below each column; may be empty for some.
    pub columns: Vec<String>,
    /// What stands beside each row, the first on top.
    pub rows: Vec<String>,
    /// A row of numbers for each.
    pub values: Vec<Vec<f64>>,
}

impl Heat {
    /// As SVG.
    ///
    /// # Panics
    /// Panics if rows are not of one length, or there are not as many names.
    pub fn svg(&self) -> String {
        assert_eq!(self.rows.len(), self.values.len(), "a name for each row");
        for row in &self.values {
            assert_eq!(row.len(), self.columns.len(), "a name for each column");
        }
        // Rows are drawn from bottom to top.
        let rows: Vec<_> = self.rows.iter().rev().cloned().collect();
        let map = Heatmap::new()
            .with_data(self.values.iter().rev().map(|row| row.iter().copied()))
            .with_labels(rows.clone(), self.columns.clone())
            .with_color_map(ColorMap::Cividis)
            .with_cell_size(1.0)
            .with_legend(self.scale.clone());
        let plots = vec![Plot::Heatmap(map)];
        let layout = layout(
            &plots,
            &Axis::linear(self.x.clone()),
            &Axis::linear(self.y.clone()),
        );
        let layout = layout
            .with_x_categories(self.columns.clone())
            .with_y_categories(rows);
        draw(plots, layout)
    }
}
