use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use lab::experiments::EXPERIMENTS;
use serde_json::json;

/// How experiments are listed.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl ListArgs {
    /// Prints a line for each experiment, and one for each claim.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn run(self) -> Result<ExitCode> {
        let mut out = io::stdout().lock();
        if self.json {
            let plans = EXPERIMENTS.iter().map(|entry| {
                let plan = (entry.plan)();
                let claims = plan.claims.iter().map(|claim| {
                    json!({"says": claim.says, "effect": claim.effect, "above": claim.above})
                });
                json!({
                    "name": entry.name,
                    "title": plan.title,
                    "question": plan.question,
                    "design": plan.design,
                    "papers": plan.papers,
                    "claims": claims.collect::<Vec<_>>(),
                })
            });
            let text = serde_json::to_string_pretty(&plans.collect::<Vec<_>>())?;
            writeln!(out, "{text}")?;
            return Ok(ExitCode::SUCCESS);
        }
        for entry in EXPERIMENTS {
            let plan = (entry.plan)();
            writeln!(out, "{:<20} {}", entry.name, plan.title)?;
            for claim in plan.claims {
                writeln!(out, "{:<20} - {} > {}", "", claim.effect, claim.above)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
