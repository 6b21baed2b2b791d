//! An index of images: a table in CSV, or objects in lines of JSON.
//!
//! `index.csv` or `index.jsonl` in a folder, or any such file by its path. Columns, or keys:
//!
//! | name | what |
//! |---|---|
//! | `image` | the image's file, from the index on |
//! | `label` | its class, or |
//! | `mask` | its mask's file, or |
//! | `instances` | the file that numbers its objects, or |
//! | `target` | the file of the picture that it is to become, or |
//! | `points` | places in it: `ROW COLUMN; ROW COLUMN; -`, in JSON `[[ROW, COLUMN], null]` |
//! | `split` | `train`, `valid` or `test`; empty: drawn |
//! | `group` | images of one group stay in one part |
//! | `weight` | how often it is learned from, with `data.sampling = "weighted"` |
//!
//! Other columns are left alone.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use models::Task;
use serde_json::{Map, Value};

use super::collection::{Collection, Known, Part, Wanted};
use super::files::{Answer, Entry, Files, stem_of};
use super::image_file::{open, pages_of, read_header};
use super::mask_file::values_of;
use super::pages::Pages;

/// The names of an index in a folder.
const NAMES: [&str; 2] = ["index.csv", "index.jsonl"];

/// The columns that say what is to be learned, and for what.
const ANSWERS: [(&str, Task); 5] = [
    ("label", Task::Classification),
    ("mask", Task::Segmentation),
    ("instances", Task::Segmentation),
    ("target", Task::Regression),
    ("points", Task::KeyPoints),
];

/// The index in a folder; none if there is none that lists images.
pub(super) fn in_folder(folder: &Path) -> Option<std::path::PathBuf> {
    let paths = NAMES.map(|name| folder.join(name));
    paths.into_iter().find(|path| {
        let lists = |line: String| {
            let json = path.extension().is_some_and(|ending| ending == "jsonl");
            json || line.split(',').any(|column| column.trim() == "image")
        };
        first_line(path).is_ok_and(lists)
    })
}

fn first_line(path: &Path) -> Result<String> {
    let mut line = String::new();
    // A file without lines is no index.
    BufReader::new(open(path)?)
        .take(1 << 16)
        .read_line(&mut line)?;
    Ok(line)
}

/// What an index is for: its first line tells.
pub(super) fn task_of(path: &Path) -> Result<Task> {
    let line = first_line(path).with_context(|| cannot(path))?;
    let rows = match is_csv(path) {
        // The header alone tells which columns there are.
        true => csv_rows(format!("{line}\n{}", ",".repeat(line.matches(',').count())).as_bytes()),
        false => json_rows(line.as_bytes()),
    };
    task_among(&rows.with_context(|| cannot(path))?).with_context(|| cannot(path))
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "csv")
}

fn cannot(path: &Path) -> String {
    format!("the index '{}' cannot be used", path.display())
}

/// A line of an index: what its columns hold.
struct Row {
    line: u64,
    columns: Map<String, Value>,
}

fn csv_rows(file: impl Read) -> Result<Vec<Row>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(file);
    let header = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let columns = header.iter().zip(&record);
        let columns = columns.map(|(name, value)| (name.to_string(), Value::from(value)));
        rows.push(Row {
            line,
            columns: columns.collect(),
        });
    }
    Ok(rows)
}

fn json_rows(file: impl Read) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (number, text) in BufReader::new(file).lines().enumerate() {
        let (line, text) = (number as u64 + 1, text?);
        if text.trim().is_empty() {
            continue;
        }
        let columns = serde_json::from_str(&text).with_context(|| format!("line {line}"))?;
        rows.push(Row { line, columns });
    }
    Ok(rows)
}

impl Row {
    /// What a column holds; none if it is empty or not there.
    fn text(&self, name: &str) -> Result<Option<String>> {
        Ok(match self.columns.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(other) => bail!("{name} = {other}: must be a text or a number"),
        })
    }

    fn needed(&self, name: &str) -> Result<String> {
        let text = self.text(name)?;
        text.with_context(|| format!("it has no '{name}'"))
    }

    fn known(&self) -> Result<Known> {
        let part = match self.text("split")? {
            None => None,
            Some(name) => Some(Part::named(&name).with_context(|| {
                format!("split = '{name}': must be train, valid or test, or empty")
            })?),
        };
        let weight =
            match self.text("weight")? {
                None => None,
                Some(text) => {
                    let weight = text.parse::<f64>().ok();
                    let weight = weight.filter(|weight| weight.is_finite() && *weight >= 0.0);
                    Some(weight.with_context(|| {
                        format!("weight = '{text}': must be a number, at least 0")
                    })?)
                }
            };
        Ok(Known {
            part,
            class: None,
            group: self.text("group")?,
            weight,
        })
    }

    fn points(&self) -> Result<Vec<Option<[f32; 2]>>> {
        match self.columns.get("points") {
            Some(Value::String(text)) => text.split(';').map(point).collect(),
            Some(points) => serde_json::from_value(points.clone())
                .context("points: must be a list of [row, column] or null"),
            None => bail!("it has no 'points'"),
        }
    }
}

/// `ROW COLUMN`, or `-`.
fn point(text: &str) -> Result<Option<[f32; 2]>> {
    if text.trim() == "-" {
        return Ok(None);
    }
    let numbers: Vec<f32> = text
        .split_whitespace()
        .filter_map(|n| n.parse().ok())
        .collect();
    match numbers[..] {
        [row, column] if row.is_finite() && column.is_finite() => Ok(Some([row, column])),
        _ => bail!("points: '{text}' must be ROW COLUMN, or - for one that is not to be seen"),
    }
}

/// The one answer that rows have.
fn task_among(rows: &[Row]) -> Result<Task> {
    let first = rows.first().context("it has no lines")?;
    let there = |(name, _): &&(&str, Task)| first.columns.contains_key(*name);
    let answers: Vec<_> = ANSWERS.iter().filter(there).collect();
    match answers[..] {
        [(_, task)] => Ok(*task),
        [] => bail!(
            "it has no column of answers, one of {}; it has: {}",
            ANSWERS.map(|(name, _)| name).join(", "),
            first.columns.keys().cloned().collect::<Vec<_>>().join(", ")
        ),
        [(a, _), (b, _), ..] => bail!("it has both '{a}' and '{b}'; keep the one to be learned"),
    }
}

/// Classes in the order of their numbers, if they are numbers, or of their names.
fn in_order(labels: BTreeSet<String>) -> Vec<String> {
    let mut labels: Vec<_> = labels.into_iter().collect();
    let number = |label: &String| label.parse::<u64>().ok();
    if labels.iter().all(|label| number(label).is_some()) {
        labels.sort_by_key(number);
    }
    labels
}

/// Lists the images of an index.
pub(super) fn collect(path: &Path, wanted: &Wanted) -> Result<Collection> {
    let file = open(path)?;
    let rows = match is_csv(path) {
        true => csv_rows(file),
        false => json_rows(file),
    };
    listed(path, rows.with_context(|| cannot(path))?, wanted).with_context(|| cannot(path))
}

fn listed(path: &Path, rows: Vec<Row>, wanted: &Wanted) -> Result<Collection> {
    let task = task_among(&rows)?;
    wanted.check_task(task, "it")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let classes = match (wanted.learned, task) {
        (Some(learned), _) => learned.classes.clone(),
        (None, Task::Classification) => {
            let label = |row: &Row| {
                let label = row.needed("label");
                label.with_context(|| format!("line {}", row.line))
            };
            let classes = in_order(rows.iter().map(label).collect::<Result<_>>()?);
            ensure!(
                classes.len() >= 2,
                "it has {} labels; there must be two or more classes",
                classes.len()
            );
            classes
        }
        (None, Task::KeyPoints) => {
            let count = rows[0].points()?.len();
            (1..=count)
                .map(|number| format!("point {number}"))
                .collect()
        }
        _ => Vec::new(),
    };
    let (mut entries, mut known) = (Vec::new(), Vec::new());
    for row in &rows {
        let pushed = || -> Result<(Entry, Known)> {
            let mut known = row.known()?;
            let answer = match task {
                Task::Classification => {
                    let label = row.needed("label")?;
                    let class = classes.iter().position(|class| *class == label);
                    known.class = Some(class.with_context(|| {
                        format!("label '{label}': the classes are {}", classes.join(", "))
                    })?);
                    Answer::Class(known.class.unwrap_or_default())
                }
                Task::Segmentation if row.columns.contains_key("instances") => {
                    Answer::Objects(folder.join(row.needed("instances")?))
                }
                Task::Segmentation => Answer::Mask(folder.join(row.needed("mask")?)),
                Task::KeyPoints => {
                    let points = row.points()?;
                    ensure!(
                        points.len() == classes.len(),
                        "it has {} points, the first line {}",
                        points.len(),
                        classes.len()
                    );
                    Answer::Points(points)
                }
                _ => Answer::Picture(folder.join(row.needed("target")?)),
            };
            let image = folder.join(row.needed("image")?);
            let entry = Entry {
                name: stem_of(&image),
                image,
                page: 0,
                answer,
            };
            Ok((entry, known))
        };
        let (entry, own) = pushed().with_context(|| format!("line {}", row.line))?;
        entries.push(entry);
        known.push(own);
    }
    finish(
        format!("the index '{}'", path.display()),
        task,
        classes,
        entries,
        known,
        wanted,
        Some(path),
    )
}

/// A collection of files with one kind of answer, which a file may list; what their masks or targets
/// have in common is looked up, unless it was learned before.
pub(super) fn finish(
    origin: String,
    task: Task,
    mut classes: Vec<String>,
    mut entries: Vec<Entry>,
    mut known: Vec<Known>,
    wanted: &Wanted,
    listed_by: Option<&Path>,
) -> Result<Collection> {
    if wanted.settings.pages == Pages::Items && !wanted.listing {
        (entries, known) = with_pages(entries, known)?;
    }
    let learned_from = || {
        let both = entries.iter().zip(&known);
        both.filter(|(_, known)| !matches!(known.part, Some(Part::Valid | Part::Test)))
            .map(|(entry, _)| &entry.answer)
    };
    let numbered = |entry: &Entry| matches!(entry.answer, Answer::Objects(_));
    let mut masks = wanted
        .reading(entries.iter().any(numbered))
        .with_context(|| origin.clone())?;
    if task == Task::Segmentation && wanted.learned.is_none() && !wanted.listing {
        let paths: Vec<_> = learned_from()
            .filter_map(|answer| match answer {
                Answer::Mask(path) | Answer::Objects(path) => Some(path.as_path()),
                _ => None,
            })
            .collect();
        masks = values_of(&paths, masks)?;
    }
    if task == Task::Segmentation && wanted.learned.is_none() {
        classes = masks.values.names();
    }
    if task == Task::Regression && wanted.learned.is_none() {
        let gray = |answer: &Answer| match answer {
            Answer::Picture(path) if !wanted.listing => Ok(read_header(path)?.channels == 1),
            _ => Ok(true),
        };
        let gray: Result<Vec<bool>> = learned_from().map(gray).collect();
        let names: &[&str] = match gray?.into_iter().all(|gray| gray) {
            true => &["gray"],
            false => &["red", "green", "blue"],
        };
        classes = names.iter().map(|name| name.to_string()).collect();
    }
    let channels = if classes.len() == 3 { 3 } else { 1 };
    let mask_values = (task == Task::Segmentation).then(|| masks.values.clone());
    let mut files = Files::new(entries, masks, channels).with_pages(wanted.settings.pages);
    if let Some(file) = listed_by {
        files = files.listed_by(file);
    }
    Ok(Collection {
        origin,
        mask_values,
        source: Arc::new(files),
        known,
        task,
        classes,
        mirrors: task != Task::KeyPoints,
    })
}

/// Each page of the images as an image of its own.
fn with_pages(entries: Vec<Entry>, known: Vec<Known>) -> Result<(Vec<Entry>, Vec<Known>)> {
    let mut paged = (Vec::new(), Vec::new());
    for (entry, known) in entries.into_iter().zip(known) {
        let pages = pages_of(&entry.image)?;
        for page in 0..pages {
            let name = match pages {
                1 => entry.name.clone(),
                _ => format!("{}-{}", entry.name, page + 1),
            };
            paged.0.push(Entry {
                name,
                page,
                ..entry.clone()
            });
            paged.1.push(known.clone());
        }
    }
    Ok(paged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::settings::Data;
    use crate::hostile::mutations;

    fn collected(path: &str, text: &str) -> Result<Collection> {
        let rows = match path.ends_with("csv") {
            true => csv_rows(text.as_bytes()),
            false => json_rows(text.as_bytes()),
        };
        let settings = Data::of(path);
        let wanted = Wanted {
            settings: &settings,
            learned: None,
            listing: true,
        };
        listed(Path::new(path), rows?, &wanted)
    }

    const TABLE: &str = "image,label,split,group,weight,note\n\
                         a.png,10,train,g1,2,x\n\
                         b.png,9,,g1,,\n\
                         c.png,9,val,,0.5,\"a, b\"\n";

    #[test]
    fn a_table_tells_classes_parts_groups_and_weights() {
        let found = collected("index.csv", TABLE).expect("an index");
        assert_eq!(found.task, Task::Classification);
        assert_eq!(found.classes, ["9", "10"], "in the order of numbers");
        let classes: Vec<_> = found.known.iter().map(|known| known.class).collect();
        assert_eq!(classes, [Some(1), Some(0), Some(0)]);
        let parts: Vec<_> = found.known.iter().map(|known| known.part).collect();
        assert_eq!(parts, [Some(Part::Train), None, Some(Part::Valid)]);
        assert_eq!(found.known[1].group.as_deref(), Some("g1"));
        let weights: Vec<_> = found.known.iter().map(|known| known.weight).collect();
        assert_eq!(weights, [Some(2.0), None, Some(0.5)]);
        assert_eq!(found.source.name(2), "c");
    }

    #[test]
    fn lines_of_json_say_the_same() {
        let text = "{\"image\": \"a.png\", \"points\": [[1, 2.5], null]}\n\n\
                    {\"image\": \"b.png\", \"points\": \"3 4; -\"}\n";
        let found = collected("index.jsonl", text).expect("an index");
        assert_eq!(found.task, Task::KeyPoints);
        assert_eq!(found.classes, ["point 1", "point 2"]);
        assert!(!found.mirrors);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            (
                "image,label\na.png,1\nb.png,\n",
                "line 3: it has no 'label'",
            ),
            (
                "image,label,split\na.png,1,train\nb.png,2,later\n",
                "line 3: split = 'later': must be train, valid or test, or empty",
            ),
            (
                "image,points\na.png,1 2\nb.png,1\n",
                "line 3: points: '1' must be ROW COLUMN, or - for one that is not to be seen",
            ),
            (
                "image,lable\na.png,1\n",
                "it has no column of answers, one of label, mask, instances, target, points; it \
                 has: image, lable",
            ),
            (
                "image,label,mask\na.png,1,m.png\n",
                "it has both 'label' and 'mask'; keep the one to be learned",
            ),
            (
                "image,mask,instances\na.png,m.png,i.png\n",
                "it has both 'mask' and 'instances'; keep the one to be learned",
            ),
            (
                "image,label,weight\na.png,1,1\nb.png,2,-1\n",
                "line 3: weight = '-1': must be a number, at least 0",
            ),
        ] {
            let error = collected("index.csv", text).map(|_| ()).expect_err("wrong");
            assert_eq!(format!("{error:#}"), expected);
        }
    }

    #[test]
    fn damaged_tables_are_errors() {
        let json =
            "{\"image\": \"a.png\", \"label\": 3}\n{\"image\": \"b.png\", \"label\": \"x\"}\n";
        for (name, text) in [("index.csv", TABLE), ("index.jsonl", json)] {
            for bytes in mutations(text.as_bytes(), 3000) {
                collected(name, &String::from_utf8_lossy(&bytes)).ok();
            }
        }
    }
}
