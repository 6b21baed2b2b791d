//! The figure that is alive: a slider over training.

use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};
use skip_blocks::layers::{Act, NormKind};

use super::chain::logarithm;
use super::nets::{BETWEEN, Kind, Net, between};
use super::{Flow, Measured};
use crate::Exhibit;
use crate::estimate::mean;
use crate::figure::Heat;

/// The networks of the map.
const MAPPED: [Kind; 2] = [Kind::Plain, Kind::Residual];

/// Lines by depth that the reader moves through training; below, and without script alone, a heat
/// map of depth by step.
pub(super) fn exhibit(measured: &Measured) -> Exhibit {
    // No part of the numbers may end the element that holds them.
    let numbers = numbers(measured).to_string().replace('<', "\\u003c");
    Exhibit::new(
        "Through training, always for the same images. The map has the plain and the \
         residual network, with sigmoids and without normalisation: a row for each block \
         from the image to the answer, a column for each look, and as colour the power of \
         ten of the gradient's norm.",
        html! {
            div.live data-live="slider" {
                script type="application/json" { (PreEscaped(numbers)) }
                (map(measured))
            }
        },
    )
}

fn map(measured: &Measured) -> Markup {
    let flows = MAPPED.map(|kind| {
        measured.flow(Net {
            kind,
            act: Act::Sigmoid,
            norm: NormKind::None,
        })
    });
    let steps = shared_steps(&flows);
    if steps.is_empty() {
        return html! {};
    }
    let mut heat = Heat {
        x: "steps".to_string(),
        y: "network, block".to_string(),
        scale: "power of ten".to_string(),
        columns: steps.iter().map(usize::to_string).collect(),
        ..Heat::default()
    };
    for flow in flows {
        let stage = flow.parts.len().div_ceil(3).max(1);
        for part in 0..flow.parts.len() {
            // The first block of each stage is named: there is no room for all.
            heat.rows.push(match part % stage {
                0 => format!("{} {}", flow.net.kind.name(), part + 1),
                _ => String::new(),
            });
            heat.values.push(powers_of(flow, &steps, part));
        }
    }
    PreEscaped(heat.svg())
}

/// The steps at which all networks were looked at.
fn shared_steps(flows: &[&Flow]) -> Vec<usize> {
    let first = flows.first().map(|flow| flow.steps.clone());
    let mut steps = first.unwrap_or_default();
    steps.retain(|step| flows.iter().all(|flow| flow.steps.contains(step)));
    steps
}

/// The power of ten of a part's norm at each of some steps, averaged over seeds.
fn powers_of(flow: &Flow, steps: &[usize], part: usize) -> Vec<f64> {
    let places = 0..flow.steps.len();
    let places = places.filter(|place| steps.contains(&flow.steps[*place]));
    let powers = places.map(|place| {
        let norms = flow.at(place, part).into_iter();
        mean(&norms.map(logarithm).collect::<Vec<_>>())
    });
    // Three digits are more than can be seen.
    powers.map(|power| (power * 1e3).round() / 1e3).collect()
}

/// All lines of all steps, in groups that are drawn together.
fn numbers(measured: &Measured) -> Value {
    let chains = BETWEEN.map(|(act, norm)| {
        let flows = measured.chains(act, norm);
        group(
            &between(act, norm),
            "block, from the image to the answer",
            &flows,
        )
    });
    let unets = [BETWEEN[0], BETWEEN[3]].map(|(act, norm)| {
        let name = format!("U-Nets, {}", between(act, norm));
        let flows = measured.unets(act, norm);
        group(&name, "stage, on the way down and up", &flows)
    });
    let groups: Vec<_> = chains.into_iter().chain(unets).collect();
    json!({"y": "norm of the gradient", "groups": groups})
}

/// Networks that are drawn together.
fn group(name: &str, x: &str, flows: &[&Flow]) -> Value {
    let steps = shared_steps(flows);
    let line = |flow: &&Flow| {
        let parts = 0..flow.parts.len();
        let powers: Vec<_> = parts.map(|part| powers_of(flow, &steps, part)).collect();
        json!({"name": flow.net.kind.name(), "powers": powers})
    };
    json!({
        "name": name,
        "x": x,
        "steps": steps,
        "lines": flows.iter().map(line).collect::<Vec<_>>(),
    })
}
