//! The figures of plain and highway networks.

use super::Measured;
use super::block::digits;
use super::gates::Gates;
use super::nets::{Layers, Trained};
use crate::Exhibit;
use crate::estimate::{mean, percent};
use crate::experiments::spelled::spelled;
use crate::figure::{Axis, Heat, Lines, Series};
use crate::gather::by_place;

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    vec![
        by_depth(measured),
        curves(measured),
        biases(measured),
        openings(measured),
        classes(measured),
        learned(measured),
        closing(measured),
        special_cases(measured),
        table(measured),
        paper(),
    ]
}

fn by_depth(measured: &Measured) -> Exhibit {
    let kinds = [("plain", &measured.plain), ("highway", &measured.highway)];
    let series = kinds.map(|(name, kind)| {
        let points = kind
            .iter()
            .map(|trained| (trained.depth as f64, trained.losses()));
        Series::new(name, points.collect())
    });
    let figure = Lines {
        x: Axis::linear("layers"),
        y: Axis::logarithmic("loss in training (nats)"),
        series: series.to_vec(),
        level: Some((10f64.ln(), "guessing".to_string())),
    };
    Exhibit::figure(
        "Loss on the training images in the last epoch, by depth.",
        figure.svg(),
    )
}

fn curves(measured: &Measured) -> Exhibit {
    let ends = |kind: &[Trained]| [kind.first().cloned(), kind.last().cloned()];
    let kinds = [
        ("plain", ends(&measured.plain)),
        ("highway", ends(&measured.highway)),
    ];
    let series = kinds.into_iter().flat_map(|(name, ends)| {
        ends.into_iter().flatten().map(move |trained| {
            Series::numbered(format!("{name}, {} layers", trained.depth), &trained.curve)
        })
    });
    let figure = Lines {
        x: Axis::linear("epoch"),
        y: Axis::logarithmic("loss in training (nats)"),
        series: series.collect(),
        level: None,
    };
    Exhibit::figure(
        "Loss on the training images of the shallowest and the deepest networks, epoch by epoch.",
        figure.svg(),
    )
}

fn biases(measured: &Measured) -> Exhibit {
    let points = measured
        .biases
        .iter()
        .filter_map(|trained| match trained.layers {
            Layers::Highway { bias } => Some((bias, trained.losses())),
            Layers::Plain => None,
        });
    let mut points: Vec<_> = points.collect();
    points.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let figure = Lines {
        x: Axis::linear("bias of the gates at the start"),
        y: Axis::logarithmic("loss in training (nats)"),
        series: vec![Series::new("highway", points)],
        level: None,
    };
    Exhibit::figure(
        format!(
            "Highway networks of {} layers by the bias at which their gates start: 0 is half open, \
             -2 an eighth, -4 a fiftieth. All learn at a rate of {}.",
            measured.looked_at.depth, measured.looked_at.rate
        ),
        figure.svg(),
    )
}

/// Parts by layer, and seed, in percent.
fn by_layer(gates: &[Gates], value: fn(&Gates) -> &[f64]) -> Vec<Vec<f64>> {
    let seeds = gates.iter().map(|gates| percent(value(gates)));
    by_place(&seeds.collect::<Vec<_>>())
}

fn openings(measured: &Measured) -> Exhibit {
    let gates = &measured.gates;
    let before = by_layer(gates, |gates| &gates.untrained.mean);
    let figure = Lines {
        x: Axis::linear("highway layer"),
        y: Axis::linear("opening (%)"),
        series: vec![
            Series::numbered("gates", &by_layer(gates, |gates| &gates.spread.mean)),
            Series::numbered(
                "their biases alone",
                &by_layer(gates, |gates| &gates.by_bias),
            )
            .dashed(),
            Series::numbered("before training", &before).dashed(),
        ],
        level: None,
    };
    Exhibit::figure(
        "How far the gates of each layer open after training, over all units and test images; how \
         far they would if they saw nothing of their input; and how far they did before training.",
        figure.svg(),
    )
}

fn classes(measured: &Measured) -> Exhibit {
    let gates = &measured.gates;
    let layers = gates
        .iter()
        .map(|gates| gates.spread.by_class.len())
        .min()
        .unwrap_or(0);
    let classes = gates
        .first()
        .map(|gates| gates.classes.clone())
        .unwrap_or_default();
    let value = |layer: usize, class: usize| {
        let seeds = gates
            .iter()
            .map(|gates| 100.0 * gates.spread.by_class[layer][class]);
        mean(&seeds.collect::<Vec<_>>())
    };
    let row = |layer| {
        (0..classes.len())
            .map(|class| value(layer, class))
            .collect()
    };
    // Every fifth layer is named: there is no room for more.
    let name = |layer: usize| match (layer + 1) % 5 {
        0 => (layer + 1).to_string(),
        _ => String::new(),
    };
    let heat = Heat {
        x: "class".to_string(),
        y: "highway layer".to_string(),
        scale: "points".to_string(),
        columns: classes.clone(),
        rows: (0..layers).map(name).collect(),
        values: (0..layers).map(row).collect(),
    };
    Exhibit::figure(
        "How far the gates for a class are from those for all: the difference of a unit's mean \
         opening, in percentage points, averaged over units and seeds.",
        heat.svg(),
    )
}

fn learned(measured: &Measured) -> Exhibit {
    let gates = &measured.gates;
    let before = by_layer(gates, |gates| &gates.untrained.deviation);
    let figure = Lines {
        x: Axis::linear("highway layer"),
        y: Axis::linear("deviation over classes (points)"),
        series: vec![
            Series::numbered(
                "after training",
                &by_layer(gates, |gates| &gates.spread.deviation),
            ),
            Series::numbered("before", &before).dashed(),
        ],
        level: None,
    };
    Exhibit::figure(
        "How much a unit's mean opening differs between classes, averaged over units: what gates \
         tell apart because their inputs differ, and what they have learned to.",
        figure.svg(),
    )
}

fn closing(measured: &Measured) -> Exhibit {
    let gates = &measured.gates;
    let errors: Vec<_> = gates.iter().map(|gates| 100.0 * gates.error).collect();
    let level = (!errors.is_empty()).then(|| (mean(&errors), "all open".to_string()));
    let figure = Lines {
        x: Axis::linear("highway layer whose gates are closed"),
        y: Axis::linear("test error (%)"),
        series: vec![Series::numbered(
            "highway",
            &by_layer(gates, |gates| &gates.closed),
        )],
        level,
    };
    Exhibit::figure(
        "Test error where the gates of one layer are closed after training, so that it passes on \
         what it gets. In the paper the first layers of a network on MNIST matter, and those in \
         the middle hardly do (section 4).",
        figure.svg(),
    )
}

fn special_cases(measured: &Measured) -> Exhibit {
    let checks = &measured.checks;
    let row = |gate: &str, expected: &str, distance: f64| {
        vec![
            gate.to_string(),
            expected.to_string(),
            match distance {
                0.0 => "none".to_string(),
                _ => format!("{distance:.1e}"),
            },
            format!("{:.1}", digits(distance)),
        ]
    };
    let identity = checks.from_identity.iter();
    let identity = identity.map(|(bias, distance)| row(&format!("bias {bias}"), "x", *distance));
    let others = [
        row(
            "at a half, whatever comes",
            "(x + H(x)) / 2",
            checks.half_open,
        ),
        row("wide open", "H(x)", checks.open),
    ];
    Exhibit::table(
        "A highway layer of 50 units as it starts, for random inputs: how far its output is from \
         what it becomes in special cases, and to how many digits it agrees.",
        &["gate", "compared with", "relative difference", "digits"],
        identity.chain(others),
    )
}

fn table(measured: &Measured) -> Exhibit {
    let Measured {
        plain,
        highway,
        biases,
        ..
    } = measured;
    let row = |trained: &Trained| {
        let errors: Vec<_> = trained
            .test_error
            .iter()
            .map(|error| 100.0 * error)
            .collect();
        vec![
            match trained.layers {
                Layers::Plain => "plain".to_string(),
                Layers::Highway { bias } => format!("highway, bias {bias}"),
            },
            trained.depth.to_string(),
            trained.rate.to_string(),
            spelled(&trained.losses(), 4),
            spelled(&errors, 2),
        ]
    };
    Exhibit::table(
        "All networks, with the settings that serve them best, and those with other biases: loss \
         in training in the last epoch, and test error. Means over seeds.",
        &["network", "layers", "rate", "loss", "test error (%)"],
        plain.iter().chain(highway).chain(biases).map(row),
    )
}

fn paper() -> Exhibit {
    Exhibit::reported(
        "What the paper says of its networks on MNIST (1507.06228, section 3.1, which has no \
         table), each the best of 100 settings.",
        ["networks", "mean loss in training"],
        &[
            ["plain, 10 and 20 layers", "below 0.0001"],
            ["plain, 50 and 100 layers", "higher, with depth"],
            [
                "highway, 50 and 100 layers",
                "about that of 10 and 20 layers",
            ],
            [
                "highway, 100 layers",
                "more than 100 times lower than plain",
            ],
        ],
    )
}
