//! Pictures of test images with what a network says of them.

use std::path::Path;

use anyhow::Result;
use burn::data::dataloader::batcher::Batcher;
use burn::tensor::Device;

use crate::data::{ImageBatcher, Problem, Samples};
use crate::network::Network;
use crate::picture::{stretched, write_png};
use crate::task::{self, Shown};

/// How many pictures there are at most.
const MOST: usize = 24;

/// Writes pictures of test images, the first of those that the task has something to show of.
///
/// # Errors
/// If a picture cannot be written.
pub(crate) fn write_samples(
    network: &Network,
    problem: &Problem,
    test: &Samples,
    device: &Device,
    folder: &Path,
) -> Result<()> {
    let batcher = ImageBatcher::plain(problem);
    let task = task::of(problem.task);
    let mut shown = 0;
    for sample in test.as_slice() {
        let batch = batcher.batch(vec![sample.clone()], device);
        let picture = task.show(
            problem,
            Shown {
                name: sample.name.clone(),
                image: stretched(&sample.pixels, problem.image.dims()),
                answers: network.forward(batch.images).swap_remove(0),
                targets: batch.targets,
            },
        )?;
        if let Some((name, picture)) = picture {
            write_png(&picture.into(), &folder.join(format!("{name}.png")))?;
            shown += 1;
        }
        if shown == MOST {
            break;
        }
    }
    Ok(())
}
