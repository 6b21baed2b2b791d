//! Pictures of test images with what a model says of them.

use std::path::Path;

use anyhow::Result;
use burn::tensor::Device;
use models::Model;

use crate::data::{Problem, Source};
use crate::drawing::write_png;
use crate::task;
use crate::tiled::answers;

/// How many pictures there are at most.
const MOST: usize = 24;

/// Writes pictures of test images, the first of those that the task has something to show of.
///
/// # Errors
/// If the device fails, or a picture cannot be written.
pub(crate) fn write_samples(
    model: &Model,
    problem: &Problem,
    test: &dyn Source,
    device: &Device,
    folder: &Path,
) -> Result<()> {
    let task = task::of(problem.task);
    let mut shown = 0;
    for index in 0..test.len() {
        // Those that cannot be read were told of when the test images were evaluated.
        let Ok(item) = test.get(index) else {
            continue;
        };
        let input = problem.preprocessing.tensor(item.picture.clone(), device);
        let answers = answers(model, input, problem.preprocessing.tiles())?;
        if let Some((name, picture)) = task.show(problem, item, answers)? {
            write_png(&picture.into(), &folder.join(format!("{name}.png")))?;
            shown += 1;
        }
        if shown == MOST {
            break;
        }
    }
    Ok(())
}
