//! The multiply-adds that `train models --json` gives, against published ones.

use serde_json::Value;

/// In millions: torchvision's `_ops`, and for CIFAR the sums of the paper's table 6.
const PUBLISHED: [(&str, f64); 14] = [
    ("resnet18", 1_814.0),
    ("resnet34", 3_664.0),
    ("resnet50", 4_089.0),
    ("resnet101", 7_801.0),
    ("resnet152", 11_514.0),
    ("wide_resnet50_2", 11_398.0),
    ("resnext50_32x4d", 4_230.0),
    ("densenet169", 3_360.0),
    ("densenet201", 4_291.0),
    ("resnet20", 40.55),
    ("resnet32", 68.86),
    ("resnet44", 97.17),
    ("resnet56", 125.49),
    ("resnet110", 252.89),
];

/// In millions: timm's, which counts normalisations too, for what torchvision's are not known of.
const WITH_NORMALISATIONS: [(&str, f64); 2] = [("densenet121", 2_870.0), ("densenet161", 7_790.0)];

fn millions(name: &str) -> f64 {
    let text = train::list::json("*").expect("a list");
    let list: Vec<Value> = serde_json::from_str(&text).expect("an array");
    let row = list.iter().find(|row| row["name"] == name);
    let macs = row.expect("a model")["macs"].as_f64().expect("a number");
    macs / 1e6
}

#[test]
fn multiply_adds_are_the_published_ones() {
    for (name, published) in PUBLISHED {
        // Half a unit of the last published digit.
        let rounding = if published < 1_000.0 { 0.005 } else { 0.5 };
        let ours = millions(name);
        assert!((ours - published).abs() <= rounding, "{name}: {ours}");
    }
}

#[test]
fn multiply_adds_are_a_little_below_those_with_normalisations() {
    for (name, published) in WITH_NORMALISATIONS {
        let ratio = millions(name) / published;
        assert!((0.98..1.0).contains(&ratio), "{name}: {ratio}");
    }
}
