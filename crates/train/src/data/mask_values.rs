//! What the values of masks stand for.

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::mask::{IGNORED, Mask};
use super::numbered;

/// How masks are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MaskReading {
    /// What their values stand for.
    pub values: MaskValues,
    /// A value that stands for no class.
    pub ignored: Option<u16>,
}

impl MaskReading {
    /// Values that all stand for classes.
    pub fn of(values: MaskValues) -> Self {
        Self {
            values,
            ignored: None,
        }
    }

    /// Whether what their values stand for need not be looked up.
    pub fn is_told(&self) -> bool {
        use MaskValues::{Colours, Objects};
        matches!(self.values, Colours(_) | Objects { .. })
    }

    /// The same for masks that have these values, rising.
    ///
    /// # Errors
    /// If there are too many values for them to be classes.
    pub fn with_values(self, values: &[u16]) -> Result<Self> {
        if self.is_told() {
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

    /// The classes of a mask's values.
    ///
    /// # Errors
    /// If a value stands for none.
    pub fn mask(&self, size: [usize; 2], values: &[u16]) -> Result<Mask> {
        match self.values {
            MaskValues::Objects { border } => {
                let number = |&value: &u16| match Some(value) == self.ignored {
                    true => IGNORED,
                    false => i32::from(value),
                };
                let numbers = values.iter().map(number).collect();
                Ok(numbered::mask(numbers, size, border))
            }
            _ => self.values.mask(size, values, self.ignored),
        }
    }
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
    /// The value is the number of an object, from 1 on. Classes are the background and objects, or
    /// the background, what is inside of objects, and their borders.
    Objects {
        /// How wide borders are, in pixels; none: they are no class.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        border: Option<usize>,
    },
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
            Self::Objects { border } => {
                let classes = if border.is_some() { 3 } else { 2 };
                let names = ["background", "object", "border"].iter().take(classes);
                names.map(|name| name.to_string()).collect()
            }
        }
    }

    /// How wide the borders of objects are, where they are a class.
    pub fn border(&self) -> Option<usize> {
        match self {
            Self::Objects { border } => *border,
            _ => None,
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
            Self::Objects { .. } => Some(i32::from(value > 0)),
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
            Self::Objects { .. } => write!(f, "0 is background, all else the number of an object"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
