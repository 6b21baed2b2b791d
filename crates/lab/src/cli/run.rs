use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::Args;
use lab::experiments::{EXPERIMENTS, find};
use lab::{
    Entry, Interrupted, Judgement, Lab, Machine, Profile, Results, SEEDS, Settings, write_page,
};
use train::backend::DeviceChoice;

use super::screen::Screen;

/// What is run.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Experiments, by their names, or by beginnings that no other name has; none: all
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How much is done: tiny tries all out, quick takes a quarter of an hour on two cores, full
    /// hours
    #[arg(long, value_enum, default_value = "quick")]
    profile: Profile,
    /// How many seeds, from 1 on
    #[arg(long, value_name = "N", default_value_t = SEEDS)]
    seeds: u64,
    /// Folder with `cifar10`, `mnist` and `nuclei`, as docs/lab.md says; for the full profile
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Where results and the page go [default: lab/PROFILE]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Where runs are kept; what is there is not trained again [default: OUT/runs]
    #[arg(long, value_name = "FOLDER")]
    runs: Option<PathBuf>,
    /// What computes: flex, ndarray, wgpu, cuda, as far as they are compiled in
    #[arg(long, value_name = "NAME", default_value = "flex")]
    backend: String,
    /// Which of its devices: default, cpu, gpu:NUMBER
    #[arg(long, value_name = "DEVICE", default_value = "default")]
    device: DeviceChoice,
}

/// Where the results of a profile go.
pub(super) fn folder(profile: Profile) -> PathBuf {
    Path::new("lab").join(profile.name())
}

impl RunArgs {
    /// Runs the experiments, writes what came of each, and the page.
    ///
    /// # Errors
    /// If a name is unknown or stands for several, images are missing, a run fails, or a file cannot
    /// be written.
    pub fn run(self) -> Result<ExitCode> {
        let entries = self.entries()?;
        ensure!(self.seeds > 0, "--seeds 0: must be at least 1");
        self.check_data()?;
        let out = self.out.clone().unwrap_or_else(|| folder(self.profile));
        let settings = Settings {
            profile: self.profile,
            seeds: (1..=self.seeds).collect(),
            data: self.data.clone(),
            runs: self.runs.clone().unwrap_or_else(|| out.join("runs")),
            backend: self.backend.clone(),
            device: self.device,
        };
        let mut screen = Screen::install()?;
        let mut lab = Lab::new(settings.clone(), &mut screen)?;
        for (place, entry) in entries.iter().enumerate() {
            eprintln!(
                "[{} of {}] {}: {}",
                place + 1,
                entries.len(),
                entry.name,
                (entry.plan)().title
            );
            let measured = match (entry.measure)(&mut lab) {
                Ok(measured) => measured,
                Err(error) if error.is::<Interrupted>() => {
                    eprintln!("{error}");
                    return Ok(screen.exit_code());
                }
                Err(error) => return Err(error.context(format!("experiment '{}'", entry.name))),
            };
            let results = Results {
                experiment: entry.name.to_string(),
                profile: settings.profile,
                seeds: settings.seeds.clone(),
                machine: Machine::here(),
                runs: lab.take_spent(),
                measured,
            };
            results.write(&out)?;
            tell(entry, &results)?;
        }
        println!("{}", write_page(&out)?.display());
        Ok(ExitCode::SUCCESS)
    }

    fn entries(&self) -> Result<Vec<&'static Entry>> {
        if self.names.is_empty() {
            return Ok(EXPERIMENTS.iter().collect());
        }
        self.names.iter().map(|name| find(name)).collect()
    }

    /// Whether the images that the full profile needs are there.
    fn check_data(&self) -> Result<()> {
        if self.profile != Profile::Full {
            return Ok(());
        }
        let folder = self.data.as_deref().context(
            "the full profile needs images: give the folder of cifar10, mnist and nuclei with \
             --data; docs/lab.md says how to make it",
        )?;
        for name in ["cifar10", "mnist", "nuclei"] {
            let path = folder.join(name);
            ensure!(
                path.is_dir(),
                "--data {}: there is no folder '{name}' in it; docs/lab.md says how to make it",
                folder.display()
            );
        }
        Ok(())
    }
}

/// Prints what became of an experiment's claims.
fn tell(entry: &Entry, results: &Results) -> Result<()> {
    let effects = (entry.effects)(&results.measured)?;
    for (claim, effect) in (entry.plan)().claims.iter().zip(effects) {
        let judged = Judgement::of(claim, effect);
        let found = match judged.found.is_known() {
            true => format!("= {:.4}", judged.found.value),
            false => "is not known".to_string(),
        };
        println!(
            "{}: {}: {} {found}",
            entry.name, judged.verdict, judged.effect
        );
    }
    Ok(())
}
