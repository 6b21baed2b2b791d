//! `train devices`.

use anyhow::Result;
use clap::Args;
use train::{BackendDevices, devices};

use super::stdout::say;

#[derive(Args, Debug)]
pub struct DevicesArgs {
    /// As an array of JSON objects
    #[arg(long)]
    json: bool,
}

impl DevicesArgs {
    pub fn run(self) -> Result<()> {
        let backends = devices()?;
        match self.json {
            true => Ok(say(serde_json::to_string_pretty(&backends)?)?),
            false => Ok(say(table(&backends).trim_end())?),
        }
    }
}

/// A line for each device, and for each backend that has none.
fn table(backends: &[BackendDevices]) -> String {
    let mut rows =
        vec![["--backend", "--device", "what", "precisions", "same bits"].map(String::from)];
    for backend in backends {
        let row = |device: &str, what: String, precisions: String, repeats: &str| {
            let row = [backend.backend, device, &what, &precisions, repeats];
            row.map(String::from)
        };
        if !backend.compiled {
            let what = format!("not compiled in; add `--features {}`", backend.backend);
            rows.push(row("", what, String::new(), ""));
        } else if backend.devices.is_empty() {
            rows.push(row("", "no device is there".to_string(), String::new(), ""));
        }
        for device in &backend.devices {
            let repeats = match backend.repeats {
                Some(true) => "again with the same seed",
                _ => "not promised",
            };
            let precisions = device.precisions.join(", ");
            rows.push(row(
                &device.device,
                device.name.clone(),
                precisions,
                repeats,
            ));
        }
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; 5] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; 5]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(|row| line(row) + "\n").collect()
}
