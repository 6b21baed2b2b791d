//! The one list of metrics.

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};

use super::confusion::Confusion;
use super::distance::Distances;
use super::errors::Errors;
use super::overlap::Overlap;
use super::seen::Image;
use super::tally::Tally;

/// Which of two values is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The higher.
    Higher,
    /// The lower.
    Lower,
}

impl Better {
    /// Whether `a` is better than `b`. What is not a number is worse than any.
    pub fn is(self, a: f64, b: f64) -> bool {
        match (a.is_nan(), b.is_nan()) {
            (true, _) => false,
            (false, true) => true,
            (false, false) => match self {
                Self::Higher => a > b,
                Self::Lower => a < b,
            },
        }
    }
}

/// A metric of the list.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: &'static str,
    pub better: Better,
    pub read: Read,
    /// Makes room for what it is read from.
    want: fn(&mut Tallies),
}

/// How a metric is read from what was kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// A number.
    One(fn(&Tallies) -> f64),
}

/// A metric by its name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Named(pub &'static Entry);

impl Named {
    pub fn find(name: &str) -> Result<Self> {
        let found = LIST.iter().find(|entry| entry.name == name).map(Self);
        found.ok_or_else(|| {
            anyhow!(
                "there is no metric '{name}'; there are: {}",
                METRICS.join(", ")
            )
        })
    }
}

impl From<Named> for String {
    fn from(Named(entry): Named) -> Self {
        entry.name.to_string()
    }
}

impl TryFrom<String> for Named {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::find(&name).map_err(|error| error.to_string())
    }
}

/// Writes the list: what is kept of images, then each metric that is read from it, with what it
/// means, which of two values is better, and how it is read.
macro_rules! metrics {
    ($($kept:ident: $tally:ty {
        $($(#[doc = $about:literal])+ $name:literal $better:ident $read:ident($of:expr);)+
    })+) => {
        /// The names of the metrics that there are, beside `loss`.
        ///
        $($(
            #[doc = concat!("- `", $name, "`:" $(, $about)+)]
        )+)+
        pub const METRICS: &[&str] = &[$($($name),+),+];

        pub(super) const LIST: &[Entry] = &[$($(
            Entry {
                name: $name,
                better: Better::$better,
                read: metrics!(@$read $kept $of),
                want: |tallies| {
                    tallies.$kept.get_or_insert_default();
                },
            }
        ),+),+];

        /// What is kept for the metrics that were asked for.
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct Tallies {
            $(
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $kept: Option<$tally>,
            )+
        }

        impl Tallies {
            /// Whether one looks at probabilities.
            pub fn look_at_scores(&self) -> bool {
                [$(self.$kept.is_some() && <$tally>::SCORES),+].contains(&true)
            }

            /// The same, of one image.
            pub fn of(&self, image: &Image<'_>) -> Self {
                Self {
                    $($kept: self.$kept.as_ref().map(|_| <$tally>::of(image)),)+
                }
            }

            /// Adds what was kept of other images, so many times.
            pub fn add(&mut self, other: &Self, times: u64) {
                $(if let (Some(own), Some(other)) = (&mut self.$kept, &other.$kept) {
                    own.add(other, times);
                })+
            }
        }
    };
    (@one $kept:ident $of:expr) => {
        Read::One(|tallies| tallies.$kept.as_ref().map_or(f64::NAN, $of))
    };
}

impl Tallies {
    /// Of no image yet, for these metrics.
    pub fn wanted(metrics: &[Named]) -> Self {
        let mut tallies = Self::default();
        for Named(entry) in metrics {
            (entry.want)(&mut tallies);
        }
        tallies
    }
}

metrics! {
    confusion: Confusion {
        /// the part of the images, or pixels, whose likeliest class is the true one, 0 to 1.
        "accuracy" Higher one(Confusion::accuracy);
    }
    overlap: Overlap {
        /// the mean over images of the mean over foreground classes of `|P & T| / |P | T|`; a class
        /// that is in neither does not count, and an image without foreground in both counts as 1.
        "mean_iou" Higher one(Overlap::mean_iou);
    }
    errors: Errors {
        /// the mean of `|x - t|` over all values.
        "mae" Lower one(Errors::mae);
        /// the square root of the mean of `(x - t)^2` over all values.
        "rmse" Lower one(Errors::rmse);
    }
    distances: Distances {
        /// the mean over images and points of the distance between the highest places of the
        /// predicted and the true heat map, in pixels of the map.
        "mean_distance" Lower one(Distances::mean);
    }
}
