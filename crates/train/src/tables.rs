//! What a data set is, as text.

use crate::data::Report;
use crate::markdown::markdown;

/// A table of the parts, one of what each class has, and what is wrong.
pub fn of_report(report: &Report) -> String {
    let [channels, height, width] = report.seen;
    let mut text = format!("{}, seen as {channels}x{height}x{width}\n\n", report.task);
    let mut lines = vec![["part", "images", "gray", "heights", "widths"].map(str::to_string)];
    for part in &report.parts {
        let range = |[least, middle, most]: [usize; 3]| match least == most {
            true => least.to_string(),
            false => format!("{least} to {most}, {middle} in the middle"),
        };
        lines.push([
            part.name.to_string(),
            part.images.to_string(),
            part.gray.to_string(),
            range(part.heights),
            range(part.widths),
        ]);
    }
    text += &markdown(&lines, &[false, true, true, false, false]);
    text += "\n";
    let counted = match report.task {
        models::Task::Segmentation => "pixels of",
        models::Task::KeyPoints => "points",
        _ => "images of",
    };
    let mut lines = vec![[counted, "train", "valid", "test"].map(str::to_string)];
    let mut push = |name: &str, counts: Vec<u64>| {
        let all = |place: usize| counts.get(place).map_or(String::new(), u64::to_string);
        lines.push([name.to_string(), all(0), all(1), all(2)]);
    };
    for (class, name) in report.classes.iter().enumerate() {
        push(
            name,
            report.parts.iter().map(|part| part.counts[class]).collect(),
        );
    }
    if report.parts.iter().any(|part| part.ignored > 0) {
        push(
            "(ignored)",
            report.parts.iter().map(|part| part.ignored).collect(),
        );
    }
    text += &markdown(&lines, &[false, true, true, true]);
    text += "\n";
    match report.problems.len() {
        0 => text += "Nothing is wrong.\n",
        count => {
            text += &format!("{count} things are wrong:\n");
            for problem in &report.problems {
                text += &format!("- {problem}\n");
            }
        }
    }
    text
}
