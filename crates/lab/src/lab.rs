//! Where experiments get their networks from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use skip_blocks::parameter_count;
use train::backend::{BackendTask, ComputeBackend, DeviceChoice, run_on};
use train::{Event, Learned, Observer, Origin, Recipe, fit, resume};

use crate::run::decisive;
use crate::watch::{self, Nobody, Watched, Watcher};
use crate::{Profile, Run, RunPlan, Spent, Start, kept};

/// With how many seeds networks are trained, where nothing else is said.
pub const SEEDS: u64 = 3;

/// How the laboratory works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How much is done.
    pub profile: Profile,
    /// What starts the random draws; a run of each kind for each.
    pub seeds: Vec<u64>,
    /// Where `cifar10`, `mnist` and `nuclei` are, for the full profile.
    pub data: Option<PathBuf>,
    /// Where runs, and what is computed once, are kept.
    pub runs: PathBuf,
    /// The backend's name.
    pub backend: String,
    /// Which of its devices.
    pub device: DeviceChoice,
}

/// Whoever looks on.
pub trait Reporter {
    /// Something goes on, in a line.
    fn progress(&mut self, line: &str);

    /// Something is done, in a line.
    fn done(&mut self, line: &str);

    /// Whether the program is to end. Asked after each step.
    fn should_stop(&self) -> bool;
}

/// Somebody wants the program to end. What was done is kept.
#[derive(Debug)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("stopped; the same command goes on")
    }
}

impl std::error::Error for Interrupted {}

/// What an experiment works with: it trains networks, each once, and keeps what is computed.
pub struct Lab<'a> {
    settings: Settings,
    reporter: &'a mut dyn Reporter,
    spent: Vec<Spent>,
    /// What tells the images of each path from others.
    fingerprints: BTreeMap<String, String>,
}

impl<'a> Lab<'a> {
    /// A laboratory.
    ///
    /// # Errors
    /// If the folder for runs cannot be made.
    pub fn new(settings: Settings, reporter: &'a mut dyn Reporter) -> Result<Self> {
        fs::create_dir_all(&settings.runs)
            .with_context(|| format!("'{}' cannot be made", settings.runs.display()))?;
        Ok(Self {
            settings,
            reporter,
            spent: Vec::new(),
            fingerprints: BTreeMap::new(),
        })
    }

    /// How much is done.
    pub fn profile(&self) -> Profile {
        self.settings.profile
    }

    /// One of two, by the profile: the tiny one does what the quick one does.
    pub fn pick<T>(&self, quick: T, full: T) -> T {
        match self.profile() {
            Profile::Tiny | Profile::Quick => quick,
            Profile::Full => full,
        }
    }

    /// What starts the random draws.
    pub fn seeds(&self) -> Vec<u64> {
        self.settings.seeds.clone()
    }

    /// Images of things or digits, by class, at most so many of each part: CIFAR-10, or the digits
    /// inside the program. As a recipe's section `data`.
    pub fn classes(&self, limit: impl Into<Option<usize>>) -> Value {
        self.limited("mnist-mini", "cifar10", limit.into())
    }

    /// Digits by class, at most so many of each part: MNIST, or those inside the program.
    pub fn digits(&self, limit: impl Into<Option<usize>>) -> Value {
        self.limited("mnist-mini", "mnist", limit.into())
    }

    /// Nuclei with their masks: all of the challenge's, or those inside the program.
    pub fn nuclei(&self) -> Value {
        self.images("nuclei-mini", "nuclei")
    }

    fn limited(&self, quick: &str, full: &str, limit: Option<usize>) -> Value {
        let mut data = self.images(quick, full);
        data["limit"] = limit.into();
        data
    }

    fn images(&self, quick: &str, full: &str) -> Value {
        let folder = self.settings.data.as_deref().unwrap_or(Path::new("data"));
        let path = self.pick(quick.into(), folder.join(full));
        // Nobody is told, so they are not looked for.
        json!({"path": path, "duplicates": "allow"})
    }

    /// Trains networks, those that are not yet trained.
    ///
    /// # Errors
    /// If a recipe is wrong, a run fails, or the program is to end.
    pub fn train(&mut self, plans: &[RunPlan]) -> Result<Vec<Run>> {
        let (start, mut trained) = (Instant::now(), 0);
        let mut runs = Vec::new();
        for (place, plan) in plans.iter().enumerate() {
            let left = (trained > 0).then(|| {
                let each = start.elapsed() / trained;
                each * (plans.len() - place) as u32
            });
            let (run, is_new, _) = self.trained(plan, left, &mut Nobody)?;
            trained += u32::from(is_new);
            runs.push(run);
        }
        Ok(runs)
    }

    /// [`Lab::train`] of one network, with each seed.
    ///
    /// # Errors
    /// As [`Lab::train`].
    pub fn train_seeds(&mut self, name: &str, recipe: &Value) -> Result<Vec<Run>> {
        let plan = |seed| RunPlan::new(name, seed, recipe.clone());
        let plans: Vec<_> = self.seeds().into_iter().map(plan).collect();
        self.train(&plans)
    }

    /// Trains a network, if it is not yet trained, and looks at it meanwhile: what was seen, by
    /// step.
    ///
    /// # Errors
    /// As [`Lab::train`].
    pub fn train_watched<W: Watcher>(
        &mut self,
        plan: &RunPlan,
        watcher: &mut W,
    ) -> Result<(Run, BTreeMap<usize, W::Seen>)> {
        let (run, _, seen) = self.trained(plan, None, watcher)?;
        Ok((run, seen))
    }

    /// The run of a plan, whether it was made now, and what was seen of it. `left` is how long it and
    /// those after it may take.
    fn trained<W: Watcher>(
        &mut self,
        plan: &RunPlan,
        left: Option<Duration>,
        watcher: &mut W,
    ) -> Result<(Run, bool, BTreeMap<usize, W::Seen>)> {
        let recipe = self
            .recipe(plan)
            .with_context(|| format!("the recipe of '{}'", plan.name))?;
        let key = (self.decisive(&recipe)?, watcher.key());
        let folder = self.settings.runs.join(kept::name_of(&key)?);
        let seen = folder.with_extension("seen.jsonl");
        let heading = format!("{}, seed {}", plan.name, plan.seed);
        let mut is_new = false;
        let run = match Run::read(plan, &folder)? {
            Some(run) => run,
            None => {
                is_new = true;
                let mut progress = Progress {
                    heading: &heading,
                    reporter: &mut *self.reporter,
                    epochs: recipe.run.epochs,
                    epoch: 0,
                    since: Instant::now(),
                    left,
                };
                let mut observer = Watched {
                    watcher,
                    path: seen.clone(),
                    inner: &mut progress,
                };
                let made = learn(&recipe, &folder, &mut observer);
                made.with_context(|| format!("the run '{}' of '{}'", folder.display(), plan.name))?;
                Run::read(plan, &folder)?.ok_or(Interrupted)?
            }
        };
        let spent = Spent {
            name: plan.name.clone(),
            seed: plan.seed,
            model: run.summary.model.clone(),
            parameters: run.summary.parameters,
            data: last_part(&run.summary.data).to_string(),
            epochs: run.epochs.len(),
            seconds: run.summary.seconds,
        };
        if is_new {
            let score = ["accuracy", "mean_iou", "mean_distance"];
            let score = score.iter().find_map(|name| {
                let value = run.test(name).ok()?;
                Some(format!(", {} {value:.4}", name.replace('_', " ")))
            });
            self.reporter.done(&format!(
                "{heading}: {}{}",
                spell(Duration::from_secs_f64(spent.seconds)),
                score.unwrap_or_default()
            ));
        }
        self.note(spent);
        let seen = watch::read(&seen)?;
        Ok((run, is_new, seen))
    }

    /// What `compute` gives of the network of a plan as it starts; nothing is trained. It is computed
    /// once for the plan and all that `decisive` says, which must be all else that decides it.
    ///
    /// # Errors
    /// If the plan's recipe is wrong, it cannot be computed, read or written, or the program is to
    /// end.
    pub fn at_start<T: Serialize + DeserializeOwned>(
        &mut self,
        plan: &RunPlan,
        decisive: impl Serialize,
        compute: impl FnOnce(&Start) -> Result<T>,
    ) -> Result<T> {
        let recipe = self
            .recipe(plan)
            .with_context(|| format!("the recipe of '{}'", plan.name))?;
        let (model, data) = (recipe.model.name.clone(), recipe.data.path.clone());
        let key = ("at the start", self.decisive(&recipe)?, decisive);
        let mut is_new = false;
        let (seconds, parameters, value) = self.kept(key, |device| {
            is_new = true;
            let since = Instant::now();
            let start = Start::new(recipe, device)?;
            let value = compute(&start)?;
            let seconds = since.elapsed().as_secs_f64();
            Ok((seconds, parameter_count(&start.model), value))
        })?;
        if is_new {
            let RunPlan { name, seed, .. } = plan;
            let time = spell(Duration::from_secs_f64(seconds));
            self.reporter
                .done(&format!("{name}, seed {seed}, at the start: {time}"));
        }
        self.note(Spent {
            name: plan.name.clone(),
            seed: plan.seed,
            model,
            parameters,
            data: last_part(&data).to_string(),
            epochs: 0,
            seconds,
        });
        Ok(value)
    }

    /// Counts a run among those that were asked for, once.
    fn note(&mut self, spent: Spent) {
        if !self.spent.contains(&spent) {
            self.spent.push(spent);
        }
    }

    /// The recipe of a run, with all that the laboratory decides.
    pub(crate) fn recipe(&self, plan: &RunPlan) -> Result<Recipe> {
        let recipe = Recipe::with(plan.recipe.clone())?.changed(json!({"run": {
            "seed": plan.seed,
            "backend": self.settings.backend,
            "device": self.settings.device,
        }}))?;
        match self.profile() {
            Profile::Tiny => recipe.changed(json!({"run": {"epochs": 1}, "data": {"limit": 48}})),
            Profile::Quick | Profile::Full => Ok(recipe),
        }
    }

    fn decisive(&mut self, recipe: &Recipe) -> Result<Value> {
        let path = &recipe.data.path;
        let images = match self.fingerprints.get(path) {
            Some(images) => images,
            None => {
                let data = train::data::load(&recipe.data, 0)?;
                self.fingerprints
                    .entry(path.clone())
                    .or_insert(data.fingerprint()?)
            }
        };
        decisive(recipe, images)
    }

    /// What `compute` gives on the device; it is computed once for all that `decisive` says, which
    /// must be all that decides it. For a trained network, that is its run's folder.
    ///
    /// # Errors
    /// If it cannot be computed, read or written, or the program is to end.
    pub fn kept<T: Serialize + DeserializeOwned>(
        &mut self,
        decisive: impl Serialize,
        compute: impl FnOnce(&Device) -> Result<T>,
    ) -> Result<T> {
        if self.reporter.should_stop() {
            return Err(Interrupted.into());
        }
        let name = kept::name_of(&(decisive, self.profile(), &self.settings.backend))?;
        let path = self.settings.runs.join(format!("{name}.json"));
        if let Some(value) = kept::read(&path)? {
            return Ok(value);
        }
        let text = serde_json::to_string(&self.on_device(compute)?)?;
        kept::write(&path, text.as_bytes())?;
        // What is read has lost what JSON loses of a number. The first time is to be as the second.
        Ok(serde_json::from_str(&text)?)
    }

    /// Computes something on the device.
    pub(crate) fn on_device<T>(&self, compute: impl FnOnce(&Device) -> Result<T>) -> Result<T> {
        run_on(
            &self.settings.backend,
            OnDevice {
                choice: self.settings.device,
                compute,
            },
        )
    }

    /// Says what goes on, where it is no training.
    pub fn say(&mut self, line: &str) {
        self.reporter.progress(line);
    }

    /// Where files may be put that runs need, as weights to start from.
    pub fn folder(&self) -> &Path {
        &self.settings.runs
    }

    /// The runs that were asked for since the last call.
    pub fn take_spent(&mut self) -> Vec<Spent> {
        std::mem::take(&mut self.spent)
    }
}

impl Run {
    /// The trained network, with all that is needed to apply it.
    ///
    /// # Errors
    /// If the run's folder cannot be read, or its metrics alone were kept.
    pub fn learned(&self, device: &Device) -> Result<Learned> {
        Learned::load(Origin::Run(&self.folder), device).with_context(|| {
            let folder = self.folder.display();
            format!("'{folder}' has no network that can be read; remove it to train it again")
        })
    }

    /// What the run is called among those that are kept: what decides it, as a short text.
    pub fn id(&self) -> &str {
        let name = self.folder.file_name().and_then(|name| name.to_str());
        name.unwrap_or_default()
    }
}

struct OnDevice<F> {
    choice: DeviceChoice,
    compute: F,
}

impl<T, F: FnOnce(&Device) -> Result<T>> BackendTask for OnDevice<F> {
    type Output = T;

    fn run<B: ComputeBackend>(self) -> Result<T> {
        (self.compute)(&B::device(self.choice)?)
    }
}

/// Trains in this folder, from the start or from where it was stopped.
fn learn(recipe: &Recipe, folder: &Path, observer: &mut dyn Observer) -> Result<()> {
    if folder.join("config.json").is_file() {
        resume(folder, None, observer)?;
        return Ok(());
    }
    // A program that was killed in making the folder has left nothing of worth in it.
    if folder.is_dir() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("'{}' cannot be removed", folder.display()))?;
    }
    fit(recipe, Some(folder), observer)?;
    Ok(())
}

/// Tells of the epochs of a run.
struct Progress<'a> {
    heading: &'a str,
    reporter: &'a mut dyn Reporter,
    epochs: usize,
    epoch: usize,
    since: Instant,
    left: Option<Duration>,
}

impl Observer for Progress<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Resumed { epochs, .. } => self.epoch = epochs,
            Event::EpochEnd { epoch, .. } => {
                let done = (epoch - self.epoch).max(1) as u32;
                let left = match self.left {
                    Some(left) => left.saturating_sub(self.since.elapsed()),
                    None => {
                        let epochs = self.epochs.saturating_sub(epoch) as u32;
                        self.since.elapsed() / done * epochs
                    }
                };
                self.reporter.progress(&format!(
                    "{}: epoch {epoch} of {}, about {} left",
                    self.heading,
                    self.epochs,
                    spell(left)
                ));
            }
            _ => {}
        }
    }

    fn should_stop(&self) -> bool {
        self.reporter.should_stop()
    }
}

fn last_part(path: &str) -> &str {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A time in words.
pub(crate) fn spell(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0 => format!("{:.1} s", time.as_secs_f64()),
        1..=99 => format!("{seconds} s"),
        100..=5999 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{:.1} h", time.as_secs_f64() / 3600.0),
    }
}
