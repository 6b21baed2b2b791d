//! One class for each pixel.

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::window::Window;

/// In the place of a class: a pixel without an answer, which neither loss nor metrics see.
pub const IGNORED: i32 = -1;

/// The class of each pixel of an image, or [`IGNORED`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    height: usize,
    width: usize,
    classes: Vec<i32>,
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
        }
    }

    /// Height and width.
    pub fn size(&self) -> [usize; 2] {
        [self.height, self.width]
    }

    /// Row by row.
    pub fn classes(&self) -> &[i32] {
        &self.classes
    }

    /// Row by row.
    pub fn into_classes(self) -> Vec<i32> {
        self.classes
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
            columns.iter().map(move |column| start + column)
        };
        let places = (0..height).flat_map(row);
        let classes = places.map(|place| self.classes[place]).collect();
        Self::new([height, width], classes)
    }

    /// What a window shows of it, and `outside` where it looks past the edge.
    pub fn seen_through(self, window: &Window, outside: i32) -> Self {
        let size = self.size();
        if *window == Window::whole(size) {
            return self;
        }
        let classes = window.view(&self.classes, size, 1, outside);
        Self::new(window.seen(), classes)
    }
}

/// How masks are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MaskReading {
    /// What their values stand for.
    pub values: MaskValues,
    /// A value that stands for no class.
    pub ignored: Option<u16>,
    /// Where they number objects: how wide the objects' borders are.
    pub border: Option<usize>,
}

impl MaskReading {
    /// Values that all stand for classes.
    pub fn of(values: MaskValues) -> Self {
        Self {
            values,
            ignored: None,
            border: None,
        }
    }

    /// The same for masks that have these values, rising.
    ///
    /// # Errors
    /// If there are too many values for them to be classes.
    pub fn with_values(self, values: &[u16]) -> Result<Self> {
        let told = self.border.is_some() || matches!(self.values, MaskValues::Colours(_));
        if told {
            return Ok(self);
        }
        let values = values.iter().copied();
        let values: Vec<u16> = values
            .filter(|value| Some(*value) != self.ignored)
            .collect();
        Ok(Self {
            values: MaskValues::of(&values)?,
            ..self
        })
    }

    /// The classes' names.
    pub fn names(&self) -> Vec<String> {
        match self.border {
            Some(_) => ["background", "object", "border"]
                .map(str::to_string)
                .to_vec(),
            None => self.values.names(),
        }
    }

    /// The classes of a mask's values.
    ///
    /// # Errors
    /// If a value stands for none.
    pub fn mask(&self, size: [usize; 2], values: &[u16]) -> Result<Mask> {
        let mut mask = match self.border {
            Some(width) => bordered(values, size, width),
            None => self.values.mask(size, values, self.ignored)?,
        };
        if self.ignored.is_some() {
            for (class, value) in mask.classes.iter_mut().zip(values) {
                if Some(*value) == self.ignored {
                    *class = IGNORED;
                }
            }
        }
        Ok(mask)
    }
}

/// Numbers of objects as background, objects, and the outermost pixels of each object, so many wide.
fn bordered(numbers: &[u16], [height, width]: [usize; 2], border: usize) -> Mask {
    // The least and the greatest number within reach, along the columns and then along the rows.
    let reach = |numbers: &[[u16; 2]], count: usize, step: usize, other: usize, skip: usize| {
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
    let class = |(&number, [least, most]): (&u16, [u16; 2])| match number {
        0 => 0,
        _ if least == most => 1,
        _ => 2,
    };
    Mask::new(
        [height, width],
        numbers.iter().zip(around).map(class).collect(),
    )
}

/// Which values of a mask's file stand for which class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum MaskValues {
    /// Black is the background; everything else is the foreground, drawn as 1 or as 255.
    Binary,
    /// The value is the class.
    Numbers {
        /// How many classes there are.
        classes: u16,
    },
    /// One value for each class, rising.
    Listed(Vec<u16>),
    /// A name and a colour for each class. The value is the place in this list.
    Colours(Vec<(String, [u8; 3])>),
}

impl MaskValues {
    /// The most values that masks may have without each being a class's number.
    const MOST_LISTED: usize = 64;
    /// The most classes.
    const MOST: usize = 256;

    /// What masks that have these values, rising, mean: up to one value besides black tells the
    /// foreground; values from 0 on without gaps, or very many, are the classes' numbers; others
    /// are the classes, in their order.
    ///
    /// # Errors
    /// If there are too many values for them to be classes.
    pub fn of(values: &[u16]) -> Result<Self> {
        let last = values.last().map_or(0, |&last| usize::from(last));
        match values {
            [] | [_] | [0, _] => Ok(Self::Binary),
            _ if values.len() <= Self::MOST_LISTED && last + 1 != values.len() => {
                Ok(Self::Listed(values.to_vec()))
            }
            _ => {
                ensure!(
                    last < Self::MOST,
                    "the masks have {} values up to {last}; at most {} are classes. Numbers of \
                     objects are none: give each pixel its class",
                    values.len(),
                    Self::MOST
                );
                Ok(Self::Numbers {
                    classes: last as u16 + 1,
                })
            }
        }
    }

    /// The classes' names: their values, where there are more than background and foreground.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Binary => vec!["background".to_string(), "foreground".to_string()],
            Self::Numbers { classes } => (0..*classes).map(|value| value.to_string()).collect(),
            Self::Listed(values) => values.iter().map(u16::to_string).collect(),
            Self::Colours(colours) => colours.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    /// The class that a value stands for.
    fn class(&self, value: u16) -> Option<i32> {
        match self {
            Self::Binary => Some(i32::from(value > 0)),
            Self::Numbers { classes } => (value < *classes).then_some(i32::from(value)),
            Self::Listed(values) => values.binary_search(&value).ok().map(|class| class as i32),
            Self::Colours(colours) => {
                (usize::from(value) < colours.len()).then_some(i32::from(value))
            }
        }
    }

    /// The classes of a mask's values.
    ///
    /// # Errors
    /// If a value stands for none.
    fn mask(&self, size: [usize; 2], values: &[u16], ignored: Option<u16>) -> Result<Mask> {
        let mut classes = Vec::with_capacity(values.len());
        for &value in values {
            match self.class(value) {
                _ if Some(value) == ignored => classes.push(IGNORED),
                Some(class) => classes.push(class),
                None => bail!("a mask has the value {value}; {self}"),
            }
        }
        Ok(Mask::new(size, classes))
    }
}

impl std::fmt::Display for MaskValues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Binary => write!(f, "0 is background, all else foreground"),
            Self::Numbers { classes } => write!(f, "classes are 0 to {}", classes - 1),
            Self::Listed(_) => write!(f, "the classes' values are {}", self.names().join(", ")),
            Self::Colours(_) => write!(f, "the classes are {}", self.names().join(", ")),
        }
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
            assert_eq!(mask.clone().resized(size).into_classes(), theirs);
        }
    }

    #[test]
    fn values_tell_what_they_stand_for() {
        let of = |values: &[u16]| MaskValues::of(values).expect("few values");
        for binary in [&[0][..], &[0, 1], &[0, 255], &[255]] {
            assert_eq!(of(binary), MaskValues::Binary);
        }
        assert_eq!(of(&[0, 128, 255]), MaskValues::Listed(vec![0, 128, 255]));
        assert_eq!(of(&[0, 1, 3]), MaskValues::Listed(vec![0, 1, 3]));
        assert_eq!(of(&[1, 2]), MaskValues::Listed(vec![1, 2]));
        assert_eq!(of(&[0, 1, 2]), MaskValues::Numbers { classes: 3 });
        let many: Vec<u16> = (0..100).chain([149]).collect();
        assert_eq!(of(&many), MaskValues::Numbers { classes: 150 });
        let objects: Vec<u16> = (0..1000).collect();
        let error = MaskValues::of(&objects).expect_err("too many");
        assert!(
            error
                .to_string()
                .starts_with("the masks have 1000 values up to 999; ")
        );
    }

    #[test]
    fn listed_values_are_classes_in_their_order_and_names() {
        let values = MaskValues::Listed(vec![0, 128, 255]);
        assert_eq!(values.names(), ["0", "128", "255"]);
        let mask = values
            .mask([1, 4], &[255, 0, 128, 255], None)
            .expect("known");
        assert_eq!(mask.classes(), [2, 0, 1, 2]);
    }

    #[test]
    fn a_value_may_stand_for_no_answer() {
        let reading = MaskReading {
            ignored: Some(255),
            ..MaskReading::of(MaskValues::Binary)
        };
        let reading = reading.with_values(&[0, 1, 2, 255]).expect("few values");
        assert_eq!(reading.values, MaskValues::Numbers { classes: 3 });
        let mask = reading.mask([1, 3], &[2, 255, 0]).expect("known");
        assert_eq!(mask.classes(), [2, IGNORED, 0]);
    }

    #[test]
    fn touching_objects_are_kept_apart_by_their_borders() {
        let reading = MaskReading {
            border: Some(1),
            ..MaskReading::of(MaskValues::Binary)
        };
        let numbers = [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 5, 5, 5, 9, 9, 9],
            [0, 5, 5, 5, 9, 9, 9],
            [0, 5, 5, 5, 9, 9, 9],
        ];
        let mask = reading.mask([4, 7], &numbers.concat()).expect("numbers");
        let expected = [
            [0, 0, 0, 0, 0, 0, 0],
            [0, 2, 2, 2, 2, 2, 2],
            [0, 2, 1, 2, 2, 1, 1],
            [0, 2, 1, 2, 2, 1, 1],
        ];
        assert_eq!(mask.classes(), expected.concat());
        assert_eq!(reading.names(), ["background", "object", "border"]);
    }

    #[test]
    fn a_value_that_stands_for_no_class_is_refused() {
        let error = |values: MaskValues| values.mask([1, 2], &[2, 7], None).expect_err("7 is none");
        assert_eq!(
            error(MaskValues::Numbers { classes: 3 }).to_string(),
            "a mask has the value 7; classes are 0 to 2"
        );
        assert_eq!(
            error(MaskValues::Listed(vec![0, 2])).to_string(),
            "a mask has the value 7; the classes' values are 0, 2"
        );
    }
}
