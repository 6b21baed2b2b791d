//! The figures of the gradients.

use skip_blocks::layers::{Act, NormKind};

use super::alive;
use super::chain::{factors, gain, logarithm, typical};
use super::nets::{BETWEEN, Kind, Net, between};
use super::{Flow, Measured};
use crate::Exhibit;
use crate::experiments::spelled::spelled;
use crate::figure::{Axis, Lines, Series};

const NORM: &str = "norm of the gradient (power of ten)";

const BLOCK: &str = "block, from the image to the answer";

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    let starts = BETWEEN.map(|(act, norm)| {
        let caption = format!(
            "At the start: {}. {}",
            between(act, norm),
            remark(act, norm)
        );
        Exhibit::figure(caption, by_depth(&measured.chains(act, norm), BLOCK))
    });
    let [bare, others @ ..] = starts;
    let mut exhibits = vec![bare, chain(measured)];
    exhibits.extend(others);
    exhibits.push(alive::exhibit(measured));
    exhibits.extend([long_skips(measured), table(measured)]);
    exhibits
}

fn remark(act: Act, norm: NormKind) -> &'static str {
    match (act, norm) {
        (Act::Sigmoid, NormKind::None) => {
            "A sigmoid's slope is at most a quarter: block by block the plain network's gradient \
             shrinks. Along shortcuts nothing shrinks it."
        }
        (Act::Sigmoid, _) => "What a sigmoid takes, the normalisation's division gives back.",
        (_, NormKind::None) => {
            "He's rule draws weights so that with ReLU the factors are about one: the plain \
             network starts well without shortcuts, too."
        }
        _ => "This is how residual and dense networks are made, and their plain twins.",
    }
}

impl Measured {
    /// The networks of blocks with this between convolutions.
    pub(super) fn chains(&self, act: Act, norm: NormKind) -> Vec<&Flow> {
        let flows = self.flows.iter().filter(|flow| flow.net.is_chain());
        flows
            .filter(|flow| (flow.net.act, flow.net.norm) == (act, norm))
            .collect()
    }

    /// The U-Nets with this.
    pub(super) fn unets(&self, act: Act, norm: NormKind) -> [&Flow; 2] {
        let kinds = [Kind::UnetWithoutSkips, Kind::Unet];
        kinds.map(|kind| self.flow(Net { kind, act, norm }))
    }
}

/// A line for each network, over its parts, at the start.
fn by_depth(flows: &[&Flow], x: &str) -> String {
    let series = flows.iter().map(|flow| {
        let parts = match flow.steps.is_empty() {
            true => 0,
            false => flow.parts.len(),
        };
        let powers = |part| flow.at(0, part).into_iter().map(logarithm).collect();
        let points = (0..parts).map(|part| (part as f64 + 1.0, powers(part)));
        Series::new(flow.net.kind.name(), points.collect())
    });
    let figure = Lines {
        x: Axis::linear(x),
        y: Axis::linear(NORM),
        series: series.collect(),
        level: None,
    };
    figure.svg()
}

/// The factors of the chain, at the start.
fn chain(measured: &Measured) -> Exhibit {
    let series = measured
        .chains(Act::Sigmoid, NormKind::None)
        .into_iter()
        .map(|flow| {
            let seeds = flow.norms.iter().filter_map(|steps| steps.first());
            let seeds: Vec<_> = seeds.map(|norms| factors(norms)).collect();
            let links = seeds.iter().map(Vec::len).min().unwrap_or(0);
            let at = |link: usize| seeds.iter().map(|factors| factors[link]).collect();
            let points = (0..links).map(|link| (link as f64 + 2.0, at(link)));
            Series::new(flow.net.kind.name(), points.collect())
        });
    let figure = Lines {
        x: Axis::linear(BLOCK),
        y: Axis::logarithmic("factor of the block"),
        series: series.collect(),
        level: Some((1.0, String::new())),
    };
    Exhibit::figure(
        "The chain, with sigmoids and without normalisation: by what each block multiplies the \
         gradient's norm on its way back; at 1 it stays as it is. The product of a line's factors \
         is the first block's gradient over the last's.",
        figure.svg(),
    )
}

fn long_skips(measured: &Measured) -> Exhibit {
    Exhibit::figure(
        "U-Nets with sigmoids and without normalisation, at the start: the gradient by stage, from \
         the image down to the smallest map (5) and up again. Without its long skips the network \
         is a chain; with them, the stages on the way down hear of the answer directly.",
        by_depth(
            &measured.unets(Act::Sigmoid, NormKind::None),
            "stage, on the way down and up",
        ),
    )
}

fn table(measured: &Measured) -> Exhibit {
    let row = |flow: &Flow| {
        let losses: Vec<_> = flow.loss.iter().copied().flatten().collect();
        vec![
            flow.net.name(),
            flow.parts.len().to_string(),
            spelled(&flow.at_start(typical), 3),
            spelled(&flow.at_start(gain), 1),
            spelled(&flow.at_end(gain), 1),
            spelled(&losses, 3),
        ]
    };
    Exhibit::table(
        "All networks: the typical factor of a block (the geometric mean) at the start, how many \
         orders of magnitude the gradient gains from the last block to the first at the start and \
         after the last look, and the loss in training in the last epoch. Means over seeds.",
        &[
            "network",
            "blocks",
            "factor",
            "gain at start",
            "gain at end",
            "loss",
        ],
        measured.flows.iter().map(row),
    )
}
