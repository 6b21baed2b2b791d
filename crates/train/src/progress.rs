//! What a run shows and keeps while it goes on.

mod json_lines;
mod lines;

pub use json_lines::{JsonLines, Record};
pub use lines::LineRenderer;
