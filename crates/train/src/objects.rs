//! Objects in maps of classes.

use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use crate::data::{BORDER, INSIDE};
use crate::distance_map::squared_distances;

/// The objects of a map of classes: those that are known, or its connected parts, where pixels that
/// touch at a corner are connected.
pub(crate) struct Objects {
    size: [usize; 2],
    /// The number of the object that each pixel is part of, from 1 on; 0: none.
    numbers: Vec<u32>,
    objects: Vec<Object>,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    number: u32,
    pub class: i32,
    /// How many pixels it has.
    pub area: usize,
    /// Its first and last row, and its first and last column.
    rows: [usize; 2],
    columns: [usize; 2],
    /// The sums of its pixels' rows and columns.
    sums: [usize; 2],
}

impl Objects {
    /// The connected parts of each class. Class 0 and labels below are no part of any.
    pub fn of(classes: &[i32], size: [usize; 2]) -> Self {
        let mut objects = Self::none(classes.len(), size);
        objects.find(|place| classes[place]);
        objects
    }

    /// Those of classes of which one is the border of objects and one their inside: the connected
    /// insides, each with the border that is the fewest steps from pixel to pixel away. Border that
    /// no inside is connected with makes objects of its own.
    pub fn split(classes: &[i32], size: [usize; 2]) -> Self {
        let mut objects = Self::none(classes.len(), size);
        objects.find(|place| match classes[place] {
            INSIDE => INSIDE,
            _ => 0,
        });
        objects.grow(|place| classes[place] == BORDER);
        objects.find(|place| match classes[place] {
            BORDER => INSIDE,
            _ => 0,
        });
        objects
    }

    /// Those whose pixels are known by their numbers, from 1 on: 0 and what has no class are part of
    /// none. The class of an object is that of its first pixel, or of the inside where there are
    /// borders.
    pub fn numbered(classes: &[i32], numbers: &[i32], bordered: bool, size: [usize; 2]) -> Self {
        let mut objects = Self::none(classes.len(), size);
        let mut own: HashMap<i32, usize> = HashMap::new();
        for (place, (&class, &number)) in classes.iter().zip(numbers).enumerate() {
            if number > 0 && class >= 0 {
                let class = if bordered { INSIDE } else { class };
                let object = own
                    .entry(number)
                    .or_insert_with(|| objects.begin(place, class));
                objects.give(place, *object);
            }
        }
        objects
    }

    /// None yet among so many pixels.
    fn none(pixels: usize, size: [usize; 2]) -> Self {
        Self {
            size,
            numbers: vec![0; pixels],
            objects: Vec::new(),
        }
    }

    /// A new object, to which this pixel is to be given.
    fn begin(&mut self, first: usize, class: i32) -> usize {
        let (row, column) = (first / self.size[1], first % self.size[1]);
        self.objects.push(Object {
            number: self.objects.len() as u32 + 1,
            class,
            area: 0,
            rows: [row; 2],
            columns: [column; 2],
            sums: [0; 2],
        });
        self.objects.len() - 1
    }

    fn give(&mut self, place: usize, object: usize) {
        let object = &mut self.objects[object];
        self.numbers[place] = object.number;
        object.take(place / self.size[1], place % self.size[1]);
    }

    /// Finds the connected parts of each class above 0 among the pixels of no object.
    fn find(&mut self, class: impl Fn(usize) -> i32) {
        let mut edge = Vec::new();
        for first in 0..self.numbers.len() {
            if class(first) <= 0 || self.numbers[first] != 0 {
                continue;
            }
            let object = self.begin(first, class(first));
            self.give(first, object);
            edge.push(first);
            while let Some(place) = edge.pop() {
                for near in around(place, self.size) {
                    if self.numbers[near] == 0 && class(near) == class(first) {
                        self.give(near, object);
                        edge.push(near);
                    }
                }
            }
        }
    }

    /// Gives each connected pixel of no object that `may` be taken to the nearest object, step by
    /// step.
    fn grow(&mut self, may: impl Fn(usize) -> bool) {
        let taken = 0..self.numbers.len();
        let mut edge: VecDeque<_> = taken.filter(|&place| self.numbers[place] != 0).collect();
        while let Some(place) = edge.pop_front() {
            let object = self.numbers[place] as usize - 1;
            for near in around(place, self.size) {
                if self.numbers[near] == 0 && may(near) {
                    self.give(near, object);
                    edge.push_back(near);
                }
            }
        }
    }

    /// One after the other, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = Object> + '_ {
        self.objects.iter().copied()
    }

    /// The place in [`Objects::iter`] of the object that each pixel is part of; none: of no object.
    pub fn places(&self) -> impl Iterator<Item = Option<usize>> + '_ {
        let place = |number: &u32| (*number as usize).checked_sub(1);
        self.numbers.iter().map(place)
    }

    /// How far pixels are from the nearest one of an object, by their place, for all in its box
    /// with `reach` pixels around it.
    pub fn distances(&self, object: Object, reach: usize) -> Vec<(usize, f64)> {
        let [height, width] = self.size;
        let around = |[first, last]: [usize; 2], side: usize| {
            let first = first.saturating_sub(reach);
            first..(last + reach + 1).min(side)
        };
        let rows = around(object.rows, height);
        let columns = around(object.columns, width);
        let size @ [_, box_width] = [rows.len(), columns.len()];
        let place = |index: usize| {
            let (row, column) = (index / box_width, index % box_width);
            (rows.start + row) * width + columns.start + column
        };
        let is_own = |index| self.numbers[place(index)] == object.number;
        let squares = squared_distances(size, is_own).into_iter().enumerate();
        squares
            .map(|(index, square)| (place(index), square.sqrt()))
            .collect()
    }
}

impl Object {
    /// The mean row and column of its pixels.
    pub fn middle(&self) -> [f64; 2] {
        self.sums.map(|sum| sum as f64 / self.area as f64)
    }

    /// The rows and the columns that it has pixels in, from the first to the last.
    pub fn bounds(&self) -> [Range<usize>; 2] {
        [self.rows, self.columns].map(|[first, last]| first..last + 1)
    }

    fn take(&mut self, row: usize, column: usize) {
        let widen = |[first, last]: [usize; 2], at: usize| [first.min(at), last.max(at)];
        self.area += 1;
        self.rows = widen(self.rows, row);
        self.columns = widen(self.columns, column);
        self.sums = [self.sums[0] + row, self.sums[1] + column];
    }
}

/// The places of a pixel and of those that touch it.
fn around(place: usize, [height, width]: [usize; 2]) -> impl Iterator<Item = usize> {
    let (row, column) = (place / width, place % width);
    let near = |at: usize, side: usize| at.saturating_sub(1)..(at + 2).min(side);
    let columns = near(column, width);
    near(row, height).flat_map(move |row| columns.clone().map(move |column| row * width + column))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two objects that touch at a corner are one; another class is another object.
    const MAP: [i32; 15] = [
        1, 0, 0, 0, 2, //
        0, 1, 0, -1, 2, //
        0, 0, 0, 0, 1,
    ];

    #[test]
    fn objects_are_connected_parts_of_one_class() {
        let objects = Objects::of(&MAP, [3, 5]);
        let found: Vec<_> = objects
            .iter()
            .map(|object| (object.class, object.area))
            .collect();
        assert_eq!(found, [(1, 2), (2, 2), (1, 1)]);
        let places: Vec<_> = objects.places().collect();
        assert_eq!(places[6], Some(0));
        assert_eq!(places[8], None);
        assert_eq!(places[14], Some(2));
    }

    #[test]
    fn borders_go_to_the_inside_that_is_nearest() {
        let classes = [
            2, 2, 2, 2, 2, 0, 2, //
            2, 1, 2, 2, 1, 0, 2, //
            2, 2, 2, 2, 2, 0, 0,
        ];
        let objects = Objects::split(&classes, [3, 7]);
        let found: Vec<_> = objects
            .iter()
            .map(|object| (object.class, object.area))
            .collect();
        // A border without an inside is an object too.
        assert_eq!(found, [(INSIDE, 9), (INSIDE, 6), (INSIDE, 2)]);
        let row: Vec<_> = objects.places().skip(7).take(7).collect();
        let [a, b, c] = [Some(0), Some(1), Some(2)];
        assert_eq!(row, [a, a, a, b, b, None, c]);
    }

    #[test]
    fn known_objects_may_touch_and_be_in_parts() {
        let classes = [1, 2, 2, 0, -1, 2];
        let numbers = [7, 7, 3, 0, 9, 7];
        let areas = |bordered| -> Vec<_> {
            let objects = Objects::numbered(&classes, &numbers, bordered, [1, 6]);
            objects
                .iter()
                .map(|object| (object.class, object.area))
                .collect()
        };
        assert_eq!(areas(true), [(1, 3), (1, 1)]);
        assert_eq!(areas(false), [(1, 3), (2, 1)]);
    }

    #[test]
    fn distances_are_those_from_the_nearest_pixel_of_the_object() {
        let objects = Objects::of(&MAP, [3, 5]);
        let first = objects.iter().next().expect("there are three");
        let distances = objects.distances(first, 2);
        let at = |wanted| distances.iter().find(|(place, _)| *place == wanted);
        assert_eq!(at(0), Some(&(0, 0.0)));
        assert_eq!(at(13), Some(&(13, 5.0_f64.sqrt())));
        // Three columns off.
        assert_eq!(at(4), None);
    }
}
