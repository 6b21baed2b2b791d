//! Masks that are told as outlines or runs.

use anyhow::{Result, ensure};

use super::mask::Mask;

/// A part of an image, and its class.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub class: i32,
    pub form: Form,
}

/// Where a shape is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// The corners of polygons, `[row, column]` from the image's corner on: a pixel is inside if its
    /// middle is.
    Polygons(Vec<Vec<[f32; 2]>>),
    /// How many pixels are outside, inside, outside, .., column by column, of an image of this
    /// height and width.
    Runs { size: [usize; 2], counts: Vec<u64> },
}

impl Shape {
    /// The mask of an image of this height and width: what no shape covers is 0, the last shape is
    /// on top.
    ///
    /// # Errors
    /// If runs are those of an image of another size.
    pub fn draw(shapes: &[Self], size: [usize; 2]) -> Result<Mask> {
        let mut classes = vec![0; size[0] * size[1]];
        for shape in shapes {
            match &shape.form {
                Form::Polygons(polygons) => {
                    for polygon in polygons {
                        fill(&mut classes, size, polygon, shape.class);
                    }
                }
                Form::Runs { size: own, counts } => {
                    ensure!(
                        *own == size,
                        "a run-length mask is {}x{}, the image {}x{}",
                        own[0],
                        own[1],
                        size[0],
                        size[1]
                    );
                    run(&mut classes, size, counts, shape.class)?;
                }
            }
        }
        Ok(Mask::new(size, classes))
    }
}

/// Fills a polygon, a row after the other, between where its edges cross the middles of the row's
/// pixels.
fn fill(classes: &mut [i32], [height, width]: [usize; 2], polygon: &[[f32; 2]], class: i32) {
    let mut crossings = vec![Vec::new(); height];
    let next = polygon.iter().cycle().skip(1);
    for (&[row, column], &[next_row, next_column]) in polygon.iter().zip(next) {
        let [(top, from), (bottom, to)] = match row <= next_row {
            true => [(row, column), (next_row, next_column)],
            false => [(next_row, next_column), (row, column)],
        };
        // Rows whose middle is at the upper end or below, and above the lower end.
        let rows = [top, bottom].map(|end| (end - 0.5).ceil().clamp(0.0, height as f32) as usize);
        let crossed = crossings.iter_mut().enumerate();
        for (row, crossings) in crossed.take(rows[1]).skip(rows[0]) {
            let part = (row as f32 + 0.5 - top) / (bottom - top);
            let column = from + part * (to - from);
            crossings.push((column - 0.5).ceil().clamp(0.0, width as f32) as usize);
        }
    }
    for (row, mut crossings) in crossings.into_iter().enumerate() {
        crossings.sort_unstable();
        for pair in crossings.chunks_exact(2) {
            classes[row * width + pair[0]..row * width + pair[1]].fill(class);
        }
    }
}

fn run(classes: &mut [i32], [height, width]: [usize; 2], counts: &[u64], class: i32) -> Result<()> {
    let all = (height * width) as u64;
    let mut place = 0u64;
    for (index, &count) in counts.iter().enumerate() {
        let end = place.saturating_add(count);
        ensure!(
            end <= all,
            "a run-length mask has more than {height}x{width} pixels"
        );
        if index % 2 == 1 {
            for place in place as usize..end as usize {
                classes[place % height * width + place / height] = class;
            }
        }
        place = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(form: Form) -> Vec<i32> {
        let shape = Shape { class: 7, form };
        let mask = Shape::draw(&[shape], [3, 4]).expect("one size");
        mask.into_classes()
    }

    #[test]
    fn a_pixel_is_inside_if_its_middle_is() {
        let square = vec![[0.4, 1.0], [0.4, 3.0], [2.6, 3.0], [2.6, 1.0]];
        let expected = [[0, 7, 7, 0]; 3].concat();
        assert_eq!(drawn(Form::Polygons(vec![square])), expected);
        let small = vec![[0.6, 1.6], [0.6, 2.4], [1.4, 2.4], [1.4, 1.6]];
        assert_eq!(drawn(Form::Polygons(vec![small])), [0; 12]);
        let triangle = vec![[0.0, 0.0], [3.0, 0.0], [3.0, 3.2]];
        let expected = [[7, 0, 0, 0], [7, 7, 0, 0], [7, 7, 7, 0]].concat();
        assert_eq!(drawn(Form::Polygons(vec![triangle])), expected);
    }

    #[test]
    fn what_reaches_past_the_edges_is_cut_off() {
        let all = vec![[-1e30, -9.0], [-1e30, 1e30], [1e30, 1e30], [1e30, -9.0]];
        assert_eq!(drawn(Form::Polygons(vec![all])), [7; 12]);
        for odd in [f32::INFINITY, f32::NAN] {
            let odd = vec![[odd, 0.0], [1.0, odd], [odd, odd]];
            assert_eq!(drawn(Form::Polygons(vec![odd, vec![]])).len(), 12);
        }
    }

    #[test]
    fn runs_go_down_the_columns() {
        let runs = |counts: &[u64]| Form::Runs {
            size: [3, 4],
            counts: counts.to_vec(),
        };
        let expected = [[0, 7, 0, 0], [0, 7, 0, 0], [7, 0, 0, 0]].concat();
        assert_eq!(drawn(runs(&[2, 3, 7])), expected);
        for counts in [&[2, 11][..], &[2, u64::MAX], &[13]] {
            let form = runs(counts);
            let error = Shape::draw(&[Shape { class: 1, form }], [3, 4]).expect_err("too many");
            assert!(error.to_string().contains("more than 3x4"));
        }
    }
}
