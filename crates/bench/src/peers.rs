//! Peers in Python: which of them an installation has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::case::Mode;
use crate::engine::Engine;

/// What the peers' script can be, installed or not.
pub(crate) const PYTHON_ENGINES: [&str; 5] = [
    "torch",
    "torch-channels-last",
    "torch-compile",
    "onnxruntime",
    "openvino",
];

/// The peers of an installation of Python.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
    pub engines: Vec<Engine>,
    /// Of Python and of each library that a peer needs.
    pub versions: BTreeMap<String, String>,
    /// What is not installed, and why it cannot be had.
    pub missing: BTreeMap<String, String>,
}

/// What the script says of an installation.
#[derive(Deserialize)]
struct Survey {
    /// Each engine with its modes.
    engines: BTreeMap<String, Vec<Mode>>,
    models: Vec<String>,
    versions: BTreeMap<String, String>,
    missing: BTreeMap<String, String>,
}

impl Peers {
    /// Asks a Python which peers it has.
    ///
    /// # Errors
    /// If it cannot be started, or does not answer.
    pub fn of(python: &Path) -> Result<Self> {
        let script = script();
        let output = Command::new(python)
            .arg("-B")
            .arg(&script)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("'{}' cannot be started", python.display()))?;
        ensure!(
            output.status.success(),
            "'{}' fails ({})",
            python.display(),
            output.status
        );
        let survey: Survey = serde_json::from_slice(&output.stdout)
            .with_context(|| format!("'{}' does not say what it has", python.display()))?;
        let engine = |name: &&str| {
            let modes = survey.engines.get(*name)?.clone();
            let models = survey.models.clone();
            Some(Engine::python(name, python, &script, models, modes))
        };
        Ok(Self {
            engines: PYTHON_ENGINES.iter().filter_map(engine).collect(),
            versions: survey.versions,
            missing: survey.missing,
        })
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/worker.py")
}
