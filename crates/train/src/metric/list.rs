//! The one list of metrics.

use anyhow::{Result, anyhow};
use models::Task;
use serde::{Deserialize, Serialize};

use super::boundary::Boundary;
use super::calibration::Calibration;
use super::confusion::Confusion;
use super::distance::Distances;
use super::errors::Errors;
use super::instances::Instances;
use super::overlap::Overlap;
use super::ranking::Ranking;
use super::seen::Image;
use super::similarity::Similarity;
use super::tally::Tally;
use super::top::Top;

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
    /// The tasks that it says something of.
    pub tasks: &'static [Task],
    /// Makes room for what it is read from.
    want: fn(&mut Tallies),
}

/// How a metric is read from what was kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// A number.
    One(fn(&Tallies) -> f64),
    /// A number for each class.
    Each(fn(&Tallies, usize) -> f64),
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
/// means, which of two values is better, how it is read, and the tasks that it is of.
macro_rules! metrics {
    ($($kept:ident: $tally:ty {
        $($(#[doc = $about:literal])+ $name:literal $better:ident $read:ident($of:expr) $($task:ident)|+;)+
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
                tasks: &[$(Task::$task),+],
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
    (@each $kept:ident $of:expr) => {
        Read::Each(|tallies, class| {
            let kept = tallies.$kept.as_ref();
            kept.map_or(f64::NAN, |kept| $of(kept, class))
        })
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
        "accuracy" Higher one(Confusion::accuracy) Classification | Segmentation;
        /// the mean of `recall` over the classes that are true somewhere.
        "balanced_accuracy" Higher one(Confusion::balanced_accuracy) Classification | Segmentation;
        /// for each class, the part of what was taken for it that is of it, over all images or
        /// pixels.
        "precision" Higher each(Confusion::precision) Classification | Segmentation;
        /// for each class, the part of what is of it that was taken for it, over all images or
        /// pixels.
        "recall" Higher each(Confusion::recall) Classification | Segmentation;
        /// for each class, the harmonic mean of `precision` and `recall`.
        "f1" Higher each(Confusion::dice) Classification;
        /// the mean of `f1` over the classes that are true or predicted somewhere.
        "mean_f1" Higher one(Confusion::mean_f1) Classification;
        /// for each class, `|P & T| / |P | T|` of the pixels of all images together.
        "iou" Higher each(Confusion::iou) Segmentation;
        /// the mean of `iou` over the foreground classes that are true or predicted somewhere.
        "pooled_iou" Higher one(Confusion::pooled_iou) Segmentation;
        /// for each class, `2 |P & T| / (|P| + |T|)` of the pixels of all images together.
        "dice" Higher each(Confusion::dice) Segmentation;
        /// the mean of `dice` over the foreground classes that are true or predicted somewhere.
        "pooled_dice" Higher one(Confusion::pooled_dice) Segmentation;
    }
    overlap: Overlap {
        /// the mean over images of the mean over foreground classes of `|P & T| / |P | T|`; a class
        /// that is in neither does not count, and an image without foreground in both counts as 1.
        "mean_iou" Higher one(Overlap::mean_iou) Segmentation;
        /// the same of `2 |P & T| / (|P| + |T|)`.
        "mean_dice" Higher one(Overlap::mean_dice) Segmentation;
        /// for each class, the mean of its IoU over the images in which it is true or predicted.
        "image_iou" Higher each(Overlap::image_iou) Segmentation;
        /// for each class, the mean of its Dice over the images in which it is true or predicted.
        "image_dice" Higher each(Overlap::image_dice) Segmentation;
    }
    top: Top {
        /// the part of the images whose true class is among the two likeliest.
        "top2" Higher one(Top::within::<2>) Classification;
        /// the same of the three likeliest.
        "top3" Higher one(Top::within::<3>) Classification;
        /// the same of the five likeliest.
        "top5" Higher one(Top::within::<5>) Classification;
        /// the same of the ten likeliest.
        "top10" Higher one(Top::within::<10>) Classification;
    }
    ranking: Ranking {
        /// for each class, the area under the receiver operating characteristic of its probability:
        /// how often an image of the class has a higher one than another, a tie counting half.
        "auroc" Higher each(Ranking::auroc) Classification;
        /// the mean of `auroc` over the classes that are true somewhere, and not everywhere.
        "mean_auroc" Higher one(Ranking::mean_auroc) Classification;
    }
    calibration: Calibration {
        /// the expected calibration error: `|accuracy - mean probability|` of the likeliest class in
        /// 15 bins of that probability, averaged over all images or pixels (Guo et al. 2017,
        /// <https://arxiv.org/abs/1706.04599>).
        "ece" Lower one(Calibration::error) Classification | Segmentation;
    }
    boundary: Boundary {
        /// the mean over images and their foreground classes of the F1 score of outlines: a pixel is
        /// right that is at most 2 pixels from the other outline; as `mean_iou` of classes that are
        /// not there (Csurka et al. 2013, <https://doi.org/10.5244/C.27.32>).
        "boundary_f1" Higher one(Boundary::f1) Segmentation;
        /// the mean over images and their foreground classes of the distance, in pixels, that 95 % of
        /// an outline's pixels keep to the other, the larger of both ways; the image's diagonal where
        /// one has no outline, 0 where none has.
        "hausdorff95" Lower one(Boundary::hausdorff) Segmentation;
    }
    instances: Instances {
        /// objects that are pairs, by pairs and what is left over in the answer and in the truth: the
        /// mean over the thresholds 0.5, 0.55, ... 0.95 that their IoU exceeds, and over images, as
        /// in the Data Science Bowl of 2018. Objects are connected parts of a foreground class, or
        /// those that instance maps number; with `data.mask_border`, answers are split at borders.
        "average_precision" Higher one(Instances::average_precision) Segmentation;
        /// the sum of the IoU of pairs above 1/2, by pairs and half of what is left over, over the
        /// objects of all images; the mean over the foreground classes that are there (Kirillov et
        /// al. 2019, <https://arxiv.org/abs/1801.00868>).
        "panoptic_quality" Higher one(Instances::panoptic_quality) Segmentation;
        /// the aggregated Jaccard index: what each object and its best answer have in common, by
        /// their union and the answers left over; the mean over images (Kumar et al. 2017,
        /// <https://doi.org/10.1109/TMI.2017.2677499>).
        "aji" Higher one(Instances::aggregated_jaccard) Segmentation;
    }
    errors: Errors {
        /// the mean of `|x - t|` over all values.
        "mae" Lower one(Errors::mae) Regression;
        /// the square root of the mean of `(x - t)^2` over all values.
        "rmse" Lower one(Errors::rmse) Regression;
        /// the mean over pictures of `-10 log10` of the mean of `(x - t)^2`, in decibels; 100 at most.
        "psnr" Higher one(Errors::psnr) Regression;
    }
    similarity: Similarity {
        /// structural similarity, the mean over pictures, channels and places (Wang et al. 2004,
        /// <https://doi.org/10.1109/TIP.2003.819861>), as in the loss of this name.
        "ssim" Higher one(Similarity::ssim) Regression;
    }
    distances: Distances {
        /// the mean over images and points of the distance between the highest places of the
        /// predicted and the true heat map, in pixels of the map.
        "mean_distance" Lower one(Distances::mean) KeyPoints;
        /// the part of the points of all images for which this distance is at most a tenth of the
        /// map's longer side.
        "pck" Higher one(Distances::within::<10>) KeyPoints;
        /// the same of a twentieth.
        "pck05" Higher one(Distances::within::<5>) KeyPoints;
        /// the same of a fifth.
        "pck20" Higher one(Distances::within::<20>) KeyPoints;
    }
}
