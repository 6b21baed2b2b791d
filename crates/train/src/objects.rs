//! Objects in maps of classes.

use crate::distance_map::squared_distances;

/// The connected parts of a map of classes, each of one class; pixels that touch at a corner are
/// connected. Class 0 and labels below are no part of any.
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
}

impl Objects {
    /// Of the classes of the pixels, row by row.
    pub fn of(classes: &[i32], [height, width]: [usize; 2]) -> Self {
        let mut numbers = vec![0; classes.len()];
        let mut objects = Vec::new();
        let mut edge = Vec::new();
        for first in 0..classes.len() {
            if classes[first] <= 0 || numbers[first] != 0 {
                continue;
            }
            let (row, column) = (first / width, first % width);
            let mut object = Object {
                number: objects.len() as u32 + 1,
                class: classes[first],
                area: 0,
                rows: [row; 2],
                columns: [column; 2],
            };
            numbers[first] = object.number;
            edge.push(first);
            while let Some(place) = edge.pop() {
                let (row, column) = (place / width, place % width);
                object.take(row, column);
                let around = |at: usize, side: usize| at.saturating_sub(1)..(at + 2).min(side);
                for row in around(row, height) {
                    for near in around(column, width).map(|column| row * width + column) {
                        if numbers[near] == 0 && classes[near] == object.class {
                            numbers[near] = object.number;
                            edge.push(near);
                        }
                    }
                }
            }
            objects.push(object);
        }
        Self {
            size: [height, width],
            numbers,
            objects,
        }
    }

    /// One after the other, as their first pixels come.
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
    fn take(&mut self, row: usize, column: usize) {
        let widen = |[first, last]: [usize; 2], at: usize| [first.min(at), last.max(at)];
        self.area += 1;
        self.rows = widen(self.rows, row);
        self.columns = widen(self.columns, column);
    }
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
