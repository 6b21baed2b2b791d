//! What a data set is, told after each of its images was read once.

use std::collections::BTreeMap;

use anyhow::Result;
use models::Task;
use serde::Serialize;

use super::DataSet;
use super::duplicates;
use super::source::Target;
use super::survey::survey;
use super::tolerant::Tolerant;

/// What a data set is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What is to be learned.
    pub task: Task,
    /// The names of classes, points or colours.
    pub classes: Vec<String>,
    /// Channels, height and width that a network sees.
    pub seen: [usize; 3],
    /// Its parts.
    pub parts: Vec<Part>,
    /// What is wrong with it, in words.
    pub problems: Vec<String>,
}

/// A part of a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// train, valid or test.
    pub name: &'static str,
    /// How many images it has.
    pub images: usize,
    /// The least, the middle and the greatest height and width.
    pub heights: [usize; 3],
    /// The same of widths.
    pub widths: [usize; 3],
    /// How many images are gray.
    pub gray: usize,
    /// Of each class: images, or pixels of masks; of points: those that are to be seen.
    pub counts: Vec<u64>,
    /// Pixels of masks that do not count.
    pub ignored: u64,
}

/// What was found by looking at images.
#[derive(Default)]
struct Found {
    sizes: Vec<[usize; 2]>,
    gray: usize,
    counts: Vec<u64>,
    ignored: u64,
    /// By the place of the item, so that they come in order.
    unread: BTreeMap<usize, String>,
}

impl Report {
    /// Reads each image with its answer once, on all cores.
    ///
    /// # Errors
    /// Never for an image that cannot be read: that is told.
    pub fn of(data: &DataSet) -> Result<Self> {
        let problem = &data.problem;
        let (mut parts, mut problems) = (Vec::new(), Vec::new());
        for (name, source) in data.parts() {
            let look = |found: &mut Found, index: usize| {
                found.look(source.get(index), index, problem.classes.len());
                Ok(())
            };
            let found = survey(source.len(), look, Found::merge)?;
            for (index, error) in &found.unread {
                problems.push(format!("{name}/{}: {error}", source.name(*index)));
            }
            let part = found.part(name, source.len(), problem.classes.len());
            for (class, count) in problem.classes.iter().zip(&part.counts) {
                if *count == 0 {
                    problems.push(format!("{name}: there is nothing of '{class}'"));
                }
            }
            parts.push(part);
        }
        for [first, second] in duplicates::across(data, Tolerant(true))?.0 {
            problems.push(format!("{second}: the same image as {first}"));
        }
        Ok(Self {
            task: problem.task,
            classes: problem.classes.clone(),
            seen: problem.image.dims(),
            parts,
            problems,
        })
    }
}

impl Found {
    fn look(&mut self, item: Result<super::Item>, index: usize, classes: usize) {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                self.unread.insert(index, format!("{error:#}"));
                return;
            }
        };
        self.sizes.push(item.picture.size());
        self.gray += usize::from(item.picture.channels() == 1);
        self.counts.resize(classes, 0);
        match &item.target {
            Target::Class(class) => match self.counts.get_mut(*class) {
                Some(count) => *count += 1,
                None => {
                    let error = format!("its class {class} is not below {classes}");
                    self.unread.insert(index, error);
                }
            },
            Target::Mask(mask) => {
                for &class in mask.classes() {
                    match usize::try_from(class) {
                        Ok(class) if class < classes => self.counts[class] += 1,
                        _ => self.ignored += 1,
                    }
                }
            }
            Target::Points(points) => {
                for (count, point) in self.counts.iter_mut().zip(points) {
                    *count += u64::from(point.is_some());
                }
            }
            // Each picture and each value tells of all.
            _ => self.counts.iter_mut().for_each(|count| *count += 1),
        }
    }

    fn merge(&mut self, mut other: Self) {
        self.sizes.append(&mut other.sizes);
        self.gray += other.gray;
        self.counts
            .resize(other.counts.len().max(self.counts.len()), 0);
        let counts = self.counts.iter_mut().zip(other.counts);
        counts.for_each(|(own, other)| *own += other);
        self.ignored += other.ignored;
        self.unread.append(&mut other.unread);
    }

    fn part(mut self, name: &'static str, images: usize, classes: usize) -> Part {
        self.counts.resize(classes, 0);
        let mut sides = |dim: usize| {
            self.sizes.sort_by_key(|size| size[dim]);
            let last = self.sizes.len().saturating_sub(1);
            [0, last / 2, last].map(|place| self.sizes.get(place).map_or(0, |size| size[dim]))
        };
        let (heights, widths) = (sides(0), sides(1));
        Part {
            name,
            images,
            heights,
            widths,
            gray: self.gray,
            counts: self.counts,
            ignored: self.ignored,
        }
    }
}
