//! The figures.

use maud::{PreEscaped, html};

use super::costs::{Cost, Grown};
use super::{Compared, Deep, Learned, Measured};
use crate::Exhibit;
use crate::estimate::{mean, percent};
use crate::figure::{Axis, Bars, Group, Lines, Series};

/// Bytes of a MiB.
const MIB: f64 = 1_048_576.0;

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    vec![
        test_errors(&measured.compared),
        table(&measured.compared),
        depths(&measured.deep),
        memory(&measured.memory),
        papers(),
    ]
}

fn test_errors(compared: &[Compared]) -> Exhibit {
    let groups = compared.iter().map(|compared| Group {
        label: compared.name.clone(),
        bars: vec![percent(&compared.learned.test_error)],
    });
    let bars = Bars {
        y: Axis::linear("test error (%)"),
        names: Vec::new(),
        groups: groups.collect(),
    };
    Exhibit::figure(
        "Test error after the same budget. A line reaches from the least to the most of the seeds.",
        bars.svg(),
    )
}

fn table(compared: &[Compared]) -> Exhibit {
    let first = compared.first().map(|compared| &compared.cost);
    let times = |of: f64, first: Option<f64>| {
        first.map_or(String::new(), |first| format!(" ({:.2})", of / first))
    };
    let error = |errors: &[f64]| format!("{:.1}", mean(&percent(errors)));
    let row = |Compared {
                   name,
                   block,
                   learned,
                   cost,
               }: &Compared| {
        let Cost {
            parameters,
            milliseconds,
            bytes,
        } = *cost;
        let bytes = bytes as f64;
        vec![
            html! { (name) },
            PreEscaped(block.clone()),
            html! { (parameters) },
            html! { (error(&learned.train_error)) },
            html! { (error(&learned.test_error)) },
            html! {
                (format!("{milliseconds:.1}"))
                (times(milliseconds, first.map(|cost| cost.milliseconds)))
            },
            html! {
                (format!("{:.1}", bytes / MIB))
                (times(bytes, first.map(|cost| cost.bytes as f64)))
            },
        ]
    };
    Exhibit::table(
        "What each network computes, what it learned, and what a step of it costs; in brackets, in \
         times of the residual network's. The times hold for this machine as busy as it was.",
        &[
            "network",
            "block",
            "parameters",
            "error in training (%)",
            "test error (%)",
            "time of a step (ms)",
            "memory of a step (MiB)",
        ],
        compared.iter().map(row),
    )
}

fn depths(deep: &[Deep]) -> Exhibit {
    let last = deep.len().saturating_sub(1);
    let series = deep.iter().enumerate().map(|(place, deep)| {
        let point =
            |(layers, learned): &(usize, Learned)| (*layers as f64, percent(&learned.train_error));
        let points = deep.depths.iter().map(point).collect();
        match place == last {
            true => Series::new("normalised", points).dashed(),
            false => Series::new(&deep.name, points),
        }
    });
    let lines = Lines {
        x: Axis::linear("layers"),
        y: Axis::linear("error in training (%)"),
        series: series.collect(),
        level: None,
    };
    Exhibit::figure(
        "Without normalisation: error on the training images in the last epoch, by depth. Beside \
         it the residual network with normalisation. Guessing has 90 %.",
        lines.svg(),
    )
}

fn memory(grown: &[Grown]) -> Exhibit {
    let series = grown.iter().map(|grown| {
        let points = grown.points.iter();
        let points = points.map(|&(blocks, bytes)| (blocks as f64, vec![bytes as f64 / MIB]));
        Series::new(&grown.name, points.collect())
    });
    let lines = Lines {
        x: Axis::linear("blocks"),
        y: Axis::linear("memory of a step (MiB)"),
        series: series.collect(),
        level: None,
    };
    Exhibit::figure(
        "The most memory that forward, loss and back take, besides the network and the images.",
        lines.svg(),
    )
}

fn papers() -> Exhibit {
    Exhibit::reported(
        "What papers report on CIFAR-10 after full training, for comparison.",
        [
            "paper",
            "network",
            "its test error (%)",
            "of the residual network (%)",
        ],
        &[
            ["Huang 2016", "stochastic depth, 110 layers", "5.25", "6.41"],
            [
                "van de Leemput 2018, with Gomez 2017's code",
                "reversible, 38 layers",
                "6.86",
                "7.26 (32 layers)",
            ],
            [
                "van de Leemput 2018, with Gomez 2017's code",
                "reversible, 110 layers",
                "5.98",
                "6.01 (110 layers)",
            ],
        ],
    )
}
