//! Tables for people.

/// A Markdown table of a head and lines; columns of numbers, which are marked, stand to the right.
pub(crate) fn markdown<const N: usize>(lines: &[[String; N]], right: [bool; N]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let cell = |column: usize, text: &str| match right[column] {
        true => format!(" {text:>width$} ", width = widths[column]),
        false => format!(" {text:<width$} ", width = widths[column]),
    };
    let rule = std::array::from_fn(|column| match right[column] {
        true => "-".repeat(widths[column] + 1) + ":",
        false => "-".repeat(widths[column] + 2),
    });
    let padded = |line: &[String; N]| std::array::from_fn(|column| cell(column, &line[column]));
    let mut cells: Vec<[String; N]> = lines.iter().map(padded).collect();
    cells.insert(1, rule);
    let line = |cells: &[String; N]| format!("|{}|\n", cells.join("|"));
    cells.iter().map(line).collect()
}
