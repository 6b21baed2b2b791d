//! Which engines take part.

use anyhow::{Result, bail, ensure};
use train::backend::{BACKENDS, DeviceChoice};

use crate::engine::{BUNSEN, Engine, RECOMPUTE, STOCK, compiled};
use crate::peers::{PYTHON_ENGINES, Peers};

/// PyTorch with its compiler, which takes minutes.
const COMPILE: &str = "torch-compile";

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
    let chosen = if names.is_empty() {
        there.retain(|engine| engine.name != RECOMPUTE);
        there.retain(|engine| torch_compile || engine.name != COMPILE);
        there
    } else {
        named(names, torch_compile, &there, peers.is_some())?
    };
    ensure!(!chosen.is_empty(), "none of the engines is there");
    Ok(chosen)
}

/// The engines of these names, each once.
fn named(
    names: &[String],
    torch_compile: bool,
    there: &[Engine],
    peers_given: bool,
) -> Result<Vec<Engine>> {
    let names = names.iter().map(String::as_str);
    let mut chosen: Vec<Engine> = Vec::new();
    for name in names.chain(torch_compile.then_some(COMPILE)) {
        if chosen.iter().any(|engine| engine.name == name) {
            continue;
        }
        match there.iter().find(|engine| engine.name == name) {
            Some(engine) => chosen.push(engine.clone()),
            None => absent(name, peers_given)?,
        }
    }
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
    use std::path::Path;

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
    fn an_engine_that_is_named_twice_runs_once() {
        let engine = |name: &str| {
            let (python, script) = (Path::new("python"), Path::new("worker.py"));
            Engine::python(name, python, script, Vec::new(), Vec::new())
        };
        let peers = Peers {
            engines: vec![engine("torch"), engine("torch-compile")],
            ..Peers::default()
        };
        let chosen = |names: &[&str], torch_compile| {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            let engines = choose(&names, torch_compile, DeviceChoice::Default, Some(&peers));
            let engines = engines.expect("they are there").into_iter();
            engines.map(|engine| engine.name).collect::<Vec<_>>()
        };
        let both = ["torch", "torch-compile"];
        assert_eq!(chosen(&both, true), both);
        assert_eq!(chosen(&["torch"], true), both);
        assert_eq!(
            chosen(&["torch-compile", "torch"], true),
            ["torch-compile", "torch"]
        );
        assert_eq!(chosen(&["torch", "torch"], false), ["torch"]);
    }

    #[test]
    fn peers_that_are_missing_are_passed_over_while_one_is_left() {
        let peers = Peers::default();
        let choose = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            choose(&names, false, DeviceChoice::Default, Some(&peers))
        };
        let error = choose(&["torch"]).expect_err("it is not there");
        assert_eq!(error.to_string(), "none of the engines is there");
        #[cfg(feature = "flex")]
        assert_eq!(choose(&["torch", "flex"]).expect("flex is there").len(), 1);
    }
}
