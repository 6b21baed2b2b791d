//! A part of an image, and how it is laid: the one geometry of crops, shifts and mirrors, and of
//! networks that speak of the middle only.

use std::ops::Range;

/// A view of an image: its part from `top` and `left` on, mirrored, rows and columns swapped. It
/// may look past the image's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    top: i64,
    left: i64,
    /// Height and width in the image, before rows and columns are swapped.
    size: [usize; 2],
    flip_vertical: bool,
    flip_horizontal: bool,
    transpose: bool,
}

impl Window {
    /// All of an image of this height and width, as it lies.
    pub fn whole(size: [usize; 2]) -> Self {
        Self {
            top: 0,
            left: 0,
            size,
            flip_vertical: false,
            flip_horizontal: false,
            transpose: false,
        }
    }

    /// The middle of an image; past its edges where `size` is larger.
    pub fn middle([height, width]: [usize; 2], size: [usize; 2]) -> Self {
        Self {
            top: (height as i64 - size[0] as i64) / 2,
            left: (width as i64 - size[1] as i64) / 2,
            ..Self::whole(size)
        }
    }

    /// Height and width of what is seen.
    pub fn seen(&self) -> [usize; 2] {
        let [height, width] = self.size;
        match self.transpose {
            false => [height, width],
            true => [width, height],
        }
    }

    /// The rows and the columns of the image, before they are mirrored or swapped.
    pub fn ranges(&self) -> [Range<i64>; 2] {
        let [height, width] = self.size.map(|side| side as i64);
        [self.top..self.top + height, self.left..self.left + width]
    }

    /// The part of what is seen from `[row, column]` on.
    pub fn crop(self, start: [usize; 2], size: [usize; 2]) -> Self {
        let [rows, columns] = self.along_the_image(start);
        let [height, width] = self.along_the_image(size);
        let from = |flip, full: usize, start: usize, part: usize| match flip {
            false => start as i64,
            true => full as i64 - start as i64 - part as i64,
        };
        Self {
            top: self.top + from(self.flip_vertical, self.size[0], rows, height),
            left: self.left + from(self.flip_horizontal, self.size[1], columns, width),
            size: [height, width],
            ..self
        }
    }

    /// Moved by so many of the rows and columns that are seen.
    pub fn shift(self, by: [i64; 2]) -> Self {
        let [rows, columns] = self.along_the_image(by);
        let along = |flip, by: i64| if flip { -by } else { by };
        Self {
            top: self.top + along(self.flip_vertical, rows),
            left: self.left + along(self.flip_horizontal, columns),
            ..self
        }
    }

    /// What is seen, mirrored left and right.
    pub fn flip_horizontal(mut self) -> Self {
        match self.transpose {
            false => self.flip_horizontal ^= true,
            true => self.flip_vertical ^= true,
        }
        self
    }

    /// What is seen, mirrored top and bottom.
    pub fn flip_vertical(mut self) -> Self {
        match self.transpose {
            false => self.flip_vertical ^= true,
            true => self.flip_horizontal ^= true,
        }
        self
    }

    /// What is seen, rows and columns swapped.
    pub fn transpose(self) -> Self {
        Self {
            transpose: !self.transpose,
            ..self
        }
    }

    /// Whether what is seen is mirrored, and not only turned.
    pub fn mirrors(&self) -> bool {
        self.flip_horizontal ^ self.flip_vertical ^ self.transpose
    }

    /// What is seen of an image of `size`, the channels of a pixel side by side.
    pub fn view<T: Copy>(
        &self,
        image: &[T],
        size: [usize; 2],
        channels: usize,
        outside: T,
    ) -> Vec<T> {
        let [height, width] = self.seen();
        let mut seen = vec![outside; height * width * channels];
        self.for_each_pixel(size, |in_image, in_view| {
            let (from, to) = (in_image * channels, in_view * channels);
            seen[to..to + channels].copy_from_slice(&image[from..from + channels]);
        });
        seen
    }

    /// The way back: an image of `size` that shows `seen` in this window, and `outside` elsewhere.
    pub fn place<T: Copy>(
        &self,
        seen: &[T],
        size: [usize; 2],
        channels: usize,
        outside: T,
    ) -> Vec<T> {
        let mut image = vec![outside; size[0] * size[1] * channels];
        self.for_each_pixel(size, |in_image, in_view| {
            let (from, to) = (in_view * channels, in_image * channels);
            image[to..to + channels].copy_from_slice(&seen[from..from + channels]);
        });
        image
    }

    /// Where a point of the image, `[row, column]`, is seen; none if it is not. Whole numbers are
    /// the middles of pixels.
    pub fn point(&self, [row, column]: [f32; 2]) -> Option<[f32; 2]> {
        let inside = |place: f32, start: i64, count: usize| {
            (-0.5..count as f32 - 0.5).contains(&(place - start as f32))
        };
        let seen = inside(row, self.top, self.size[0]) && inside(column, self.left, self.size[1]);
        seen.then(|| self.seen_at([row, column]))
    }

    /// Where a place of the image is seen, whether it is or not.
    pub(super) fn seen_at(&self, [row, column]: [f32; 2]) -> [f32; 2] {
        let row = laid(row - self.top as f32, self.size[0], self.flip_vertical);
        let column = laid(
            column - self.left as f32,
            self.size[1],
            self.flip_horizontal,
        );
        self.along_the_image([row, column])
    }

    /// The place of the image that is seen at a place.
    pub(super) fn taken_from(&self, place: [f32; 2]) -> [f32; 2] {
        let [row, column] = self.along_the_image(place);
        [
            laid(row, self.size[0], self.flip_vertical) + self.top as f32,
            laid(column, self.size[1], self.flip_horizontal) + self.left as f32,
        ]
    }

    /// Rows and columns of the image for those that are seen, or the other way round.
    fn along_the_image<T: Copy>(&self, [rows, columns]: [T; 2]) -> [T; 2] {
        match self.transpose {
            false => [rows, columns],
            true => [columns, rows],
        }
    }

    /// Calls with each pixel's place in the image of `size` and in what is seen.
    fn for_each_pixel(&self, [height, width]: [usize; 2], mut call: impl FnMut(usize, usize)) {
        let rows = positions(self.top, self.size[0], height, self.flip_vertical);
        let columns = positions(self.left, self.size[1], width, self.flip_horizontal);
        let [_, seen_width] = self.seen();
        let mut pixel = |row: Option<usize>, column: Option<usize>, place: usize| {
            if let (Some(row), Some(column)) = (row, column) {
                call(row * width + column, place);
            }
        };
        match self.transpose {
            false => {
                for (i, &row) in rows.iter().enumerate() {
                    for (j, &column) in columns.iter().enumerate() {
                        pixel(row, column, i * seen_width + j);
                    }
                }
            }
            true => {
                for (i, &column) in columns.iter().enumerate() {
                    for (j, &row) in rows.iter().enumerate() {
                        pixel(row, column, i * seen_width + j);
                    }
                }
            }
        }
    }
}

/// A place among so many, counted from the other end if they are mirrored.
fn laid(place: f32, count: usize, flip: bool) -> f32 {
    match flip {
        true => (count - 1) as f32 - place,
        false => place,
    }
}

/// Where each position of a window lies in the image; none: past its edges.
fn positions(start: i64, count: usize, full: usize, flip: bool) -> Vec<Option<usize>> {
    let inside = |position| {
        (0..full as i64)
            .contains(&position)
            .then_some(position as usize)
    };
    let positions = (start..start + count as i64).map(inside);
    match flip {
        true => positions.rev().collect(),
        false => positions.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    const SIZE: [usize; 2] = [2, 3];
    const IMAGE: [i32; 6] = [1, 2, 3, 4, 5, 6];

    fn seen(window: Window) -> Vec<i32> {
        window.view(&IMAGE, SIZE, 1, 0)
    }

    #[test]
    fn a_shift_brings_in_what_is_outside() {
        let window = Window::whole(SIZE).shift([-1, 1]);
        assert_eq!(seen(window), [0, 0, 0, 2, 3, 0]);
    }

    #[test]
    fn a_flip_mirrors() {
        assert_eq!(
            seen(Window::whole(SIZE).flip_horizontal()),
            [3, 2, 1, 6, 5, 4]
        );
        assert_eq!(
            seen(Window::whole(SIZE).flip_vertical()),
            [4, 5, 6, 1, 2, 3]
        );
    }

    #[test]
    fn a_transposition_swaps_rows_and_columns() {
        let window = Window::whole(SIZE).transpose();
        assert_eq!(window.seen(), [3, 2]);
        assert_eq!(seen(window), [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn the_channels_of_a_pixel_stay_together() {
        let window = Window::whole([1, 2]).flip_horizontal();
        assert_eq!(
            window.view(&[1, 2, 3, 4, 5, 6], [1, 2], 3, 0),
            [4, 5, 6, 1, 2, 3]
        );
    }

    #[test]
    fn a_middle_is_cut_or_surrounded() {
        let image: Vec<i32> = (1..=16).collect();
        let middle = Window::middle([4, 4], [2, 2]);
        assert_eq!(middle.view(&image, [4, 4], 1, 0), [6, 7, 10, 11]);
        assert_eq!(middle.ranges(), [1..3, 1..3]);
        let around = Window::middle([1, 1], [3, 3]);
        assert_eq!(around.view(&[9], [1, 1], 1, 0), [0, 0, 0, 0, 9, 0, 0, 0, 0]);
    }

    /// A window of random steps, and what the steps show when each is taken by itself, the way
    /// from the image and back included.
    #[test]
    fn steps_together_are_the_steps_one_after_the_other() {
        let mut random = StdRng::seed_from_u64(5);
        for _ in 0..200 {
            let size = [random.random_range(3..7), random.random_range(3..7)];
            let image: Vec<usize> = (1..=size[0] * size[1]).collect();
            let mut together = Window::whole(size);
            let (mut one_by_one, mut now) = (image.clone(), size);
            for _ in 0..6 {
                let whole = Window::whole(now);
                let (next, alone) = match random.random_range(0..4) {
                    0 => (together.flip_horizontal(), whole.flip_horizontal()),
                    1 => (together.flip_vertical(), whole.flip_vertical()),
                    2 => (together.transpose(), whole.transpose()),
                    _ => {
                        let part = now.map(|full| random.random_range(1..=full));
                        let start = [0, 1].map(|d| random.random_range(0..=now[d] - part[d]));
                        (together.crop(start, part), whole.crop(start, part))
                    }
                };
                one_by_one = alone.view(&one_by_one, now, 1, 0);
                (together, now) = (next, alone.seen());
            }
            assert_eq!(together.seen(), now);
            let seen = together.view(&image, size, 1, 0);
            assert_eq!(seen, one_by_one);
            let back = together.place(&seen, size, 1, 0);
            for (back, own) in back.iter().zip(&image) {
                assert!(*back == 0 || back == own);
                assert_eq!(*back == 0, !seen.contains(own));
            }
            for (place, value) in seen.iter().enumerate() {
                let [row, column] = [(value - 1) / size[1], (value - 1) % size[1]];
                let expected = [(place / now[1]) as f32, (place % now[1]) as f32];
                let own = [row as f32, column as f32];
                assert_eq!(together.point(own), Some(expected));
                assert_eq!(together.taken_from(expected), own);
            }
        }
    }

    #[test]
    fn a_shift_after_a_crop_shows_the_image_around_it() {
        let image: Vec<i32> = (1..=16).collect();
        let window = Window::whole([4, 4]).crop([1, 1], [2, 2]).shift([1, -1]);
        assert_eq!(window.view(&image, [4, 4], 1, 0), [9, 10, 13, 14]);
    }

    #[test]
    fn a_point_that_is_not_seen_has_no_place() {
        let window = Window::whole([4, 4]).crop([1, 1], [2, 2]);
        assert_eq!(window.point([0.4, 2.0]), None);
        assert_eq!(window.point([0.6, 2.0]).map(|place| place[1]), Some(1.0));
    }
}
