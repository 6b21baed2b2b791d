//! The work that is timed, and nothing else inside the timer.

use std::time::{Duration, Instant};

use anyhow::Result;
use burn::optim::SgdConfig;
use burn::optim::momentum::MomentumConfig;
use burn::tensor::{Device, Distribution, Int, Tensor};
use burn::train::TrainStep;
use models::{ModelEntry, Task};
use train::Network;
use train::backend::{BackendTask, ComputeBackend, DeviceChoice};
use train::data::{Batch, Normalization, Problem};

use crate::cell::{Cell, Mode};

/// A model and how many images it gets at a time.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The model.
    pub entry: &'static ModelEntry,
    /// Images at a time.
    pub batch: usize,
}

/// How often each cell runs.
#[derive(Clone, Copy, Debug)]
pub struct Runs {
    /// Runs that are timed.
    pub timed: usize,
    /// Runs before them, to warm up.
    pub warm_up: usize,
}

/// The time of one case in one mode, on whatever backend it is run.
pub(crate) struct Measurement {
    pub case: Case,
    pub mode: Mode,
    pub runs: Runs,
    pub device: DeviceChoice,
}

impl BackendTask for Measurement {
    type Output = Cell;

    fn run<B: ComputeBackend>(self) -> Result<Cell> {
        let device = B::device(self.device)?;
        device.seed(1);
        let times = match self.mode {
            Mode::Inference => self.inference(&device)?,
            Mode::Training => self.training(&device.autodiff())?,
        };
        Ok(Cell::new(&self.case, self.mode, B::NAME, times))
    }
}

impl Measurement {
    fn inference(&self, device: &Device) -> Result<Vec<Duration>> {
        let network = self.network(device);
        let images = self.batch(device).images;
        self.time(device, || {
            network.forward(images.clone());
            Ok(())
        })
    }

    fn training(&self, device: &Device) -> Result<Vec<Duration>> {
        let batch = self.batch(device);
        let momentum = MomentumConfig::new().with_dampening(0.0);
        let mut optimizer = SgdConfig::new().with_momentum(Some(momentum)).init();
        let mut network = Some(self.network(device));
        self.time(device, || {
            if let Some(learning) = network.take() {
                let step = TrainStep::step(&learning, batch.clone());
                network = Some(optimizer.step(0.01, learning, step.grads));
                step.item.loss.into_scalar::<f32>();
            }
            Ok(())
        })
    }

    /// Times each run, up to where the device has done it.
    fn time(&self, device: &Device, mut run: impl FnMut() -> Result<()>) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(self.runs.timed);
        for index in 0..self.runs.warm_up + self.runs.timed {
            device.sync()?;
            let start = Instant::now();
            run()?;
            device.sync()?;
            let time = start.elapsed();
            if index >= self.runs.warm_up {
                times.push(time);
            }
        }
        Ok(times)
    }

    fn network(&self, device: &Device) -> Network {
        let entry = self.case.entry;
        let problem = Problem {
            task: entry.task(),
            image: entry.input,
            classes: (0..entry.classes).map(|class| class.to_string()).collect(),
            normalization: Normalization::Image,
        };
        Network::new(entry, &problem, device)
    }

    fn batch(&self, device: &Device) -> Batch {
        let Case { entry, batch } = self.case;
        let [channels, height, width] = entry.input.dims();
        let shape = [batch, channels, height, width];
        let target = match entry.task() {
            Task::Classification => [batch, 1, 1],
            Task::Segmentation => [batch, height, width],
        };
        Batch {
            images: Tensor::random(shape, Distribution::Normal(0.0, 1.0), device),
            targets: Tensor::<3, Int>::zeros(target, device),
        }
    }
}
