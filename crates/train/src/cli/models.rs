//! `train models`.

use anyhow::Result;
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
}

impl ModelsArgs {
    pub fn run(self) -> Result<()> {
        let models = match self.json {
            true => list::json(&self.pattern)?,
            false => list::table(&self.pattern)?,
        };
        Ok(say(models.trim_end())?)
    }
}
