//! Which files and folders there are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::image_file::ENDINGS;

/// The images of a folder, in the order of their names.
pub(super) fn images(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut images = entries_of(folder)?;
    images.retain(|path| is_image(path));
    if images.is_empty() {
        bail!(none_in(folder));
    }
    Ok(images)
}

/// These images, and all those in these folders and in folders in them.
///
/// # Errors
/// If one is not there, or a folder has none.
pub(crate) fn images_at(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let about = std::fs::metadata(path)
            .with_context(|| format!("the image '{}' cannot be opened", path.display()))?;
        if !about.is_dir() {
            found.push(path.clone());
            continue;
        }
        let before = found.len();
        collect(path, &mut found)?;
        if found.len() == before {
            bail!(none_in(path));
        }
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for path in entries_of(folder)? {
        match path.is_dir() {
            true => collect(&path, found)?,
            false if is_image(&path) => found.push(path),
            false => {}
        }
    }
    Ok(())
}

fn is_image(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    ENDINGS.contains(&ending.to_lowercase().as_str())
}

fn none_in(folder: &Path) -> String {
    format!(
        "the folder '{}' has no images; they end in: {}",
        folder.display(),
        ENDINGS.join(", ")
    )
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
