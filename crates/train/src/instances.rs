//! The objects that a network finds in an image: a picture of their numbers, and lines of a table.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use image::{DynamicImage, ImageBuffer, Luma};

use crate::data::{Mask, Problem};
use crate::objects::Objects;

/// The objects of an image's mask, in pixels of the image.
pub(crate) struct Instances {
    size: [usize; 2],
    objects: Objects,
    /// The names of the classes.
    classes: Vec<String>,
}

impl Instances {
    /// The connected parts of the foreground classes; where the borders of objects are a class, their
    /// insides with the border that is nearest, as in the metrics.
    ///
    /// # Errors
    /// If there are more than 16 bits can number.
    pub fn of(problem: &Problem, mask: &Mask) -> Result<Self> {
        let size = mask.size();
        let border = problem.mask_values.as_ref().and_then(|own| own.border());
        let objects = match border {
            Some(_) => Objects::split(mask.classes(), size),
            None => Objects::of(mask.classes(), size),
        };
        let count = objects.iter().count();
        ensure!(
            count <= usize::from(u16::MAX),
            "{count} objects are found, more than the 65535 that a picture of 16 bits can number"
        );
        Ok(Self {
            size,
            objects,
            classes: problem.classes.clone(),
        })
    }

    /// A gray picture of 16 bits: 0 is the background, the n-th object is n.
    pub fn picture(&self) -> DynamicImage {
        let numbers: Vec<u16> = self
            .objects
            .places()
            .map(|place| place.map_or(0, |place| place as u16 + 1))
            .collect();
        let [height, width] = self.size.map(|side| side as u32);
        let picture: ImageBuffer<Luma<u16>, _> =
            ImageBuffer::from_raw(width, height, numbers).expect("a number for each pixel");
        picture.into()
    }
}

/// A table of objects in CSV, a line each.
pub(crate) struct Table(csv::Writer<File>);

impl Table {
    /// # Errors
    /// If the file is there, or cannot be made.
    pub fn create(path: &Path) -> Result<Self> {
        let create = || -> Result<Self> {
            let mut table = csv::Writer::from_writer(File::create_new(path)?);
            table.write_record([
                "image", "instance", "class", "area", "row", "column", "top", "left", "height",
                "width",
            ])?;
            Ok(Self(table))
        };
        create().with_context(|| format!("'{}' cannot be written", path.display()))
    }

    /// Writes the objects of an image: number, class, pixels, middle, and the box around it. Rows and
    /// columns count from 0, in the middles of pixels.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn push(&mut self, image: &Path, instances: &Instances) -> Result<()> {
        for (object, number) in instances.objects.iter().zip(1..) {
            let [row, column] = object.middle();
            let [rows, columns] = object.bounds();
            self.0.write_record([
                image.to_string_lossy().into_owned(),
                i32::to_string(&number),
                instances.classes[object.class as usize].clone(),
                object.area.to_string(),
                format!("{row:.2}"),
                format!("{column:.2}"),
                rows.start.to_string(),
                columns.start.to_string(),
                rows.len().to_string(),
                columns.len().to_string(),
            ])?;
        }
        // What was found before a failure stays.
        self.0
            .flush()
            .context("the table of objects cannot be written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Data, MaskValues, load};
    use tempfile::tempdir;

    const CLASSES: [[i32; 6]; 3] = [[1, 2, 2, 1, 0, 0], [2, 2, 2, 2, 0, 1], [0, 0, 0, 0, 0, 1]];

    fn instances(values: MaskValues) -> Instances {
        let mut problem = load(&Data::of("nuclei-mini"), 1).expect("embedded").problem;
        problem.classes = values.names();
        problem.mask_values = Some(values);
        let mask = Mask::new([3, 6], CLASSES.concat());
        Instances::of(&problem, &mask).expect("few")
    }

    #[test]
    fn objects_are_numbered_as_what_was_learned_tells_them_apart() {
        let numbers = |values| instances(values).picture().to_luma16().into_raw();
        let bordered = numbers(MaskValues::Objects { border: Some(1) });
        assert_eq!(bordered[..12], [1, 1, 2, 2, 0, 0, 1, 1, 2, 2, 0, 3]);
        let classes = numbers(MaskValues::Numbers { classes: 3 });
        assert_eq!(classes[..12], [1, 2, 2, 3, 0, 0, 2, 2, 2, 2, 0, 4]);
    }

    #[test]
    fn the_table_has_a_line_for_each_object() {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("objects.csv");
        let mut table = Table::create(&path).expect("a new file");
        let found = instances(MaskValues::Objects { border: Some(1) });
        table.push(Path::new("a, b.png"), &found).expect("writes");
        let text = std::fs::read_to_string(&path).expect("written");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "image,instance,class,area,row,column,top,left,height,width",
                "\"a, b.png\",1,object,4,0.50,0.50,0,0,2,2",
                "\"a, b.png\",2,object,4,0.50,2.50,0,2,2,2",
                "\"a, b.png\",3,object,2,1.50,5.00,1,5,2,1",
            ]
        );
        assert!(Table::create(&path).is_err(), "it is taken");
    }
}
