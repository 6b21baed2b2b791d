//! One class for each pixel.

use super::window::Window;

/// In the place of a class: a pixel without an answer, which neither loss nor metrics see.
pub const IGNORED: i32 = -1;

/// The class of what is inside of objects, where their borders are a class too.
pub const INSIDE: i32 = 1;

/// The class of the borders of objects.
pub const BORDER: i32 = 2;

/// The class of each pixel of an image, or [`IGNORED`]; and which object each is part of, where that
/// is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    height: usize,
    width: usize,
    classes: Vec<i32>,
    objects: Option<Numbered>,
}

/// Which object each pixel of a mask is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Row by row, from 1 on; 0: of none.
    pub numbers: Vec<i32>,
    /// Whether the objects' classes are [`INSIDE`] and [`BORDER`].
    pub bordered: bool,
}

impl Mask {
    /// Takes classes that lie row by row.
    ///
    /// # Panics
    /// If there are not `height * width`.
    pub fn new([height, width]: [usize; 2], classes: Vec<i32>) -> Self {
        assert_eq!(
            classes.len(),
            height * width,
            "classes of a mask of {height}x{width}"
        );
        Self {
            height,
            width,
            classes,
            objects: None,
        }
    }

    /// The same, of these objects.
    ///
    /// # Panics
    /// If there is not a number for each pixel.
    pub fn with_objects(self, objects: Option<Numbered>) -> Self {
        if let Some(objects) = &objects {
            assert_eq!(
                objects.numbers.len(),
                self.classes.len(),
                "numbers of a mask of {}x{}",
                self.height,
                self.width
            );
        }
        Self { objects, ..self }
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Row by row.
    pub fn classes(&self) -> &[i32] {
        &self.classes
    }

    /// Which object each pixel is part of, where that is known.
    pub fn objects(&self) -> Option<&Numbered> {
        self.objects.as_ref()
    }

    /// The classes, row by row, and the objects.
    pub fn into_parts(self) -> (Vec<i32>, Option<Numbered>) {
        (self.classes, self.objects)
    }

    /// The same at another size: each pixel takes the class that lies at its middle, since classes
    /// cannot be interpolated.
    pub fn resized(self, [height, width]: [usize; 2]) -> Self {
        if self.size() == [height, width] {
            return self;
        }
        let nearest = |place: usize, full: usize, new: usize| (2 * place + 1) * full / (2 * new);
        let columns: Vec<_> = (0..width).map(|c| nearest(c, self.width, width)).collect();
        let row = |row| {
            let start = nearest(row, self.height, height) * self.width;
            columns.iter().map(move |column| Some(start + column))
        };
        let places: Vec<_> = (0..height).flat_map(row).collect();
        self.taken([height, width], &places, IGNORED)
    }

    /// The pixels at these places, as a mask of this size; `outside`, and no object, where there is
    /// no place.
    pub(super) fn taken(&self, size: [usize; 2], places: &[Option<usize>], outside: i32) -> Self {
        self.each(size, outside, |values, outside| {
            let value = |place: &Option<usize>| place.map_or(outside, |place| values[place]);
            places.iter().map(value).collect()
        })
    }

    /// Does the same with the classes and with the numbers of objects.
    fn each(
        &self,
        size: [usize; 2],
        outside: i32,
        change: impl Fn(&[i32], i32) -> Vec<i32>,
    ) -> Self {
        let objects = self.objects.as_ref().map(|objects| Numbered {
            numbers: change(&objects.numbers, 0),
            ..*objects
        });
        Self::new(size, change(&self.classes, outside)).with_objects(objects)
    }

    /// What a window shows of it, and `outside` where it looks past the edge.
    pub fn seen_through(self, window: &Window, outside: i32) -> Self {
        let size = self.size();
        if *window == Window::whole(size) {
            return self;
        }
        self.each(window.seen(), outside, |values, outside| {
            window.view(values, size, 1, outside)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_resized_without_new_classes() {
        let mask = Mask::new([2, 2], vec![0, 7, 9, IGNORED]);
        let larger = mask.clone().resized([4, 4]);
        let expected = [[0, 0, 7, 7], [0, 0, 7, 7], [9, 9, -1, -1], [9, 9, -1, -1]];
        assert_eq!(larger.classes(), expected.concat());
        assert_eq!(larger.resized([2, 2]), mask);
    }

    #[test]
    fn resizing_takes_what_the_image_crate_takes() {
        let values: Vec<u8> = (0..7 * 5).collect();
        let image = image::GrayImage::from_raw(7, 5, values.clone()).expect("7 x 5");
        let mask = Mask::new([5, 7], values.into_iter().map(i32::from).collect());
        for size in [[3, 4], [11, 9], [5, 3]] {
            let [height, width] = size.map(|dim| dim as u32);
            let nearest = image::imageops::FilterType::Nearest;
            let theirs = image::imageops::resize(&image, width, height, nearest);
            let theirs: Vec<i32> = theirs.into_raw().into_iter().map(i32::from).collect();
            assert_eq!(mask.clone().resized(size).classes(), theirs);
        }
    }
}
