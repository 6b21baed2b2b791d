//! What computes: a backend of Burn, or a peer from outside; and how to start its worker.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use train::backend::{BACKENDS, DeviceChoice, compiled_backends};

use crate::case::{Case, Mode, Subject};
use crate::peers::{PYTHON_ENGINES, Peers};

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
const STOCK: &str = "flex-stock";
/// flex with blocks computed again on the way back: less memory for more time.
const RECOMPUTE: &str = "flex-recompute";
/// The models of the crate `bunsen` on flex.
const BUNSEN: &str = "bunsen-flex";
/// PyTorch with its compiler, which takes minutes.
const COMPILE: &str = "torch-compile";
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
                modes.contains(&mode) && models.iter().any(|name| name == entry.name)
            }
            (Scope::Models(..), Subject::Block(_)) => false,
        }
    }
}

/// Every backend that is compiled in, and what is made of it.
fn compiled(device: DeviceChoice) -> Result<Vec<Engine>> {
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

/// The engines of these names, or all that there are; `torch-compile` only where it is asked for.
///
/// # Errors
/// If there is none of a name, or if none is left because peers are not installed.
pub(crate) fn choose(
    names: &[String],
    torch_compile: bool,
    device: DeviceChoice,
    peers: Option<&Peers>,
) -> Result<Vec<Engine>> {
    let mut there = compiled(device)?;
    there.extend(peers.iter().flat_map(|peers| peers.engines.clone()));
    if names.is_empty() {
        there.retain(|engine| engine.name != RECOMPUTE);
        there.retain(|engine| torch_compile || engine.name != COMPILE);
        return Ok(there);
    }
    let mut chosen = Vec::new();
    for name in names
        .iter()
        .map(String::as_str)
        .chain(torch_compile.then_some(COMPILE))
    {
        match there.iter().find(|engine| engine.name == name) {
            Some(engine) => chosen.push(engine.clone()),
            None => absent(name, peers.is_some())?,
        }
    }
    ensure!(!chosen.is_empty(), "none of the engines is there");
    Ok(chosen)
}

/// Passes over a peer that is known to be missing.
fn absent(name: &str, peers_given: bool) -> Result<()> {
    let feature = match name {
        STOCK | RECOMPUTE => "flex",
        BUNSEN => "bunsen",
        other => other,
    };
    let compilable = [STOCK, RECOMPUTE, BUNSEN].contains(&name) || BACKENDS.contains(&name);
    if PYTHON_ENGINES.contains(&name) {
        ensure!(
            peers_given,
            "engine '{name}' is a peer; say with --peers which Python has it"
        );
        return Ok(());
    }
    ensure!(
        !compilable,
        "engine '{name}' is not compiled in; add `--features {feature}` before the `--` of \
         `cargo run`"
    );
    let known = [
        &BACKENDS[..],
        &[STOCK, RECOMPUTE, BUNSEN],
        &PYTHON_ENGINES[..],
    ]
    .concat();
    bail!(
        "there is no engine '{name}'; there are: {}",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(name: &str) -> String {
        let error = choose(&[name.to_string()], false, DeviceChoice::Default, None);
        error.expect_err("it is not there").to_string()
    }

    #[test]
    fn an_engine_that_is_not_there_is_named_with_what_to_do() {
        assert_eq!(
            error_of("torch"),
            "engine 'torch' is a peer; say with --peers which Python has it"
        );
        assert!(error_of("tpu").starts_with("there is no engine 'tpu'; there are: flex, "));
    }

    #[test]
    fn the_stock_engine_runs_without_our_kernels() {
        let kernels = |name: &str| {
            let engines = choose(&[name.to_string()], false, DeviceChoice::Default, None);
            let command = engines.expect("compiled in")[0].command(1);
            let value = command.get_envs().find(|(key, _)| *key == KERNELS);
            value.and_then(|(_, value)| value).map(ToOwned::to_owned)
        };
        assert_eq!(kernels("flex-stock"), Some("off".into()));
        assert_eq!(kernels("flex"), None);
    }
}
