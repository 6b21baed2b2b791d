//! In which form a data set comes.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use models::Task;

use super::collection::{Collection, Wanted};
use super::{cifar, coco, folder, idx, index, numpy};

/// The forms of data sets that are not embedded.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Folder(PathBuf),
    Index(PathBuf),
    Coco(PathBuf),
    Idx(PathBuf),
    Cifar(PathBuf),
    Numpy(PathBuf),
}

impl Form {
    /// What a path leads to.
    ///
    /// # Errors
    /// If it leads nowhere, or to nothing that is known.
    pub fn of(data: &str, embedded: &[&str]) -> Result<Self> {
        let path = Path::new(data);
        let own = path.to_path_buf();
        if path.is_file() {
            let ending = path.extension().unwrap_or_default().to_string_lossy();
            return Ok(match ending.as_ref() {
                "csv" | "jsonl" => Self::Index(own),
                "json" => Self::Coco(own),
                "npz" => Self::Numpy(own),
                _ => bail!(
                    "'{data}' is no data set; a file of data must end in .csv, .jsonl, .json or \
                     .npz"
                ),
            });
        }
        if !path.is_dir() {
            bail!(
                "there is no data set and no folder '{data}'; give a folder's path or one of: {}",
                embedded.join(", ")
            );
        }
        Ok(match index::in_folder(path) {
            Some(index) => Self::Index(index),
            _ if path.join("train").is_dir() => Self::Folder(own),
            _ if !idx::pairs(path)?.is_empty() => Self::Idx(own),
            _ if !cifar::files(path)?.is_empty() => Self::Cifar(own),
            _ if !numpy::files_in(path)?.is_empty() => Self::Numpy(own),
            _ if !coco::files_in(path)?.is_empty() => Self::Coco(own),
            // Which says what there should be.
            _ => Self::Folder(own),
        })
    }

    /// What it is for, with as little reading as that takes.
    pub fn task(&self) -> Result<Task> {
        match self {
            Self::Folder(path) => folder::task_of(path),
            Self::Index(path) => index::task_of(path),
            Self::Coco(path) => coco::task_of(path),
            Self::Numpy(path) => numpy::task_of(path),
            Self::Idx(_) | Self::Cifar(_) => Ok(Task::Classification),
        }
    }

    /// Height and width of its images, where all have one that can be told at once.
    pub fn size(&self) -> Result<Option<[usize; 2]>> {
        Ok(match self {
            Self::Cifar(_) => Some(cifar::SIZE),
            Self::Idx(path) => Some(idx::size_of(path)?),
            Self::Numpy(path) => Some(numpy::size_of(path)?),
            Self::Folder(_) | Self::Index(_) | Self::Coco(_) => None,
        })
    }

    /// Lists its images.
    pub fn collect(&self, wanted: &Wanted) -> Result<Collection> {
        match self {
            Self::Folder(path) => folder::collect(path, wanted),
            Self::Index(path) => index::collect(path, wanted),
            Self::Coco(path) => coco::collect(path, wanted),
            Self::Idx(path) => idx::collect(path, wanted),
            Self::Cifar(path) => cifar::collect(path, wanted),
            Self::Numpy(path) => numpy::collect(path, wanted),
        }
    }
}
