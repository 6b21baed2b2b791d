//! Figures, as SVG that follows the page's colours, and without a page stands on light and dark.

mod bars;
mod contours;
mod heat;
mod lines;
mod style;

pub use bars::{Bars, Group};
pub use contours::Contours;
pub use heat::Heat;
pub use lines::{Lines, Series};
pub use style::{Axis, alone};
