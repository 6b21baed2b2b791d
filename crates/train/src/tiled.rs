//! What a network says of images that are larger than what it sees at once.

use anyhow::{Context, Result, ensure};
use burn::tensor::{Tensor, TensorData, s};
use models::{Model, Task};

use crate::data::{Resizing, Tiles, starts};
use crate::learned::Learned;
use crate::network::configured;

/// Makes a network see images in tiles, at their own scale, whatever it learned from.
///
/// # Errors
/// If it does not speak of pixels, or cannot see such tiles.
pub(crate) fn see_in_tiles(learned: &mut Learned, tiles: Tiles) -> Result<()> {
    tiles.check()?;
    let problem = &mut learned.problem;
    ensure!(
        matches!(problem.task, Task::Segmentation | Task::Regression),
        "what was learned is {}; answers can be joined of tiles where they are masks or pictures",
        problem.task
    );
    [problem.image.height, problem.image.width] = tiles.size;
    problem.preprocessing.size = Some(tiles.size);
    problem.preprocessing.resizing = Resizing::Tiles {
        overlap: tiles.overlap,
    };
    configured(&learned.recipe.model, problem).context("tiles")?;
    Ok(())
}

/// The answers of a model to images: of images that are larger than a tile, those to their tiles, one
/// after the other, joined. So a network's memory does not grow with the images; their answers are
/// held as a whole.
///
/// Where tiles overlap, their answers are mixed: in the middle half of an overlap from all of the one
/// to all of the other, in equal steps. In its outer quarters only the tile counts whose edge is
/// farther, since a network sees less around a tile's edge than around the same pixel in the image.
/// So a network that sees no farther than a quarter of the overlap says the same as of the whole
/// image; one that halves its maps, where tiles begin at the pixels from which it halves.
///
/// # Shapes
/// `images`: `[batch, channels, height, width]`, not smaller than a tile. Output: `[batch, outputs,
/// height, width]`, or their middle where a network speaks of the middle only.
///
/// # Errors
/// If the device fails, or tiles overlap by all that the network says of one.
pub(crate) fn answers(model: &Model, images: Tensor<4>, tiles: Option<Tiles>) -> Result<Tensor<4>> {
    let first = |images| model.forward(images).swap_remove(0);
    let [batch, _, height, width] = images.dims();
    let tiles = match tiles {
        Some(tiles) if tiles.size != [height, width] => tiles,
        _ => return Ok(first(images)),
    };
    let image = [height, width];
    let tile = |[row, column]: [usize; 2]| {
        let [rows, columns] = [row..row + tiles.size[0], column..column + tiles.size[1]];
        first(images.clone().slice(s![.., .., rows, columns]))
    };
    // The first tells what a network says of a tile.
    let mut corner = Some(tile([0, 0]));
    let [_, outputs, rows, columns] = corner.as_ref().map_or([0; 4], |corner| corner.dims());
    let part = [rows, columns];
    ensure!(
        tiles.overlap < rows.min(columns),
        "tiles that overlap by {}: the overlap must be below {rows}x{columns}, which is what the \
         network says of a tile",
        tiles.overlap
    );
    let full = [0, 1].map(|dim| image[dim] - (tiles.size[dim] - part[dim]));
    let [down, across] = [0, 1].map(|dim| Shares::of(full[dim], part[dim], tiles.overlap));
    let mut joined = vec![0.0; batch * outputs * full[0] * full[1]];
    for (&row, row_shares) in down.starts.iter().zip(&down.shares) {
        for (&column, column_shares) in across.starts.iter().zip(&across.shares) {
            let answer = corner.take().unwrap_or_else(|| tile([row, column]));
            let answer = answer.try_into_vec_as::<f32>()?;
            for (line, values) in answer.chunks_exact(part[1]).enumerate() {
                let (plane, line) = (line / part[0], line % part[0]);
                let start = (plane * full[0] + row + line) * full[1] + column;
                let to = &mut joined[start..start + part[1]];
                for ((to, value), share) in to.iter_mut().zip(values).zip(column_shares) {
                    *to += value * share * row_shares[line];
                }
            }
        }
    }
    let data = TensorData::new(joined, [batch, outputs, full[0], full[1]]);
    Ok(Tensor::from_data(data, &images.device()))
}

/// How much each of the parts along a side counts at each of its pixels; over a pixel, that adds up
/// to 1.
struct Shares {
    starts: Vec<usize>,
    shares: Vec<Vec<f32>>,
}

impl Shares {
    fn of(full: usize, part: usize, overlap: usize) -> Self {
        let starts = starts(full, part, overlap);
        let mut shares = vec![vec![1.0; part]; starts.len()];
        for (left, pair) in starts.windows(2).enumerate() {
            let apart = pair[1] - pair[0];
            let common = part - apart;
            for place in 0..common {
                let passed = (place as f32 + 0.5) / common as f32;
                let right = (2.0 * passed - 0.5).clamp(0.0, 1.0);
                shares[left][apart + place] *= 1.0 - right;
                shares[left + 1][place] *= right;
            }
        }
        // Where more than two have a pixel in common.
        let mut sums = vec![0.0; full];
        for (start, shares) in starts.iter().zip(&shares) {
            let own = sums[*start..].iter_mut().zip(shares);
            own.for_each(|(sum, share)| *sum += share);
        }
        for (start, shares) in starts.iter().zip(&mut shares) {
            let own = shares.iter_mut().zip(&sums[*start..]);
            own.for_each(|(share, sum)| *share /= sum);
        }
        Self { starts, shares }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use models::{ImageSpec, create};
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};
    use serde_json::json;

    #[test]
    fn shares_add_up_and_leave_out_what_lies_near_an_edge() {
        for (full, part, overlap) in [(100, 32, 8), (33, 32, 8), (64, 32, 0), (50, 20, 17)] {
            let Shares { starts, shares } = Shares::of(full, part, overlap);
            let mut sums = vec![0.0; full];
            for (start, shares) in starts.iter().zip(&shares) {
                for (sum, share) in sums[*start..].iter_mut().zip(shares) {
                    assert!(*share >= 0.0);
                    *sum += share;
                }
            }
            assert!(sums.iter().all(|sum: &f32| (sum - 1.0).abs() < 1e-6));
            let near = overlap / 4;
            for (index, shares) in shares.iter().enumerate() {
                let inner = |edge: &[f32]| edge.iter().all(|share| *share == 0.0);
                assert!(index == 0 || inner(&shares[..near]));
                assert!(index + 1 == starts.len() || inner(&shares[part - near..]));
            }
        }
    }

    /// A network that halves once, and sees at most 10 pixels around each.
    fn model(device: &Device) -> Model {
        let config = create("unet8").expect("a model");
        let config = config.with_image(ImageSpec::new(1, 48, 64)).with_outputs(2);
        let config = config.set("encoder.depth", json!(1)).expect("a field");
        crate::network::init(&config, device)
    }

    #[test]
    fn joined_answers_are_those_to_the_whole_image() {
        let device = Device::flex();
        let model = model(&device);
        let mut random = StdRng::seed_from_u64(3);
        let pixels: Vec<f32> = (0..96 * 80).map(|_| random.random()).collect();
        let image = Tensor::from_data(TensorData::new(pixels, [1, 1, 96, 80]), &device);
        let whole = answers(&model, image.clone(), None).expect("reads");
        let apart = |overlap| {
            let size = [48, 64];
            let tiles = Some(Tiles { size, overlap });
            let joined = answers(&model, image.clone(), tiles).expect("reads");
            assert_eq!(joined.dims(), whole.dims());
            (joined - whole.clone()).abs().max().into_scalar::<f32>()
        };
        assert!(apart(40) < 1e-5, "{}", apart(40));
        assert!(
            apart(0) > 1e-3,
            "without an overlap edges are seen: {}",
            apart(0)
        );
    }

    #[test]
    fn what_cannot_be_joined_is_told() {
        let device = Device::flex();
        let config = create("unet").expect("a model");
        let config = config
            .with_image(ImageSpec::new(1, 188, 188))
            .with_outputs(2);
        let config = config.set("encoder.width", json!(1)).expect("a field");
        let model = crate::network::init(&config, &device);
        let image = Tensor::<4>::zeros([1, 1, 204, 188], &device);
        let joined = |overlap| {
            let size = [188, 188];
            answers(&model, image.clone(), Some(Tiles { size, overlap }))
        };
        // Its convolutions are valid: of 188 pixels it speaks of the 4 in the middle.
        assert_eq!(joined(1).expect("reads").dims(), [1, 2, 20, 4]);
        assert_eq!(
            joined(4).expect_err("all of it").to_string(),
            "tiles that overlap by 4: the overlap must be below 4x4, which is what the network says \
             of a tile"
        );
    }
}
