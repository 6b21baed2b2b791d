//! Numbers of objects as classes.

use super::mask::{BORDER, IGNORED, INSIDE, Mask, Numbered};

/// The mask of an image of this height and width whose pixels are parts of numbered objects: 0 is the
/// background, [`IGNORED`] has no class. With a border, the outermost pixels of each object, so many
/// wide, are a class of their own: the ones that have a pixel of something else at most so many rows
/// and columns away. So touching objects are two borders apart.
pub(super) fn mask(mut numbers: Vec<i32>, size: [usize; 2], border: Option<usize>) -> Mask {
    let classes = match border {
        None => numbers.iter().map(|&number| number.min(INSIDE)).collect(),
        Some(width) => bordered(&numbers, size, width),
    };
    for number in &mut numbers {
        *number = (*number).max(0);
    }
    Mask::new(size, classes).with_objects(Some(Numbered {
        numbers,
        bordered: border.is_some(),
    }))
}

fn bordered(numbers: &[i32], [height, width]: [usize; 2], border: usize) -> Vec<i32> {
    // The least and the greatest number within reach, along the columns and then along the rows.
    let reach = |numbers: &[[i32; 2]], count: usize, step: usize, other: usize, skip: usize| {
        let mut reached = numbers.to_vec();
        for line in 0..other {
            for place in 0..count {
                let near = place.saturating_sub(border)..(place + border + 1).min(count);
                let near = near.map(|place| numbers[line * skip + place * step]);
                let least_and_most = near.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
                reached[line * skip + place * step] = least_and_most.unwrap_or_default();
            }
        }
        reached
    };
    let both: Vec<_> = numbers.iter().map(|&number| [number; 2]).collect();
    let down = reach(&both, height, width, width, 1);
    let around = reach(&down, width, 1, height, width);
    let class = |(&number, [least, most]): (&i32, [i32; 2])| match number {
        0 | IGNORED => number,
        _ if least == most => INSIDE,
        _ => BORDER,
    };
    numbers.iter().zip(around).map(class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBERS: [[i32; 7]; 4] = [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 5, 5, 5, 9, 9, 9],
        [0, 5, 5, 5, 9, 9, 9],
        [-1, 5, 5, 5, 9, 9, 9],
    ];

    #[test]
    fn touching_objects_are_kept_apart_by_their_borders() {
        let mask = mask(NUMBERS.concat(), [4, 7], Some(1));
        let expected = [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 2, 2, 2, 2, 2, 2],
            [0, 2, 1, 2, 2, 1, 1],
            [-1, 2, 1, 2, 2, 1, 1],
        ];
        assert_eq!(mask.classes(), expected.concat());
        let objects = mask.objects().expect("numbered");
        assert!(objects.bordered);
        assert_eq!(objects.numbers[21..], [0, 5, 5, 5, 9, 9, 9]);
    }

    #[test]
    fn objects_without_borders_are_one_class_and_keep_their_numbers() {
        let mask = mask(NUMBERS.concat(), [4, 7], None);
        assert_eq!(mask.classes()[7..14], [0, 1, 1, 1, 1, 1, 1]);
        assert_eq!(mask.classes()[21], IGNORED);
        let objects = mask.objects().expect("numbered");
        assert_eq!(objects.numbers[7..14], [0, 5, 5, 5, 9, 9, 9]);
        assert!(!objects.bordered);
    }
}
