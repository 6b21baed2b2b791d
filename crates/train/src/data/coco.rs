//! COCO's JSON: images, and polygons, runs or key points on them.
//!
//! `--data FILE.json`, or a folder with such files whose names hold `train`, `val` or `test`, in it
//! or in its `annotations`. Polygons and runs become a mask of the background and the categories,
//! later objects on top; with `data.mask_border`, of the background, objects of any category, and
//! their borders. Crowds do not count. Where a category has key points, they are learned: of the
//! largest object in each image.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use models::Task;
use serde::Deserialize;

use super::collection::{Collection, Known, Part, Wanted};
use super::files::{Answer, Entry, Files, stem_of};
use super::listing::{entries_of, name_of};
use super::mask::{IGNORED, INSIDE};
use super::mask_values::{MaskReading, MaskValues};
use super::shapes::{Form, Shape};

#[derive(Deserialize)]
struct Coco {
    images: Vec<Image>,
    #[serde(default)]
    annotations: Vec<Annotation>,
    #[serde(default)]
    categories: Vec<Category>,
}

#[derive(Deserialize)]
struct Image {
    id: i64,
    file_name: String,
}

#[derive(Deserialize)]
struct Category {
    id: i64,
    name: String,
    #[serde(default)]
    keypoints: Vec<String>,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: i64,
    category_id: i64,
    #[serde(default)]
    segmentation: Option<Segmentation>,
    #[serde(default)]
    keypoints: Vec<f32>,
    #[serde(default)]
    iscrowd: u8,
    #[serde(default)]
    area: f64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Segmentation {
    Polygons(Vec<Vec<f32>>),
    Runs { counts: Counts, size: [usize; 2] },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Counts {
    Plain(Vec<u64>),
    Packed(String),
}

/// The files of a folder that may be COCO's.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let annotations = folder.join("annotations");
    let mut files = Vec::new();
    for folder in [folder, &annotations] {
        if folder.is_dir() {
            files.extend(entries_of(folder)?);
        }
    }
    files.retain(|path| {
        let named = |part: &str| stem_of(path).contains(part);
        let json = path.extension().is_some_and(|ending| ending == "json");
        json && (named("train") || named("val") || named("test")) && !named("caption")
    });
    Ok(files)
}

/// What files are for: key points if a category has some.
pub(super) fn task_of(path: &Path) -> Result<Task> {
    let files = match path.is_dir() {
        true => files_in(path)?,
        false => vec![path.to_path_buf()],
    };
    let first = files.first().context("there is no file of annotations")?;
    Ok(read(first)?.task())
}

fn read(path: &Path) -> Result<Coco> {
    let bytes =
        std::fs::read(path).with_context(|| format!("'{}' cannot be read", path.display()))?;
    parse(&bytes).with_context(|| format!("'{}' is not COCO's JSON", path.display()))
}

fn parse(bytes: &[u8]) -> Result<Coco> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(Into::into)
}

impl Coco {
    fn task(&self) -> Task {
        let points = |category: &Category| !category.keypoints.is_empty();
        match self.categories.iter().any(points) {
            true => Task::KeyPoints,
            false => Task::Segmentation,
        }
    }

    /// The names of what is told: of the points, or of the classes, the background first.
    fn classes(&self) -> Vec<String> {
        match self.task() {
            Task::KeyPoints => {
                let points = self.categories.iter().map(|own| own.keypoints.clone());
                points.max_by_key(Vec::len).unwrap_or_default()
            }
            _ => {
                let background = std::iter::once("background".to_string());
                let names = self.categories.iter().map(|own| own.name.clone());
                background.chain(names).collect()
            }
        }
    }

    /// The answer of each image that has one, in the order of the images; `bordered`: objects of all
    /// categories are of one class.
    fn answers(&self, classes: &[String], bordered: bool) -> Result<Vec<(&Image, Answer)>> {
        let mut of_image: HashMap<i64, Vec<&Annotation>> = HashMap::new();
        for annotation in &self.annotations {
            of_image
                .entry(annotation.image_id)
                .or_default()
                .push(annotation);
        }
        let mut category_class = HashMap::new();
        for category in &self.categories {
            let class = match bordered {
                true => Some(INSIDE as usize),
                false => classes.iter().position(|name| *name == category.name),
            };
            category_class.insert(category.id, class);
        }
        let mut answers = Vec::new();
        for image in &self.images {
            let own = of_image.remove(&image.id).unwrap_or_default();
            let named = || format!("image '{}'", image.file_name);
            let answer = match self.task() {
                Task::KeyPoints => points_of(&own, classes.len()).with_context(named)?,
                _ => {
                    let shape = |annotation: &&Annotation| shape_of(annotation, &category_class);
                    let shapes = own.iter().filter_map(|own| shape(own).transpose());
                    let shapes: Result<Vec<_>> = shapes.collect();
                    Some(Answer::Shapes(Arc::new(shapes.with_context(named)?)))
                }
            };
            // An image without points says nothing of where they are.
            answers.extend(answer.map(|answer| (image, answer)));
        }
        Ok(answers)
    }
}

fn shape_of(
    annotation: &Annotation,
    classes: &HashMap<i64, Option<usize>>,
) -> Result<Option<Shape>> {
    let Some(segmentation) = &annotation.segmentation else {
        return Ok(None);
    };
    let class = match classes.get(&annotation.category_id) {
        _ if annotation.iscrowd > 0 => IGNORED,
        Some(Some(class)) => *class as i32,
        _ => bail!(
            "it has an object of category {}, which is none of those learned",
            annotation.category_id
        ),
    };
    let form = match segmentation {
        Segmentation::Polygons(polygons) => {
            let corners = |polygon: &Vec<f32>| {
                let pairs = polygon.chunks_exact(2);
                pairs.map(|pair| [pair[1], pair[0]]).collect()
            };
            Form::Polygons(polygons.iter().map(corners).collect())
        }
        Segmentation::Runs { counts, size } => Form::Runs {
            size: *size,
            counts: match counts {
                Counts::Plain(counts) => counts.clone(),
                Counts::Packed(text) => unpack(text)?,
            },
        },
    };
    Ok(Some(Shape { class, form }))
}

/// The points of the largest object that has some. COCO counts from the image's corner.
fn points_of(annotations: &[&Annotation], count: usize) -> Result<Option<Answer>> {
    let with_points = annotations
        .iter()
        .filter(|own| own.keypoints.chunks_exact(3).any(|point| point[2] > 0.0));
    let Some(largest) = with_points.max_by(|a, b| a.area.total_cmp(&b.area)) else {
        return Ok(None);
    };
    ensure!(
        largest.keypoints.len() == 3 * count,
        "it has {} numbers of key points; there must be 3 for each of {count}",
        largest.keypoints.len()
    );
    let point = |point: &[f32]| (point[2] > 0.0).then(|| [point[1] - 0.5, point[0] - 0.5]);
    let points = largest.keypoints.chunks_exact(3).map(point);
    Ok(Some(Answer::Points(points.collect())))
}

/// COCO's packed runs: groups of 5 bits from the lowest on, each in a character from '0' on whose
/// bit 6 says that more follow; from the third on, differences to the one before the last.
fn unpack(text: &str) -> Result<Vec<u64>> {
    let mut counts: Vec<i64> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let (mut byte, mut value, mut bits) = (first, 0i64, 0);
        loop {
            ensure!(
                (48..112).contains(&byte) && bits < 60,
                "a packed run-length mask is damaged"
            );
            let group = i64::from(byte - 48);
            value |= (group & 0x1f) << bits;
            bits += 5;
            if group & 0x20 == 0 {
                // The highest bit of the last group is the sign.
                if group & 0x10 != 0 {
                    value |= -1 << bits;
                }
                break;
            }
            byte = bytes
                .next()
                .context("a packed run-length mask ends early")?;
        }
        if counts.len() > 2 {
            value = value.wrapping_add(counts[counts.len() - 2]);
        }
        counts.push(value);
    }
    counts
        .into_iter()
        .map(|count| u64::try_from(count).context("a packed run-length mask has a negative run"))
        .collect()
}

/// Lists a file's images, or those of a folder's files.
pub(super) fn collect(path: &Path, wanted: &Wanted) -> Result<Collection> {
    let files: Vec<(Option<Part>, PathBuf)> = match path.is_dir() {
        false => vec![(None, path.to_path_buf())],
        true => {
            let part = |path: PathBuf| {
                let stem = stem_of(&path);
                let of = |part: &Part| stem.contains(&part.name()[..3]);
                (Part::ALL.iter().find(|part| of(part)).copied(), path)
            };
            files_in(path)?.into_iter().map(part).collect()
        }
    };
    for (place, (part, file)) in files.iter().enumerate() {
        let same = files[..place].iter().find(|(other, _)| other == part);
        if let Some((_, other)) = same {
            bail!(
                "'{}' and '{}' are for one part; give the one to use by its path",
                other.display(),
                file.display()
            );
        }
    }
    let (mut entries, mut known) = (Vec::new(), Vec::new());
    let masks = MaskReading::of(match wanted.settings.mask_border {
        None => MaskValues::Binary,
        border => MaskValues::Objects { border },
    });
    let mut said: Option<(Task, Vec<String>)> = None;
    for (part, file) in &files {
        let coco = read(file)?;
        let own = match (coco.task(), masks.values.border()) {
            (Task::Segmentation, Some(_)) => (Task::Segmentation, masks.values.names()),
            (task, _) => (task, coco.classes()),
        };
        let (task, classes) = match (&said, wanted.learned) {
            (Some(said), _) => said.clone(),
            (None, Some(learned)) => (own.0, learned.classes.clone()),
            (None, None) => own.clone(),
        };
        ensure!(
            own.0 == task,
            "'{}' is for {}, not for {task}",
            file.display(),
            own.0
        );
        wanted.check_task(task, &format!("'{}'", file.display()))?;
        let places = Places::of(file, *part);
        let answers = coco.answers(&classes, masks.values.border().is_some());
        let answers = answers.with_context(|| format!("'{}'", file.display()))?;
        for (image, answer) in answers {
            entries.push(Entry {
                name: stem_of(Path::new(&image.file_name)),
                image: places.find(&image.file_name, wanted.listing)?,
                page: 0,
                answer,
            });
            known.push(Known {
                part: *part,
                ..Known::default()
            });
        }
        said = Some((task, classes));
    }
    let (task, classes) = said.context("there is no file of annotations")?;
    ensure!(
        classes.len() <= 256,
        "'{}' has {} categories; at most 255 are learned",
        path.display(),
        classes.len() - 1
    );
    ensure!(
        !entries.is_empty(),
        "'{}' has no image with an answer",
        path.display()
    );
    let mask_values = (task == Task::Segmentation).then(|| match masks.values.border() {
        Some(_) => masks.values.clone(),
        None => MaskValues::Numbers {
            classes: classes.len() as u16,
        },
    });
    let source = files.iter().fold(
        Files::new(entries, masks, 1).with_pages(wanted.settings.pages),
        |source, (_, file)| source.listed_by(file),
    );
    Ok(Collection {
        origin: format!("'{}'", path.display()),
        source: Arc::new(source),
        known,
        task,
        classes,
        mask_values,
        mirrors: task != Task::KeyPoints,
    })
}

/// Where the images of a file may be.
struct Places(Vec<PathBuf>);

impl Places {
    fn of(file: &Path, part: Option<Part>) -> Self {
        let folder = file.parent().unwrap_or(Path::new("")).to_path_buf();
        let root = match name_of(&folder).as_str() {
            "annotations" => folder.parent().unwrap_or(Path::new("")).to_path_buf(),
            _ => folder.clone(),
        };
        let stem = stem_of(file);
        // COCO's own: annotations/instances_train2017.json with train2017.
        let own = stem.rsplit('_').next().unwrap_or_default();
        let mut places = vec![folder, root.join("images"), root.join(own), root.clone()];
        places.extend(part.map(|part| root.join(part.name())));
        Self(places)
    }

    fn find(&self, name: &str, listing: bool) -> Result<PathBuf> {
        let mut paths = self.0.iter().map(|folder| folder.join(name));
        match paths.find(|path| path.is_file()) {
            Some(path) => Ok(path),
            // The first image's place is enough to say what is wrong.
            None if listing => Ok(self.0[0].join(name)),
            None => bail!(
                "the image '{name}' is in none of these folders: {}",
                self.0
                    .iter()
                    .map(|folder| format!("'{}'", folder.display()))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    /// Worked out by hand: from the fourth on, 31 and 24 stand for -1 and -8.
    #[test]
    fn packed_runs_are_differences() {
        assert_eq!(unpack("139").expect("whole"), [1, 3, 9]);
        assert_eq!(unpack("139OH").expect("whole"), [1, 3, 9, 2, 1]);
        assert_eq!(unpack("P1").expect("whole"), [32]);
        for wrong in ["P", "\u{7f}", "1 ", "O"] {
            assert!(unpack(wrong).is_err(), "{wrong:?}");
        }
    }

    const SMALL: &str = r#"{
        "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
        "annotations": [
            {"image_id": 1, "category_id": 7, "segmentation": [[0, 0, 2, 0, 2, 2, 0, 2]]},
            {"image_id": 1, "category_id": 8, "iscrowd": 1,
             "segmentation": {"counts": [12, 4], "size": [4, 4]}}
        ],
        "categories": [{"id": 7, "name": "cell"}, {"id": 8, "name": "dust"}]
    }"#;

    fn drawn(coco: &Coco) -> Result<Vec<Vec<i32>>> {
        let answers = coco.answers(&coco.classes(), false)?;
        let draw = |(_, answer): (&Image, Answer)| match answer {
            Answer::Shapes(shapes) => Ok(Shape::draw(&shapes, [4, 4], None)?.into_parts().0),
            _ => Ok(Vec::new()),
        };
        answers.into_iter().map(draw).collect()
    }

    #[test]
    fn objects_become_masks_and_crowds_do_not_count() {
        let coco = parse(SMALL.as_bytes()).expect("COCO");
        assert_eq!(coco.classes(), ["background", "cell", "dust"]);
        let masks = drawn(&coco).expect("masks");
        let row = [1, 1, 0, IGNORED];
        let rest = [0, 0, 0, IGNORED];
        assert_eq!(masks[0], [row, row, rest, rest].concat());
        assert_eq!(masks[1], [0; 16]);
    }

    #[test]
    fn objects_have_borders_where_that_is_wanted() {
        let folder = tempfile::tempdir().expect("a folder");
        let image = image::GrayImage::new(4, 4);
        for name in ["a.png", "b.png"] {
            image.save(folder.path().join(name)).expect("writes");
        }
        let path = folder.path().join("cells.json");
        std::fs::write(&path, SMALL).expect("writes");
        let mut settings = crate::data::Data::of(&path.to_string_lossy());
        settings.mask_border = Some(1);
        let wanted = Wanted {
            settings: &settings,
            learned: None,
            listing: false,
        };
        let found = collect(&path, &wanted).expect("COCO");
        assert_eq!(found.classes, ["background", "object", "border"]);
        let border = MaskValues::Objects { border: Some(1) };
        assert_eq!(found.mask_values, Some(border));
        let crate::data::Target::Mask(mask) = found.source.get(0).expect("reads").target else {
            panic!("a mask");
        };
        let rows = [[1, 2, 0, IGNORED], [2, 2, 0, IGNORED]];
        assert_eq!(mask.classes()[..8], rows.concat());
    }

    #[test]
    fn the_points_of_the_largest_object_are_learned() {
        let text = r#"{
            "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}],
            "annotations": [
                {"image_id": 1, "category_id": 1, "area": 5, "keypoints": [9, 9, 2, 9, 9, 2]},
                {"image_id": 1, "category_id": 1, "area": 50, "keypoints": [4.5, 2.5, 2, 0, 0, 0]}
            ],
            "categories": [{"id": 1, "name": "hand", "keypoints": ["thumb", "ring"]}]
        }"#;
        let coco = parse(text.as_bytes()).expect("COCO");
        assert_eq!(coco.classes(), ["thumb", "ring"]);
        let answers = coco.answers(&coco.classes(), false).expect("points");
        assert_eq!(answers.len(), 1, "the second image has none");
        let Answer::Points(points) = &answers[0].1 else {
            panic!("points");
        };
        assert_eq!(points, &[Some([2.0, 4.0]), None]);
    }

    #[test]
    fn damaged_files_are_errors() {
        for bytes in mutations(SMALL.as_bytes(), 3000) {
            if let Ok(coco) = parse(&bytes) {
                drawn(&coco).ok();
            }
        }
    }
}
