//! What is learned: for each task its loss, its metrics, and how its answers are shown, as one
//! value.

mod classification;
mod key_points;
mod kind;
mod regression;
mod segmentation;

pub use kind::{Answer, Task};
pub(crate) use segmentation::mask;

use anyhow::{Result, ensure};

use crate::metric::metrics_of;

/// The task of this kind.
///
/// # Panics
/// If there is none: models have learned something new.
pub fn of(kind: models::Task) -> &'static dyn Task {
    match kind {
        models::Task::Classification => &classification::Classification,
        models::Task::Segmentation => &segmentation::Segmentation,
        models::Task::Regression => &regression::Regression,
        models::Task::KeyPoints => &key_points::KeyPoints,
        other => panic!("no task is made for '{other}' yet"),
    }
}

/// The metrics of a task and those that are asked for beside them, each once; `all` stands for all
/// that there are. Where none is asked for, the task says which.
///
/// # Errors
/// If one is not for the task.
pub(crate) fn test_metrics(asked: &[String], task: models::Task) -> Result<Vec<&str>> {
    let all = metrics_of(task);
    let mut names = of(task).metrics().to_vec();
    match asked {
        [] => names.extend(of(task).test_metrics()),
        asked if asked.iter().any(|name| name == "all") => names.extend(&all),
        asked => names.extend(asked.iter().map(String::as_str)),
    }
    for name in &names {
        ensure!(
            all.contains(name),
            "there is no metric '{name}' for {task}; there are: all, {}",
            all.join(", ")
        );
    }
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    Ok(once)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(asked: &[&str], task: models::Task) -> Result<Vec<String>> {
        let asked: Vec<_> = asked.iter().map(|name| name.to_string()).collect();
        Ok(test_metrics(&asked, task)?
            .into_iter()
            .map(str::to_string)
            .collect())
    }

    #[test]
    fn each_metric_is_taken_once() {
        let names =
            |asked: &[&str]| named(asked, models::Task::Classification).expect("all are known");
        assert_eq!(names(&[]), ["accuracy", "balanced_accuracy", "mean_f1"]);
        assert_eq!(names(&["ece", "accuracy", "ece"]), ["accuracy", "ece"]);
        assert_eq!(
            names(&["all"]).len(),
            metrics_of(models::Task::Classification).len()
        );
    }

    #[test]
    fn a_metric_of_another_task_is_refused() {
        let error = named(&["mean_iou"], models::Task::Classification).expect_err("of masks");
        let message = error.to_string();
        assert!(
            message.starts_with(
                "there is no metric 'mean_iou' for classification; there are: all, accuracy, "
            ),
            "{message}"
        );
    }

    #[test]
    fn every_task_has_metrics_of_its_own() {
        for task in [
            models::Task::Classification,
            models::Task::Segmentation,
            models::Task::Regression,
            models::Task::KeyPoints,
        ] {
            named(&[], task).expect("its own");
        }
    }
}
