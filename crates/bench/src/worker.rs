//! A process that does one case's work on one backend, as often as it is asked to.

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::Device;
use clap::Args;
use models::ImageSpec;
use train::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};

use crate::engine::Library;
use crate::memory::peak_rss_mib;
use crate::protocol::{Answer, Job, Request};
use crate::work::{Work, subject};

/// Where a worker computes, and with whose models.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Place {
    #[arg(long)]
    pub library: Library,
    #[arg(long, default_value = "default")]
    pub device: DeviceChoice,
}

#[derive(Args, Debug)]
pub(crate) struct WorkerArgs {
    #[arg(long)]
    backend: String,
    #[command(flatten)]
    place: Place,
}

impl WorkerArgs {
    /// Answers on standard output what is asked on standard input.
    ///
    /// # Errors
    /// If nobody listens. What fails in the work is an answer.
    pub fn run(self) -> Result<()> {
        let service = Service { place: self.place };
        match run_on(&self.backend, service) {
            Ok(()) => Ok(()),
            Err(error) => say(&Answer::Failed {
                reason: format!("{error:#}"),
            }),
        }
    }
}

struct Service {
    place: Place,
}

impl BackendTask for Service {
    type Output = ();

    fn run<B: ComputeBackend>(self) -> Result<()> {
        let mut lines = std::io::stdin().lock().lines();
        let job = lines.next().context("no job")??;
        let device = B::device(self.place.device)?;
        device.seed(1);
        let mut work = make(self.place.library, &serde_json::from_str(&job)?, &device)?;
        say(&Answer::Ready {
            parameters: work.parameters,
        })?;
        for line in lines {
            match serde_json::from_str(&line?)? {
                Request::Run => say(&Answer::Ran {
                    seconds: time(&mut work, &device)?,
                })?,
                Request::End => {
                    return say(&Answer::Ended {
                        peak_rss_mib: peak_rss_mib(),
                    });
                }
            }
        }
        Ok(())
    }
}

fn make(library: Library, job: &Job, device: &Device) -> Result<Work> {
    match library {
        Library::Ours | Library::Recomputing => {
            let [channels, height, width] = job.input;
            let image = ImageSpec {
                channels,
                height,
                width,
            };
            let subject = subject(&job.case)?;
            let recompute = library == Library::Recomputing;
            let weights = job.weights.as_deref();
            Work::new(
                subject, image, job.batch, job.mode, recompute, weights, device,
            )
        }
        #[cfg(feature = "bunsen")]
        Library::Bunsen => crate::bunsen::work(job, device),
    }
}

/// How long it takes, up to where the device has done it.
fn time(work: &mut Work, device: &Device) -> Result<f64> {
    device.sync()?;
    let start = Instant::now();
    work.once()?;
    device.sync()?;
    Ok(start.elapsed().as_secs_f64())
}

fn say(answer: &Answer) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, answer)?;
    writeln!(out)?;
    Ok(out.flush()?)
}
