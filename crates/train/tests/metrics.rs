//! Metrics beside what others compute: values of `references/metrics.json`, which
//! `references/metrics.py` wrote.

mod noise;

use burn::tensor::{Device, Int, Tensor, TensorData};
use noise::noise;
use serde_json::Value;
use train::data::Targets;
use train::{Metrics, Outcome};

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("references/metrics.json")).expect("JSON")
}

fn case(kind: &str) -> Value {
    let cases = cases().into_iter();
    let mut own = cases.filter(|case| case["kind"] == kind);
    own.next().expect("a case")
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list").iter();
    list.map(|number| number.as_f64().expect("a number"))
        .collect()
}

fn outcome(answers: Vec<f32>, shape: [usize; 4], targets: Targets) -> Outcome {
    let device = Device::flex();
    Outcome {
        loss: Tensor::from_data([1.0], &device),
        answers: Tensor::from_data(TensorData::new(answers, shape), &device),
        targets,
    }
}

fn classes(labels: Vec<i32>, shape: [usize; 3]) -> Targets {
    let data = TensorData::new(labels, shape);
    Targets::Classes(Tensor::<3, Int>::from_data(data, &Device::flex()))
}

/// The values of a case, over outcomes that make it up.
fn assert_values(case: &Value, outcomes: Vec<Outcome>) {
    let expected = case["values"].as_object().expect("values");
    let mut names: Vec<&str> = Vec::new();
    for name in expected.keys() {
        let metric = name.split('.').next().expect("a name");
        if !names.contains(&metric) {
            names.push(metric);
        }
    }
    let count = case["classes"].as_u64().unwrap_or(0);
    let classes: Vec<_> = (0..count).map(|class| class.to_string()).collect();
    let mut metrics = Metrics::new(&names)
        .expect("metrics")
        .with_classes(&classes);
    for outcome in outcomes {
        metrics.update(outcome).expect("reads");
    }
    let values = metrics.values();
    let mut wrong = Vec::new();
    for (name, expected) in expected {
        let expected = expected.as_f64().expect("a number");
        let value = values.get(name).expect("computed");
        let right = (value - expected).abs() <= 1e-6 * expected.abs();
        if !right {
            wrong.push(format!("{name} is {value}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The loss comes first.
    assert_eq!(values.iter().count(), expected.len() + 1);
}

#[test]
fn classification_is_scikit_learns() {
    let case = case("classification");
    let labels: Vec<i32> = numbers(&case["labels"])
        .into_iter()
        .map(|label| label as i32)
        .collect();
    let (images, classes_) = (
        labels.len(),
        case["classes"].as_u64().expect("classes") as usize,
    );
    let mut logits = noise(
        images * classes_,
        case["seed"].as_u64().expect("a seed"),
        2.0,
    );
    for (logits, label) in logits.chunks_mut(classes_).zip(&labels) {
        logits[*label as usize] += case["boost"].as_f64().expect("a number") as f32;
    }
    // In two batches of unequal size.
    let first = images / 3;
    let later = logits.split_off(first * classes_);
    let outcomes = vec![
        outcome(
            logits,
            [first, classes_, 1, 1],
            classes(labels[..first].to_vec(), [first, 1, 1]),
        ),
        outcome(
            later,
            [images - first, classes_, 1, 1],
            classes(labels[first..].to_vec(), [images - first, 1, 1]),
        ),
    ];
    assert_values(&case, outcomes);
}

#[test]
fn segmentation_is_that_of_the_references() {
    let case = case("segmentation");
    let size: Vec<_> = numbers(&case["size"])
        .into_iter()
        .map(|side| side as usize)
        .collect();
    let (height, width) = (size[0], size[1]);
    let maps = |name: &str| -> Vec<Vec<i32>> {
        let maps = case[name].as_array().expect("maps").iter();
        let digit = |digit: char| digit.to_digit(10).map_or(-1, |digit| digit as i32);
        maps.map(|map| map.as_str().expect("digits").chars().map(digit).collect())
            .collect()
    };
    let outcomes = maps("predicted").into_iter().zip(maps("labels"));
    let outcomes = outcomes.map(|(predicted, labels)| {
        let is = |class: i32| {
            predicted
                .iter()
                .map(move |own| if *own == class { 2.0 } else { 0.0 })
        };
        let logits: Vec<f32> = (0..3).flat_map(is).collect();
        outcome(
            logits,
            [1, 3, height, width],
            classes(labels, [1, height, width]),
        )
    });
    assert_values(&case, outcomes.collect());
}

#[test]
fn known_objects_are_those_of_the_references() {
    for (kind, bordered) in [("instances", false), ("bordered instances", true)] {
        let case = case(kind);
        let sizes = |value: &Value| -> Vec<i32> {
            numbers(value).into_iter().map(|size| size as i32).collect()
        };
        let own = sizes(&case["numbers"]);
        let [height, width] = [0, 1].map(|dim| sizes(&case["size"])[dim] as usize);
        let count = case["classes"].as_u64().expect("classes") as usize;
        let predicted = case["predicted"].as_str().expect("digits");
        let is = |class: usize| {
            let digits = predicted.chars();
            digits.map(move |digit| {
                if digit.to_digit(10) == Some(class as u32) {
                    2.0
                } else {
                    0.0
                }
            })
        };
        let logits: Vec<f32> = (0..count).flat_map(is).collect();
        let map = |labels: Vec<i32>| {
            let data = TensorData::new(labels, [1, height, width]);
            Tensor::<3, Int>::from_data(data, &Device::flex())
        };
        let truth = Targets::Objects {
            classes: map(own.iter().map(|&number| number.min(1)).collect()),
            numbers: map(own),
            bordered,
        };
        assert_values(
            &case,
            vec![outcome(logits, [1, count, height, width], truth)],
        );
    }
}

#[test]
fn regression_is_torchmetrics() {
    let case = case("regression");
    let shape = numbers(&case["shape"])
        .into_iter()
        .map(|size| size as usize);
    let shape: [usize; 4] = shape.collect::<Vec<_>>().try_into().expect("four");
    let count = shape.iter().product();
    let truth: Vec<f32> = noise(count, 21, 0.5)
        .into_iter()
        .map(|value| 0.5 + value)
        .collect();
    let error = noise(count, 22, 0.2);
    let answers = truth
        .iter()
        .zip(error)
        .map(|(truth, error)| truth + error)
        .collect();
    let data = TensorData::new(truth, shape);
    let truth = Targets::Values(Tensor::from_data(data, &Device::flex()));
    assert_values(&case, vec![outcome(answers, shape, truth)]);
}
