//! The data sets that are inside the program.

use anyhow::Result;
use models::Task;

use super::DataSet;
use super::mnist::mnist_mini;
use super::nuclei::{nuclei_mini, nuclei_noisy, nuclei_points};
use super::settings::Data;

/// A data set that needs no files.
pub(super) struct Embedded {
    pub name: &'static str,
    pub task: Task,
    /// Height and width of its images.
    pub size: [usize; 2],
    /// Reads it, as the settings say, and shares it out by a seed.
    pub load: fn(&Data, u64) -> Result<DataSet>,
}

const SETS: [Embedded; 4] = [
    Embedded {
        name: "mnist-mini",
        task: Task::Classification,
        size: [28, 28],
        load: mnist_mini,
    },
    Embedded {
        name: "nuclei-mini",
        task: Task::Segmentation,
        size: [256, 256],
        load: nuclei_mini,
    },
    Embedded {
        name: "nuclei-noisy",
        task: Task::Regression,
        size: [256, 256],
        load: nuclei_noisy,
    },
    Embedded {
        name: "nuclei-points",
        task: Task::KeyPoints,
        size: [64, 64],
        load: nuclei_points,
    },
];

/// The names of the data sets that are embedded.
pub const EMBEDDED: [&str; SETS.len()] = [SETS[0].name, SETS[1].name, SETS[2].name, SETS[3].name];

impl Embedded {
    pub fn named(name: &str) -> Option<&'static Self> {
        const ALL: &[Embedded] = &SETS;
        ALL.iter().find(|set| set.name == name)
    }
}
