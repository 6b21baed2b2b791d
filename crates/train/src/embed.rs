//! What a trained network makes of images before it answers, and which images are alike by that.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::{Device, Tensor};
use models::Model;

use crate::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use crate::data::{Preprocessing, images_at};
use crate::learned::{Learned, Origin};
use crate::numpy_array::to_npy;
use crate::run_folder::write_aside;

/// Images that are seen together, where all come to one size.
const BATCH: usize = 16;

/// Images as a network sees them: the pooled features that its head is given.
///
/// Of a network that answers each pixel, the mean over its encoder's last map.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// The images' files.
    pub images: Vec<PathBuf>,
    /// How many numbers one image becomes.
    pub features: usize,
    /// Those of the first image, then those of the next.
    pub values: Vec<f32>,
}

/// An image that is like another.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbour {
    /// Its file.
    pub image: PathBuf,
    /// The cosine of the angle between both, -1 to 1: `a . b / (|a| |b|)`.
    pub similarity: f64,
}

impl Embeddings {
    /// Of images, and of all images in folders, by a network.
    ///
    /// # Errors
    /// If the network or the backend is not to be had, or an image cannot be read.
    pub fn of(
        origin: Origin<'_>,
        images: &[PathBuf],
        backend: &str,
        device: DeviceChoice,
    ) -> Result<Self> {
        let task = Embedding {
            origin,
            images: images_at(images)?,
            device,
        };
        run_on(backend, task)
    }

    /// The images that are most like one of this embedding, the most alike first.
    ///
    /// # Errors
    /// If it has not as many features.
    pub fn nearest(&self, query: &[f32], count: usize) -> Result<Vec<Neighbour>> {
        ensure!(
            query.len() == self.features,
            "an embedding of {} features cannot be compared with those of {}",
            query.len(),
            self.features
        );
        let rows = self.values.chunks(self.features).zip(&self.images);
        let mut all: Vec<_> = rows
            .map(|(row, image)| Neighbour {
                image: image.clone(),
                similarity: cosine(query, row),
            })
            .collect();
        // Those that are as much alike stay in the order of their names.
        all.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        all.truncate(count);
        Ok(all)
    }

    /// Writes them as an array of NumPy, `[images, features]`, and beside it a table of which row is
    /// which image, of the same name with `.csv`.
    ///
    /// # Errors
    /// If one of both is there already, or cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let table = path.with_extension("csv");
        ensure!(
            table != path,
            "'{}': give a name that ends in .npy; the table beside it ends in .csv",
            path.display()
        );
        for taken in [path, &table] {
            ensure!(
                !taken.exists(),
                "'{}' is taken; give another file with --out, or remove it",
                taken.display()
            );
        }
        let shape = [self.images.len(), self.features];
        write_aside(path, &to_npy(&shape, &self.values)?)?;
        write_aside(&table, &self.to_csv()?)
    }

    fn to_csv(&self) -> Result<Vec<u8>> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record(["row", "image"])?;
        for (row, image) in self.images.iter().enumerate() {
            table.write_record([&row.to_string(), &*image.to_string_lossy()])?;
        }
        table.into_inner().context("a table in memory")
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
        products.sum()
    };
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    // Of nothing there is no direction.
    if lengths > 0.0 {
        dot(a, b) / lengths
    } else {
        0.0
    }
}

struct Embedding<'a> {
    origin: Origin<'a>,
    images: Vec<PathBuf>,
    device: DeviceChoice,
}

impl BackendTask for Embedding<'_> {
    type Output = Embeddings;

    fn run<B: ComputeBackend>(self) -> Result<Embeddings> {
        let device = B::device(self.device)?;
        let Learned { problem, model, .. } = Learned::load(self.origin, &device)?;
        let preprocessing = &problem.preprocessing;
        // Images of their own sizes, or in tiles of them, come alone.
        let alike = preprocessing.size.is_some() && preprocessing.tiles().is_none();
        let (mut features, mut values) = (0, Vec::new());
        for images in self.images.chunks(if alike { BATCH } else { 1 }) {
            let embedded = embed(&model, preprocessing, images, &device)?;
            features = embedded.dims()[1];
            values.extend(embedded.try_into_data()?.try_to_vec::<f32>()?);
        }
        Ok(Embeddings {
            images: self.images,
            features,
            values,
        })
    }
}

fn embed(
    model: &Model,
    preprocessing: &Preprocessing,
    images: &[PathBuf],
    device: &Device,
) -> Result<Tensor<2>> {
    let read = |path: &PathBuf| Ok(preprocessing.tensor(preprocessing.read(path)?, device));
    let inputs = images.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(model.embeddings(Tensor::cat(inputs, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embeddings() -> Embeddings {
        Embeddings {
            images: ["a.png", "b.png", "c.png"].map(PathBuf::from).to_vec(),
            features: 2,
            values: vec![1.0, 0.0, 0.0, 2.0, -3.0, 0.0],
        }
    }

    #[test]
    fn the_nearest_is_in_the_same_direction_however_far() {
        let nearest = embeddings()
            .nearest(&[10.0, 0.0], 3)
            .expect("as many features");
        let found: Vec<_> = nearest
            .iter()
            .map(|one| (one.image.to_str().expect("text"), one.similarity))
            .collect();
        assert_eq!(found, [("a.png", 1.0), ("b.png", 0.0), ("c.png", -1.0)]);
        assert!(embeddings().nearest(&[1.0], 1).is_err());
    }

    #[test]
    fn what_is_written_is_an_array_of_numpy_and_a_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("e.npy");
        embeddings().write(&path).expect("written");
        let array =
            npyz::NpyFile::new(std::fs::File::open(&path).expect("there")).expect("an array");
        assert_eq!(array.shape(), [3, 2]);
        assert_eq!(
            array.into_vec::<f32>().expect("floats"),
            embeddings().values
        );
        let table = std::fs::read_to_string(folder.path().join("e.csv")).expect("there");
        assert_eq!(table, "row,image\n0,a.png\n1,b.png\n2,c.png\n");
        let again = embeddings().write(&path).expect_err("taken").to_string();
        assert!(again.contains("is taken"), "{again}");
    }
}
