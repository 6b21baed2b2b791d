//! `train models`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use train::{ModelSummary, list};

use super::stdout::say;

#[derive(Args, Debug)]
pub struct ModelsArgs {
    /// Only those with a name like this, where `*` stands for anything; the whole name of one shows
    /// its layers
    #[arg(default_value = "*", hide_default_value = true)]
    pattern: String,
    /// As JSON: an array of objects; of one model, an object
    #[arg(long)]
    json: bool,
    /// Draw one model's skip connections, as SVG
    #[arg(
        long,
        value_name = "FILE",
        requires = "pattern",
        conflicts_with = "json"
    )]
    svg: Option<PathBuf>,
    /// For developers: count all models anew, and write the table that is committed
    #[arg(long, conflicts_with_all = ["pattern", "json", "svg"])]
    write: bool,
}

impl ModelsArgs {
    pub fn run(self) -> Result<()> {
        if self.write {
            return write(Path::new(models::table::PATH), &models::table::measured());
        }
        if let Some(path) = self.svg {
            return write(&path, &ModelSummary::of(&self.pattern)?.svg());
        }
        let text = match (models::find(&self.pattern).is_ok(), self.json) {
            (true, true) => ModelSummary::of(&self.pattern)?.json()?,
            (true, false) => ModelSummary::of(&self.pattern)?.text(),
            (false, true) => list::json(&self.pattern)?,
            (false, false) => list::table(&self.pattern)?,
        };
        Ok(say(text.trim_end())?)
    }
}

/// Writes a file, and says which.
fn write(path: &Path, text: &str) -> Result<()> {
    let shown = path.display();
    std::fs::write(path, text).with_context(|| format!("'{shown}' cannot be written"))?;
    Ok(say(shown)?)
}
