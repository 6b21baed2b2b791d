//! `train models`.

use anyhow::{Context, Result};
use clap::Args;
use train::list;

use super::stdout::say;

#[derive(Args, Debug)]
pub struct ModelsArgs {
    /// Only those with a name like this, where `*` stands for anything
    #[arg(default_value = "*", hide_default_value = true)]
    pattern: String,
    /// As an array of JSON objects
    #[arg(long)]
    json: bool,
    /// For developers: count all models anew, and write the table that is committed
    #[arg(long, conflicts_with_all = ["pattern", "json"])]
    write: bool,
}

impl ModelsArgs {
    pub fn run(self) -> Result<()> {
        if self.write {
            let path = models::table::PATH;
            std::fs::write(path, list::measured()?)
                .with_context(|| format!("'{path}' cannot be written"))?;
            return Ok(say(path)?);
        }
        let models = match self.json {
            true => list::json(&self.pattern)?,
            false => list::table(&self.pattern)?,
        };
        Ok(say(models.trim_end())?)
    }
}
