//! A run that is killed at random moments, and goes on each time, ends as if it had not been.
//!
//! `KILLS=200 cargo test -p train --test killed -- --nocapture` is the long form.
#![cfg(unix)]

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::same::Outcome;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::tempdir;

/// What is killed: many checkpoints, so that many deaths are in the middle of writing one.
const RUNS: [(&str, &[&str]); 2] = [
    (
        "classification",
        &[
            "--model",
            "resnet8",
            "--limit",
            "40",
            "--batch-size",
            "4",
            "--epochs",
            "3",
            "--average",
            "0.9",
            "--set",
            "run.checkpoint.steps=1",
            "--set",
            "model.encoder.drop_path_rate=0.2",
        ],
    ),
    (
        "segmentation",
        &[
            "--data",
            "nuclei-mini",
            "--limit",
            "8",
            "--batch-size",
            "2",
            "--epochs",
            "2",
            "--set",
            "run.checkpoint.steps=1",
        ],
    ),
];

fn start(folder: &Path, arguments: &[String]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_train"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// Lets it live so long; whether it ended by itself before, and well.
fn lives(mut child: Child, time: Duration) -> bool {
    let until = std::time::Instant::now() + time;
    while std::time::Instant::now() < until {
        if let Some(status) = child.try_wait().expect("asked") {
            let output = child.wait_with_output().expect("read");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(status.success(), "{error}");
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("dead");
    false
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_if_it_had_not_been() {
    let wanted = std::env::var("KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok());
    let wanted: usize = wanted.unwrap_or(8);
    let mut random = StdRng::seed_from_u64(11);
    for (name, arguments) in RUNS {
        let folder = tempdir().expect("a folder");
        let begin = |out: &str| {
            let own = ["fit", "--plain", "--out", out].into_iter();
            let all = own.chain(arguments.iter().copied());
            all.map(str::to_string).collect::<Vec<_>>()
        };
        let began = std::time::Instant::now();
        assert!(lives(
            start(folder.path(), &begin("whole")),
            Duration::from_secs(600)
        ));
        let whole_run = began.elapsed();
        let whole = Outcome::of(&folder.path().join("whole"));
        let (mut kills, mut runs) = (0, 0);
        while kills < wanted.div_ceil(RUNS.len()) {
            let out = format!("run-{runs}");
            let run = folder.path().join(&out);
            let mut time = || whole_run.mul_f64(random.random_range(0.05..0.9));
            let mut ended = lives(start(folder.path(), &begin(&out)), time());
            kills += usize::from(!ended);
            while !ended {
                // Before there is a run, there is nothing to go on with.
                let again = match run.join("config.json").is_file() {
                    true => ["resume", "--plain", &out].map(str::to_string).to_vec(),
                    false => {
                        std::fs::remove_dir_all(&run).ok();
                        begin(&out)
                    }
                };
                ended = lives(start(folder.path(), &again), time());
                kills += usize::from(!ended);
            }
            assert_eq!(Outcome::of(&run), whole, "{name}, {out}");
            runs += 1;
        }
        println!("{name}: {runs} runs were killed {kills} times, and all are the same");
    }
}
