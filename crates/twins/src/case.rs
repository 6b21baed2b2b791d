//! What is compared: a variant, perhaps for other images or with another output stride.

use std::fs;
use std::path::{Path, PathBuf};

use models::{ImageSpec, ModelConfig};

use crate::Fixture;

/// A variant with what its twin computes.
///
/// Its name is the variant's, and what is varied: `resnet50@161x197`, `resnet50@in1`,
/// `resnet50@os8`.
#[derive(Clone, Debug)]
pub struct Case<F> {
    /// The fixture's name.
    pub name: String,
    /// What the twin computes.
    pub fixture: F,
}

impl<F: Fixture> Case<F> {
    /// All that are committed, by name.
    ///
    /// # Panics
    /// Panics if a fixture cannot be read: `make.py` writes them.
    pub fn all() -> Vec<Self> {
        let entries = fs::read_dir(folder::<F>()).expect("the folder of fixtures");
        let paths = entries.map(|entry| entry.expect("a fixture").path());
        let mut paths: Vec<_> = paths
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// The one of this name, if it is committed.
    ///
    /// # Panics
    /// Panics if it cannot be read.
    pub fn find(name: &str) -> Option<Self> {
        let path = folder::<F>().join(format!("{name}.json"));
        path.exists().then(|| Self::read(&path))
    }

    fn read(path: &Path) -> Self {
        let read = |path| Ok(serde_json::from_str(&fs::read_to_string(path)?)?);
        let fixture: Result<_, std::io::Error> = read(path);
        Self {
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into(),
            fixture: fixture.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        }
    }

    /// The variant's name, without what is varied.
    pub fn variant(&self) -> &str {
        self.variations().0
    }

    /// The variant's configuration, varied.
    ///
    /// # Panics
    /// Panics if there is no such variant, or it has no such output stride.
    pub fn config(&self) -> ModelConfig {
        let [channels, height, width] = self.fixture.input();
        let (variant, varied) = self.variations();
        let config = models::create(variant)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name))
            .with_image(ImageSpec::new(channels, height, width));
        let stride = varied.into_iter().find_map(|part| part.strip_prefix("os"));
        match stride.map(|stride| stride.parse().expect("a number")) {
            None => config,
            Some(stride) => config
                .with_output_stride(stride)
                .unwrap_or_else(|error| panic!("{}: {error}", self.name)),
        }
    }

    fn variations(&self) -> (&str, Vec<&str>) {
        let mut parts = self.name.split('@');
        (parts.next().unwrap_or_default(), parts.collect())
    }
}

fn folder<F: Fixture>() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(F::FOLDER)
}
