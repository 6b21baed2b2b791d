//! Losses beside what others compute: values and gradients of `references/losses.json`, which
//! `references/losses.py` wrote.

mod noise;

use std::slice::from_ref;

use burn::tensor::{Device, Int, Tensor, TensorData};
use noise::noise;
use serde_json::{Value, json};
use train::data::Targets;
use train::loss::{Loss, Truth};

/// How far from the reference a value may be, of itself, and a gradient, of the largest.
const TOLERANCE: f64 = 1e-5;

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list").iter();
    list.map(|number| number.as_f64().expect("a number"))
        .collect()
}

fn sizes<const N: usize>(value: &Value) -> [usize; N] {
    let sizes = numbers(value).into_iter().map(|size| size as usize);
    sizes.collect::<Vec<_>>().try_into().expect("as many")
}

fn seed(case: &Value, name: &str) -> u64 {
    case[name].as_u64().expect("a seed")
}

/// What the model says, and what is true.
fn inputs(case: &Value) -> (Vec<f32>, [usize; 4], Truth) {
    let device = Device::flex();
    let shape @ [batch, _, height, width] = sizes(&case["shape"]);
    let count = shape.iter().product();
    let scale = case["scale"].as_f64().expect("a number");
    let mut output = noise(count, seed(case, "seed"), scale);
    let size = [height, width];
    let targets = if let Some(labels) = case.get("labels") {
        let labels: Vec<i32> = numbers(labels)
            .into_iter()
            .map(|label| label as i32)
            .collect();
        let data = TensorData::new(labels, [batch, height, width]);
        Targets::Classes(Tensor::<3, Int>::from_data(data, &device))
    } else if let Some(points) = case.get("points") {
        let points = points.as_array().expect("points").iter();
        let values: Vec<f32> = points.flat_map(numbers).map(|value| value as f32).collect();
        let data = TensorData::new(values, [batch, shape[1], 3]);
        Targets::Points(Tensor::from_data(data, &device))
    } else {
        // Pictures from 0 to 1.
        output.iter_mut().for_each(|value| *value += 0.5);
        let truth = noise(count, seed(case, "truth_seed"), scale);
        let truth = truth.into_iter().map(|value| value + 0.5).collect();
        Targets::Values(Tensor::from_data(TensorData::new(truth, shape), &device))
    };
    (output, shape, Truth::new(targets, size, size))
}

#[test]
fn values_and_gradients_are_those_of_the_references() {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("references/losses.json")).expect("JSON");
    let mut wrong = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let loss: Loss = serde_json::from_value(json!({"terms": [case["term"]]})).expect("a loss");
        let (output, shape, truth) = inputs(case);
        let device = Device::flex().autodiff();
        let output = Tensor::<4>::from_data(TensorData::new(output, shape), &device).require_grad();
        let value = loss.forward(from_ref(&output), &truth);
        let gradient = output
            .grad(&value.backward())
            .expect("it depends on the output");
        let value: f64 = value.into_scalar::<f32>().into();
        let expected = case["value"].as_f64().expect("a number");
        let apart = (value - expected).abs() / expected.abs();

        let gradient = gradient.try_into_vec_as::<f64>().expect("reads");
        let expected = numbers(&case["gradient"]);
        assert_eq!(gradient.len(), expected.len());
        let largest = expected
            .iter()
            .fold(0.0, |most: f64, part| most.max(part.abs()));
        let parts = gradient.iter().zip(&expected);
        let farthest = parts.fold(0.0, |most: f64, (own, other)| most.max((own - other).abs()));
        let farthest = farthest / largest;
        let right = apart < TOLERANCE && farthest < TOLERANCE;
        if !right {
            wrong.push(format!(
                "{index} {}: the value by {apart:.1e}, the gradient by {farthest:.1e}",
                case["term"]
            ));
        }
    }
    assert!(cases.len() > 20);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_perfect_answer_costs_nothing_and_a_wrong_one_something() {
    let labels = [[0_i32, 1, 1, 0], [2, 2, 0, 1]];
    let truth = || {
        let labels = Tensor::<3, Int>::from_data([labels], &Device::flex());
        Truth::new(Targets::Classes(labels), [2, 4], [2, 4])
    };
    let logits = |shift: i32| {
        let planes = (0..3).map(|class: i32| {
            labels.map(|row| {
                row.map(|label| match (label + shift) % 3 == class {
                    true => 30.0_f32,
                    false => -30.0,
                })
            })
        });
        let planes: Vec<f32> = planes.flatten().flatten().collect();
        Tensor::<4>::from_data(TensorData::new(planes, [1, 3, 2, 4]), &Device::flex())
    };
    for name in [
        "cross_entropy",
        "bce",
        "focal",
        "boundary_cross_entropy",
        "dice",
        "generalised_dice",
        "jaccard",
        "tversky",
        "lovasz_softmax",
        "cl_dice",
    ] {
        let loss: Loss = serde_json::from_value(json!({"terms": [{"name": name}]})).expect("one");
        let value = |shift| {
            loss.forward(&[logits(shift)], &truth())
                .into_scalar::<f32>()
        };
        assert!(value(0).abs() < 1e-6, "{name}: {}", value(0));
        assert!(value(1) > 0.3, "{name}: {}", value(1));
    }
}

#[test]
fn no_label_at_all_costs_nothing_and_has_no_slope() {
    let labels = Tensor::<3, Int>::from_data([[[-1, -1], [-1, -1]]], &Device::flex());
    let truth = Truth::new(Targets::Classes(labels), [2, 2], [2, 2]);
    for name in [
        "cross_entropy",
        "bce",
        "focal",
        "boundary_cross_entropy",
        "dice",
        "generalised_dice",
        "jaccard",
        "tversky",
        "lovasz_softmax",
        "lovasz_hinge",
        "cl_dice",
    ] {
        let loss: Loss = serde_json::from_value(json!({"terms": [{"name": name}]})).expect("one");
        let data = TensorData::new(noise(8, 1, 2.0), [1, 2, 2, 2]);
        let logits = Tensor::<4>::from_data(data, &Device::flex().autodiff()).require_grad();
        let value = loss.forward(from_ref(&logits), &truth);
        let slope = logits
            .grad(&value.backward())
            .expect("it depends on the logits");
        let slope: f32 = slope.abs().max().into_scalar();
        assert!(value.into_scalar::<f32>().is_finite(), "{name}");
        assert_eq!(slope, 0.0, "{name}");
    }
}
