//! The table in a README, made from results.
//!
//! It stands between two comments, of which the first names the file that it is made from, beside
//! the README: `<!-- bench: results/machine.json -->` and `<!-- /bench -->`. Without a name,
//! `<!-- bench -->`, there is no table.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::figures::Report;
use crate::cell::Cell;

const BEGIN: &str = "<!-- bench";
const END: &str = "<!-- /bench -->";

/// The README with its table made anew, from the results that its comment names or from others,
/// which the comment then names.
///
/// # Errors
/// If the comments are not there, or the results cannot be read.
pub(crate) fn renewed(readme: &Path, text: &str, results: Option<&Path>) -> Result<String> {
    let at = readme.display();
    let (before, rest) = text
        .split_once(BEGIN)
        .with_context(|| format!("'{at}' has no comment '{BEGIN}: RESULTS -->'"))?;
    let (comment, rest) = rest
        .split_once("-->")
        .with_context(|| format!("the comment '{BEGIN}' in '{at}' does not end"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("'{at}' has no comment '{END}'"))?;
    let named = comment.trim_start_matches(':').trim();
    let folder = readme.parent().unwrap_or(Path::new(""));
    let (name, table) = match results {
        None if named.is_empty() => return Ok(format!("{before}{BEGIN} -->\n{END}{after}")),
        None => (named.to_string(), table(&folder.join(named))?),
        Some(path) => (beside(folder, path)?, table(path)?),
    };
    Ok(format!("{before}{BEGIN}: {name} -->\n{table}{END}{after}"))
}

/// A path as seen from a folder above it.
fn beside(folder: &Path, path: &Path) -> Result<String> {
    let seen = path.canonicalize().and_then(|path| {
        let folder = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        Ok((path, folder.canonicalize()?))
    });
    let (path, folder) = seen.with_context(|| format!("'{}' cannot be read", path.display()))?;
    let Ok(inside) = path.strip_prefix(&folder) else {
        bail!(
            "'{}' is not below the README's folder; copy the results there first",
            path.display()
        )
    };
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    Ok(parts.join("/"))
}

/// Images per second of every engine, with the ratio of flex to the fastest peer.
fn table(results: &Path) -> Result<String> {
    let Report { machine, cells } = Report::read(results)?;
    ensure!(!cells.is_empty(), "'{}' has no cells", results.display());
    let mut engines: Vec<&str> = Vec::new();
    let mut rows: Vec<Vec<&Cell>> = Vec::new();
    for cell in &cells {
        if !engines.contains(&cell.engine.as_str()) {
            engines.push(&cell.engine);
        }
        let row = |row: &&mut Vec<&Cell>| same_work(row[0], cell);
        match rows.iter_mut().find(row) {
            Some(row) => row.push(cell),
            None => rows.push(vec![cell]),
        }
    }
    let mut text = format!(
        "Images per second, float32, on {}.\n\n| case | mode | batch | {} | ratio |\n|---|---|--:|{}--:|\n",
        machine.line(),
        engines.join(" | "),
        "--:|".repeat(engines.len())
    );
    for row in rows {
        let speeds = engines.iter().map(|engine| {
            let cell = row.iter().find(|cell| cell.engine == *engine);
            cell.map_or(String::new(), |cell| {
                format!("{:.1}", cell.images_per_second)
            })
        });
        let speeds: Vec<_> = speeds.collect();
        let ours = row.iter().find(|cell| cell.engine == "flex");
        let ratio = ours.and_then(|cell| cell.ratio);
        text += &format!(
            "| {} | {} | {} | {} | {} |\n",
            row[0].case,
            row[0].mode,
            row[0].batch,
            speeds.join(" | "),
            ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"))
        );
    }
    Ok(text)
}

fn same_work(one: &Cell, other: &Cell) -> bool {
    let work = |cell: &Cell| (cell.case.clone(), cell.mode, cell.batch, cell.input);
    work(one) == work(other)
}
