//! What stands on the page.

use super::measure::{Around, Surface};
use super::{Kind, Measured};
use crate::Exhibit;
use crate::estimate::{mean, percent};
use crate::figure::{Axis, Bars, Contours, Group, Lines, Series};

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    let kinds = [&measured.shallow, &measured.plain, &measured.residual];
    let mut exhibits: Vec<_> = kinds.into_iter().map(around).collect();
    exhibits.extend([slices(&kinds), curvature(&kinds)]);
    exhibits.extend([&measured.plain, &measured.residual].map(path));
    exhibits.push(numbers(&kinds));
    exhibits
}

/// The surface of the first seed.
fn around(kind: &Kind) -> Exhibit {
    let figure = contours(
        &kind.surface,
        Axis::linear("along the first direction (lengths of each filter)"),
        Axis::linear("along the second direction"),
    );
    Exhibit::figure(
        format!(
            "{}: the loss around the trained network (in the middle), first seed. Lines are where \
             the loss is {}.",
            kind.name,
            LEVELS.map(|level| level.to_string()).join(", ")
        ),
        figure.svg(),
    )
}

/// Losses at which lines are drawn.
const LEVELS: [f64; 14] = [
    0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0,
];

fn contours(surface: &Surface, x: Axis, y: Axis) -> Contours {
    let [lowest, .., highest] = LEVELS;
    let height = |loss: &f64| loss.clamp(lowest, highest).log10();
    Contours {
        x,
        y,
        scale: "logarithm of the loss, to base 10".to_string(),
        columns: surface.columns.clone(),
        rows: surface.rows.clone(),
        heights: surface
            .losses
            .iter()
            .map(|row| row.iter().map(height).collect())
            .collect(),
        levels: LEVELS.map(f64::log10).to_vec(),
        path: surface.path.clone(),
    }
}

fn path(kind: &Kind) -> Exhibit {
    let surface = &kind.path;
    let [first, second] = surface
        .explained
        .map(|part| format!("{:.0} %", 100.0 * part));
    let figure = contours(
        surface,
        Axis::linear(format!("first principal direction ({first} of the path)")),
        Axis::linear(format!("second ({second})")),
    );
    Exhibit::figure(
        format!(
            "{}: the path of the optimizer to its end (the dot), first seed, over the loss in the \
             plane that holds most of it.",
            kind.name
        ),
        figure.svg(),
    )
}

/// The loss along the first direction, of all seeds.
fn slices(kinds: &[&Kind]) -> Exhibit {
    let series = kinds.iter().map(|kind| {
        let points = kind.surface.columns.iter().enumerate();
        let points = points.map(|(column, place)| {
            let losses = kind.around.iter().map(|around| around.slice[column]);
            (*place, losses.collect())
        });
        Series::new(&kind.name, points.collect())
    });
    let figure = Lines {
        x: Axis::linear("along the first direction (lengths of each filter)"),
        y: Axis::logarithmic("loss"),
        series: series.collect(),
        level: None,
    };
    Exhibit::figure(
        "The loss along the first direction of the first plane alone, over all seeds.",
        figure.svg(),
    )
}

fn curvature(kinds: &[&Kind]) -> Exhibit {
    let groups = kinds.iter().map(|kind| Group {
        label: kind.name.clone(),
        bars: vec![kind.downward(), kind.valley()],
    });
    let figure = Bars {
        y: Axis::linear("percent"),
        names: vec![
            "downward part of the curvature".to_string(),
            "part of the plane that is better than guessing".to_string(),
        ],
        groups: groups.collect(),
    };
    Exhibit::figure(
        "How far from convex the surfaces are, and how wide the valleys: means over seeds, with \
         lines from the least to the most.",
        figure.svg(),
    )
}

fn numbers(kinds: &[&Kind]) -> Exhibit {
    let rows = kinds.iter().map(|kind| {
        let losses: Vec<_> = kind.around.iter().map(Around::centre).collect();
        let errors = percent(&kind.test_error);
        vec![
            kind.name.clone(),
            format!("{:.1}", mean(&errors)),
            format!("{:.3}", mean(&losses)),
            format!("{:.1}", mean(&kind.downward())),
            format!("{:.1}", mean(&kind.valley())),
        ]
    });
    Exhibit::table(
        "Means over seeds. The paper shows such surfaces as pictures; its code takes a grid of 51 \
         by 51 points.",
        &[
            "network",
            "test error (%)",
            "loss in the middle",
            "downward part of the curvature (%)",
            "better than guessing (%)",
        ],
        rows,
    )
}
