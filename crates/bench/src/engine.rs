//! What computes: a backend of Burn, or a peer from outside; and how to start its worker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;
use train::backend::{DeviceChoice, compiled_backends};

use crate::case::{Case, Mode, Subject};

/// Whose models a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Library {
    Ours,
    /// Ours, with blocks computed again on the way back.
    Recomputing,
    #[cfg(feature = "bunsen")]
    Bunsen,
}

/// flex without this project's own kernels.
pub(crate) const STOCK: &str = "flex-stock";
/// flex with blocks computed again on the way back: less memory for more time.
pub(crate) const RECOMPUTE: &str = "flex-recompute";
/// The models of the crate `bunsen` on flex.
pub(crate) const BUNSEN: &str = "bunsen-flex";

/// Set to `off`, it turns this project's own kernels off.
const KERNELS: &str = "SKIP_BLOCKS_KERNELS";

/// Something that computes a case.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub name: String,
    /// Whether it is not this project's.
    pub peer: bool,
    program: PathBuf,
    arguments: Vec<String>,
    kernels: bool,
    scope: Scope,
}

/// What an engine can compute.
#[derive(Clone, Debug)]
enum Scope {
    Everything,
    /// Some models in some modes.
    Models(Vec<String>, Vec<Mode>),
}

impl Engine {
    fn ours(name: &str, backend: &str, library: &str, device: DeviceChoice) -> Result<Self> {
        let program = std::env::current_exe().context("the bench cannot find its own program")?;
        let arguments = [
            "worker",
            "--backend",
            backend,
            "--library",
            library,
            "--device",
            &device.to_string(),
        ];
        Ok(Self {
            name: name.to_string(),
            peer: false,
            program,
            arguments: arguments.map(String::from).to_vec(),
            kernels: true,
            scope: Scope::Everything,
        })
    }

    /// A peer in Python, with a script that is its worker.
    pub fn python(
        name: &str,
        python: &Path,
        script: &Path,
        models: Vec<String>,
        modes: Vec<Mode>,
    ) -> Self {
        let script = script.display().to_string();
        Self {
            name: name.to_string(),
            peer: true,
            program: python.to_path_buf(),
            // -B: no compiled files beside the script.
            arguments: vec!["-B".to_string(), script, name.to_string()],
            kernels: true,
            scope: Scope::Models(models, modes),
        }
    }

    /// What starts its worker.
    pub fn command(&self, threads: usize) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command.env("RAYON_NUM_THREADS", threads.to_string());
        match self.kernels {
            true => command.env_remove(KERNELS),
            false => command.env(KERNELS, "off"),
        };
        command
    }

    /// Whether it can compute the case.
    pub fn takes(&self, case: &Case, mode: Mode) -> bool {
        match (&self.scope, case.subject) {
            (Scope::Everything, _) => true,
            (Scope::Models(models, modes), Subject::Model(entry)) => {
                modes.contains(&mode) && models.iter().any(|name| name == entry.name())
            }
            (Scope::Models(..), Subject::Block(_)) => false,
        }
    }
}

/// Every backend that is compiled in, and what is made of it.
///
/// # Errors
/// If the bench cannot find its own program, which is their worker.
pub(crate) fn compiled(device: DeviceChoice) -> Result<Vec<Engine>> {
    let mut engines = Vec::new();
    for backend in compiled_backends() {
        engines.push(Engine::ours(backend, backend, "ours", device)?);
        if backend == "flex" {
            engines.push(Engine {
                kernels: false,
                ..Engine::ours(STOCK, backend, "ours", device)?
            });
            engines.push(Engine::ours(RECOMPUTE, backend, "recomputing", device)?);
            if cfg!(feature = "bunsen") {
                let models = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"];
                engines.push(Engine {
                    peer: true,
                    scope: Scope::Models(models.map(String::from).to_vec(), Mode::ALL.to_vec()),
                    ..Engine::ours(BUNSEN, backend, "bunsen", device)?
                });
            }
        }
    }
    Ok(engines)
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use super::*;

    #[test]
    fn the_stock_engine_runs_without_our_kernels() {
        let engines = compiled(DeviceChoice::Default).expect("engines");
        let kernels = |name: &str| {
            let engine = engines.iter().find(|engine| engine.name == name);
            let command = engine.expect("compiled in").command(1);
            let value = command.get_envs().find(|(key, _)| *key == KERNELS);
            value.and_then(|(_, value)| value).map(ToOwned::to_owned)
        };
        assert_eq!(kernels(STOCK), Some("off".into()));
        assert_eq!(kernels("flex"), None);
    }
}
