//! The bench's side of a worker.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::engine::Engine;
use crate::protocol::{Answer, Job, Request};

/// A worker under way. It is stopped when this is dropped.
pub(crate) struct Worker {
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts an engine's worker on a job, and does not wait for it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(engine: &Engine, job: &Job) -> Result<Self> {
        let mut child = engine
            .command(job.threads)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("its worker cannot be started")?;
        let requests = child.stdin.take().context("no input")?;
        let answers = child.stdout.take().context("no output")?;
        let mut worker = Self {
            child,
            requests,
            answers: BufReader::new(answers).lines(),
        };
        worker.send(job)?;
        Ok(worker)
    }

    /// Waits until its model is made, and gives the model's number of parameters.
    ///
    /// # Errors
    /// If the worker fails.
    pub fn ready(&mut self) -> Result<usize> {
        match self.answer()? {
            Answer::Ready { parameters } => Ok(parameters),
            other => bail!("its worker answers {other:?} and not that it is ready"),
        }
    }

    /// Has the work done once, and gives the seconds.
    ///
    /// # Errors
    /// If the worker fails.
    pub fn run(&mut self) -> Result<f64> {
        self.send(&Request::Run)?;
        match self.answer()? {
            Answer::Ran { seconds } => Ok(seconds),
            other => bail!("its worker answers {other:?} to a run"),
        }
    }

    /// Ends it, and gives the most memory that it had, in MiB.
    ///
    /// # Errors
    /// If the worker fails.
    pub fn end(mut self) -> Result<Option<f64>> {
        self.send(&Request::End)?;
        match self.answer()? {
            Answer::Ended { peak_rss_mib } => Ok(peak_rss_mib),
            other => bail!("its worker answers {other:?} to the end"),
        }
    }

    fn send(&mut self, message: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_string(message)?;
        line.push('\n');
        // A worker that has failed has said why, and listens no more.
        match self.requests.write_all(line.as_bytes()) {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            outcome => Ok(outcome?),
        }
    }

    fn answer(&mut self) -> Result<Answer> {
        let Some(line) = self.answers.next() else {
            bail!(
                "its worker stopped without an answer ({})",
                self.child.wait()?
            )
        };
        let line = line?;
        match serde_json::from_str(&line).with_context(|| format!("its worker says '{line}'"))? {
            Answer::Failed { reason } => bail!(reason),
            answer => Ok(answer),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
