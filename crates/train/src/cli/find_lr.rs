//! `train find-lr`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use train::find_lr;

use super::fit::RecipeArgs;
use super::stdout::say;

#[derive(Args, Debug)]
pub struct FindLrArgs {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// How many steps are tried, at rates from 1e-6 to 1
    #[arg(long, value_name = "N", default_value_t = 100)]
    steps: usize,
    /// Draw the loss over the rate into this file, as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print all rates and losses as JSON
    #[arg(long)]
    json: bool,
}

impl FindLrArgs {
    pub fn run(self) -> Result<()> {
        let curve = find_lr(&self.recipe.resolve()?, self.steps)?;
        if let Some(path) = &self.svg {
            std::fs::write(path, curve.svg())
                .with_context(|| format!("'{}' cannot be written", path.display()))?;
        }
        match self.json {
            true => say(serde_json::to_string_pretty(&curve)?)?,
            false => {
                let (last, suggested) = (curve.points.last(), curve.suggested);
                let [highest, _] = last.copied().unwrap_or_default();
                say(format_args!(
                    "the loss falls most steeply at a learning rate of {suggested:.1e}, of rates \
                     up to {highest:.1e}; use it with --lr {suggested:.1e}"
                ))?;
            }
        }
        Ok(())
    }
}
