//! Lengths of dimensions of which some depend on how many images there are.

/// How many images the two recordings have that are compared. Neither divides the other, and one
/// image alone might be treated in another way.
pub(crate) const BATCHES: [usize; 2] = [2, 3];

/// The length of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dim {
    /// So much.
    Fixed(usize),
    /// So many for each image.
    PerImage(usize),
}

/// The lengths that both shapes stand for; none where they depend on the images otherwise.
pub(crate) fn dims(shapes: [&[usize]; 2]) -> Option<Vec<Dim>> {
    let [one, other] = shapes;
    if one.len() != other.len() {
        return None;
    }
    let lengths = one.iter().zip(other.iter());
    lengths.map(|(&one, &other)| dim([one, other])).collect()
}

fn dim(lengths: [usize; 2]) -> Option<Dim> {
    let [one, other] = lengths;
    if one == other {
        return Some(Dim::Fixed(one));
    }
    let each = one / BATCHES[0];
    let fits = [0, 1].map(|place| each * BATCHES[place] == lengths[place]);
    (each > 0 && fits == [true; 2]).then_some(Dim::PerImage(each))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_batches_tell_what_depends_on_them() {
        let found = dims([&[2, 8, 6], &[3, 8, 9]]);
        assert_eq!(
            found,
            Some(vec![Dim::PerImage(1), Dim::Fixed(8), Dim::PerImage(3)])
        );
        assert_eq!(dims([&[2, 8, 5], &[3, 8, 6]]), None);
    }
}
