//! What is learned: for each task its loss, its metrics, and how its answers are shown, as one
//! value.

mod classification;
mod key_points;
mod kind;
mod regression;
mod segmentation;

pub use kind::{Answer, Task};

/// The task of this kind.
///
/// # Panics
/// If there is none: models have learned something new.
pub fn of(kind: models::Task) -> &'static dyn Task {
    match kind {
        models::Task::Classification => &classification::Classification,
        models::Task::Segmentation => &segmentation::Segmentation,
        models::Task::Regression => &regression::Regression,
        models::Task::KeyPoints => &key_points::KeyPoints,
        other => panic!("no task is made for '{other}' yet"),
    }
}
