//! What the bench and its workers say to each other, in lines of JSON.
//!
//! The bench sends a [`Job`] and the worker answers [`Answer::Ready`]. Then each [`Request`] gets
//! its answer. The peers' workers in `peers/` speak the same.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::case::Mode;

/// What a worker is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The model or block.
    pub case: String,
    pub mode: Mode,
    /// Images at a time.
    pub batch: usize,
    /// Channels, height, width.
    pub input: [usize; 3],
    pub threads: usize,
    /// The weights of a model of ours, where they are not drawn. Peers draw theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Do it once.
    Run,
    /// Say what it took, and end.
    End,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The model is made.
    Ready { parameters: usize },
    /// It was done once, in so many seconds.
    Ran { seconds: f64 },
    /// The most memory that the worker had, where the system tells.
    Ended { peak_rss_mib: Option<f64> },
    /// It cannot be done.
    Failed { reason: String },
}
