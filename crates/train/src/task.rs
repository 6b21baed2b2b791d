//! What is learned: for each task its loss, its metrics, and how its answers are shown, as one
//! value.

mod classification;
mod key_points;
mod kind;
mod regression;
mod segmentation;

pub use kind::{Answer, Task};

/// The task of this kind.
pub fn of(kind: models::Task) -> &'static dyn Task {
    match kind {
        models::Task::Classification => &classification::Classification,
        models::Task::Segmentation => &segmentation::Segmentation,
    }
}
