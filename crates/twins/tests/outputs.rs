//! Every variant with a twin gives the twin's outputs, at full size: a test for each fixture.

use burn::tensor::Device;
use libtest_mimic::{Arguments, Failed, Trial};
use twins::{Case, Outputs, outputs};

fn main() {
    let mut arguments = Arguments::from_args();
    // A large model takes a gigabyte.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let cases = Case::<Outputs>::all().into_iter();
    let mut trials: Vec<_> = cases
        .map(|case| Trial::test(case.name.clone(), move || equals_its_twin(&case)))
        .collect();
    trials.push(Trial::test("every_twin_is_proven", every_twin_is_proven));
    libtest_mimic::run(&arguments, trials).exit();
}

fn equals_its_twin(case: &Case<Outputs>) -> Result<(), Failed> {
    let found = outputs::compare(case, &Device::flex())?;
    let tolerance = case.fixture.tolerance;
    match found.are_within(tolerance) {
        true => Ok(()),
        false => Err(format!(
            "{found:?}: more than {tolerance} from {}",
            case.fixture.twin
        )
        .into()),
    }
}

/// A variant with a twin has a fixture of that twin; a fixture has its variant.
fn every_twin_is_proven() -> Result<(), Failed> {
    let cases = Case::<Outputs>::all();
    let mut faults = vec![];
    for variant in models::list("*") {
        let twin = variant.twin().map(ToString::to_string);
        let proven = cases.iter().find(|case| case.name == variant.name());
        if proven.map(|case| &case.fixture.twin) != twin.as_ref() {
            faults.push(format!(
                "python crates/twins/make.py --again '{}'",
                variant.name()
            ));
        }
    }
    let varied: serde_json::Value = serde_json::from_str(include_str!("../cases.json"))?;
    for name in varied["varied"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default();
        if !cases.iter().any(|case| case.name == name) {
            faults.push(format!("python crates/twins/make.py '{name}'"));
        }
    }
    for case in &cases {
        if let Err(error) = models::find(case.variant()) {
            faults.push(format!("{}: {error}", case.name));
        }
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(format!("to be made:\n{}", faults.join("\n")).into()),
    }
}
