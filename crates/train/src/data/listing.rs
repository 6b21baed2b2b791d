//! Which files and folders there are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::image_file::ENDINGS;

/// The images of a folder, in the order of their names.
pub(super) fn images(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut images = entries_of(folder)?;
    images.retain(|path| {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        ENDINGS.contains(&ending.to_lowercase().as_str())
    });
    if images.is_empty() {
        bail!(
            "the folder '{}' has no images; they end in: {}",
            folder.display(),
            ENDINGS.join(", ")
        );
    }
    Ok(images)
}

/// The folders in a folder, in the order of their names.
pub(super) fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = entries_of(folder)?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// What is in a folder, in the order of their names, without what systems hide there.
pub(super) fn entries_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("the folder '{}' cannot be read", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.retain(|path| {
        let name = name_of(path);
        !name.starts_with('.') && name != "__MACOSX"
    });
    paths.sort();
    Ok(paths)
}

/// A file's or a folder's name.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
