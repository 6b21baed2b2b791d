//! Tables for people.

/// A Markdown table of a head and lines; columns of numbers, which are marked, stand to the right.
pub(crate) fn markdown(lines: &[impl AsRef<[String]>], right: &[bool]) -> String {
    let lines: Vec<_> = lines.iter().map(AsRef::as_ref).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..right.len())
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let cell = |(column, text): (usize, &String)| match right[column] {
        true => format!(" {text:>width$} ", width = widths[column]),
        false => format!(" {text:<width$} ", width = widths[column]),
    };
    let rule = widths.iter().zip(right).map(|(width, right)| match right {
        true => "-".repeat(width + 1) + ":",
        false => "-".repeat(width + 2),
    });
    let padded = |line: &&[String]| line.iter().enumerate().map(cell).collect::<Vec<_>>();
    let mut cells: Vec<_> = lines.iter().map(padded).collect();
    cells.insert(1, rule.collect());
    let line = |cells: &Vec<String>| format!("|{}|\n", cells.join("|"));
    cells.iter().map(line).collect()
}
