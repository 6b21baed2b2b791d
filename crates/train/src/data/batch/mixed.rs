//! Batches whose images and answers are mixed.

use anyhow::{Result, bail, ensure};

use super::{Answers, Stack};
use crate::data::transform::Mixing;

impl Stack {
    /// Mixes its images and their answers. Classes become parts of each of `classes`, where they
    /// are not cut as the images are.
    ///
    /// # Errors
    /// If its answers cannot be mixed.
    pub fn mix(&mut self, mixing: &Mixing, classes: usize) -> Result<()> {
        let image = [self.shape[1], self.shape[2]];
        match mixing {
            Mixing::Over { others, own } => {
                lay_over(&mut self.pixels, others, *own);
                self.lay_answers_over(others, *own, classes)
            }
            Mixing::Cut {
                others,
                start,
                size,
            } => {
                let cut = Cut {
                    others,
                    start: *start,
                    size: *size,
                };
                cut.apply(&mut self.pixels, self.shape);
                match &mut self.answers {
                    Answers::Classes(own, all) if *own == image => {
                        cut.apply(all, [1, own[0], own[1]]);
                        Ok(())
                    }
                    Answers::Objects(own, all, objects) if *own == image => {
                        let shape = [1, own[0], own[1]];
                        cut.apply(all, shape);
                        tell_apart(&mut objects.numbers, others.len());
                        cut.apply(&mut objects.numbers, shape);
                        Ok(())
                    }
                    Answers::Soft(own, all) | Answers::Values(own, all)
                        if [own[1], own[2]] == image =>
                    {
                        cut.apply(all, *own);
                        Ok(())
                    }
                    _ => {
                        let all = (image[0] * image[1]) as f32;
                        let own = 1.0 - (size[0] * size[1]) as f32 / all;
                        self.lay_answers_over(others, own, classes)
                    }
                }
            }
        }
    }

    fn lay_answers_over(&mut self, others: &[usize], own: f32, classes: usize) -> Result<()> {
        match &mut self.answers {
            Answers::None => {}
            Answers::Classes(size, labels) | Answers::Objects(size, labels, _) => {
                let mut parts = soft(*size, labels, classes)?;
                lay_over(&mut parts, others, own);
                ignore_half_known(&mut parts, labels, others);
                self.answers = Answers::Soft([classes, size[0], size[1]], parts);
            }
            Answers::Soft(_, all) | Answers::Values(_, all) => lay_over(all, others, own),
            Answers::Points(..) => {
                bail!("points cannot be mixed; leave mixup and cutmix out of the augmentation")
            }
        }
        Ok(())
    }
}

/// Gives the objects of so many images numbers that no other image has.
fn tell_apart(numbers: &mut [i32], images: usize) {
    let most = numbers.iter().copied().max().unwrap_or(0);
    let each = numbers.len() / images;
    for (image, numbers) in numbers.chunks_exact_mut(each).enumerate() {
        for number in numbers.iter_mut().filter(|number| **number > 0) {
            *number += image as i32 * most;
        }
    }
}

/// Classes as parts of each class, all of one; an ignored label has no part of any.
fn soft([height, width]: [usize; 2], labels: &[i32], classes: usize) -> Result<Vec<f32>> {
    let plane = height * width;
    let mut parts = vec![0.0; labels.len() * classes];
    for (place, &label) in labels.iter().enumerate() {
        ensure!(
            label < classes as i32,
            "class {label}: must be below {classes}, the number of classes"
        );
        if let Ok(class) = usize::try_from(label) {
            let (image, pixel) = (place / plane, place % plane);
            parts[(image * classes + class) * plane + pixel] = 1.0;
        }
    }
    Ok(parts)
}

/// Takes all parts of a pixel away where the label of one of the two is ignored: what is true of it is
/// not known, and where there is no part of any class it does not count.
fn ignore_half_known(parts: &mut [f32], labels: &[i32], others: &[usize]) {
    let plane = labels.len() / others.len();
    let each = parts.len() / others.len();
    for (image, (parts, other)) in parts.chunks_exact_mut(each).zip(others).enumerate() {
        let known = |image: usize, pixel: usize| labels[image * plane + pixel] >= 0;
        for pixel in 0..plane {
            if !known(image, pixel) || !known(*other, pixel) {
                parts[pixel..]
                    .iter_mut()
                    .step_by(plane)
                    .for_each(|part| *part = 0.0);
            }
        }
    }
}

/// Makes each of as many equal parts as there are others `own` of it and the rest of the other's.
fn lay_over(values: &mut [f32], others: &[usize], own: f32) {
    let each = values.len() / others.len();
    let before = values.to_vec();
    for (values, other) in values.chunks_exact_mut(each).zip(others) {
        let other = &before[other * each..][..each];
        for (value, other) in values.iter_mut().zip(other) {
            *value = own * *value + (1.0 - own) * other;
        }
    }
}

/// A rectangle that comes from others.
struct Cut<'a> {
    others: &'a [usize],
    start: [usize; 2],
    size: [usize; 2],
}

impl Cut<'_> {
    fn apply<T: Copy>(&self, values: &mut [T], [channels, height, width]: [usize; 3]) {
        let each = channels * height * width;
        let before = values.to_vec();
        let ([top, left], [rows, columns]) = (self.start, self.size);
        for (image, other) in self.others.iter().enumerate() {
            for channel in 0..channels {
                for row in top..top + rows {
                    let place = (channel * height + row) * width + left;
                    let from = &before[other * each + place..][..columns];
                    values[image * each + place..][..columns].copy_from_slice(from);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::mask::{IGNORED, Numbered};

    fn stack(answers: Answers) -> Stack {
        Stack {
            indices: vec![0, 1],
            shape: [1, 2, 2],
            pixels: vec![0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0],
            answers,
            first: String::new(),
        }
    }

    #[test]
    fn classes_are_laid_over_each_other_as_their_images_are() {
        let mut stack = stack(Answers::Classes([1, 1], vec![2, 0]));
        let mixing = Mixing::Over {
            others: vec![1, 0],
            own: 0.75,
        };
        stack.mix(&mixing, 3).expect("classes");
        assert_eq!(stack.pixels, [0.25, 0.5, 0.75, 1.0, 0.75, 1.5, 2.25, 3.0]);
        let Answers::Soft([3, 1, 1], parts) = stack.answers else {
            panic!("parts of 3 classes");
        };
        assert_eq!(parts, [0.25, 0.0, 0.75, 0.75, 0.0, 0.25]);
    }

    #[test]
    fn a_cut_takes_pixels_of_masks_and_parts_of_classes() {
        let mixing = Mixing::Cut {
            others: vec![1, 1],
            start: [0, 1],
            size: [2, 1],
        };
        let mut labels = stack(Answers::Classes([1, 1], vec![1, 0]));
        labels.mix(&mixing, 2).expect("classes");
        assert_eq!(labels.pixels, [0.0, 2.0, 0.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
        assert!(labels.answers == Answers::Soft([2, 1, 1], vec![0.5, 0.5, 1.0, 0.0]));
        let mask = vec![0, 0, IGNORED, 0, 1, 2, 1, IGNORED];
        let mut masks = stack(Answers::Classes([2, 2], mask));
        masks.mix(&mixing, 3).expect("masks");
        let expected = vec![0, 2, IGNORED, IGNORED, 1, 2, 1, IGNORED];
        assert!(masks.answers == Answers::Classes([2, 2], expected));
    }

    #[test]
    fn objects_of_two_images_stay_two() {
        let mixing = Mixing::Cut {
            others: vec![1, 0],
            start: [0, 1],
            size: [2, 1],
        };
        let objects = Numbered {
            numbers: vec![1, 1, 2, 0, 1, 2, 0, 2],
            bordered: false,
        };
        let classes = vec![1, 1, 1, 0, 1, 1, 0, 1];
        let mut masks = stack(Answers::Objects([2, 2], classes, objects));
        masks.mix(&mixing, 2).expect("masks");
        let Answers::Objects(_, classes, objects) = masks.answers else {
            panic!("objects");
        };
        assert_eq!(classes, [1, 1, 1, 1, 1, 1, 0, 0]);
        assert_eq!(objects.numbers, [1, 4, 2, 4, 3, 1, 0, 0]);
    }

    #[test]
    fn pixels_without_an_answer_stay_without_one() {
        let mask = vec![0, 0, IGNORED, 0, 1, 1, 1, 1];
        let mut masks = stack(Answers::Classes([2, 2], mask));
        let mixing = Mixing::Over {
            others: vec![0, 1],
            own: 0.5,
        };
        masks.mix(&mixing, 2).expect("masks");
        let Answers::Soft(_, parts) = masks.answers else {
            panic!("parts");
        };
        assert_eq!(parts[..8], [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn pixels_of_which_half_is_known_have_no_answer() {
        let mask = vec![0, 1, IGNORED, 0, 1, 1, 1, IGNORED];
        let mut masks = stack(Answers::Classes([2, 2], mask));
        let mixing = Mixing::Over {
            others: vec![1, 0],
            own: 0.75,
        };
        masks.mix(&mixing, 2).expect("masks");
        let Answers::Soft(_, parts) = masks.answers else {
            panic!("parts");
        };
        let first = [0.75, 0.0, 0.0, 0.0, 0.25, 1.0, 0.0, 0.0];
        let second = [0.25, 0.0, 0.0, 0.0, 0.75, 1.0, 0.0, 0.0];
        assert_eq!(parts, [first, second].concat());
    }

    #[test]
    fn points_are_refused() {
        let mut points = stack(Answers::Points([1, 3], vec![0.0; 6]));
        let mixing = Mixing::Over {
            others: vec![1, 0],
            own: 0.5,
        };
        let error = points.mix(&mixing, 2).expect_err("points");
        assert!(error.to_string().starts_with("points cannot be mixed"));
    }
}
