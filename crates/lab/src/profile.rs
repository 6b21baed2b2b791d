//! How much is done.

use serde::{Deserialize, Serialize};

/// How much is done, and on which images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// All steps of all experiments on next to nothing: whether they run, not what they say.
    Tiny,
    /// On the images inside the program, in a quarter of an hour on two cores.
    Quick,
    /// On CIFAR-10, MNIST and nuclei, in hours.
    Full,
}

impl Profile {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Quick => "quick",
            Self::Full => "full",
        }
    }
}
