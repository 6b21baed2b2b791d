use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use lab::{Profile, write_figures, write_page};

/// Of which results the page is made.
#[derive(Debug, Args)]
pub struct PageArgs {
    /// The profile of the results
    #[arg(long, value_enum, default_value = "quick")]
    profile: Profile,
    /// Where the results are, and the page goes [default: lab/PROFILE]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Also write each figure as an SVG file of its own
    #[arg(long, value_name = "FOLDER")]
    figures: Option<PathBuf>,
}

impl PageArgs {
    /// Makes the page, and prints where it is.
    ///
    /// # Errors
    /// If there are no results, or they cannot be read.
    pub fn run(self) -> Result<ExitCode> {
        let folder = self.out.unwrap_or_else(|| super::run::folder(self.profile));
        println!("{}", write_page(&folder)?.display());
        let figures = self.figures.map(|figures| write_figures(&folder, &figures));
        for figure in figures.transpose()?.unwrap_or_default() {
            println!("{}", figure.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}
