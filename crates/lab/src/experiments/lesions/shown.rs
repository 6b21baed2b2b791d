//! The figures.

use super::draws::{Draws, kendall_tau};
use super::paths::{Paths, binomials, parts};
use super::wounds::Wounds;
use super::{Kind, Measured};
use crate::Exhibit;
use crate::estimate::{mean, percent};
use crate::figure::{Axis, Lines, Series};

/// Places on a line, at each a value for each seed.
type Points = Vec<(f64, Vec<f64>)>;

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    let draws = &measured.draws;
    let kinds = [
        (Kind::Residual, &measured.residual),
        (Kind::Plain, &measured.plain),
    ];
    let by = |points: fn(&[Wounds], &Draws) -> Points| {
        let series =
            kinds.map(|(kind, networks)| Series::new(kind.name(), points(networks, draws)));
        series.to_vec()
    };
    let figure = |x: &str, series| {
        Lines {
            x: Axis::linear(x),
            y: Axis::linear("test error (%)"),
            series,
            level: None,
        }
        .svg()
    };
    vec![
        Exhibit::figure(
            "Test error of trained networks without one of their blocks. A residual block's \
             shortcut stays; plain blocks that change the shape cannot be passed by, so they are \
             left out.",
            figure("block that is taken away", by(by_block)),
        ),
        Exhibit::figure(
            "Test error by the number of blocks that are taken away together, of those that keep \
             the shape. Mean over random draws, the same for both.",
            figure("blocks that are taken away", by(by_count)),
        ),
        Exhibit::figure(
            "Test error where blocks of one stage and shape have changed places, by how much of \
             the order is left: 1 is as they were trained.",
            figure("Kendall's tau of the order of blocks", by(by_order)),
        ),
        Exhibit::figure(
            "The gradient of one path, where it enters the first block, by the number of blocks \
             whose branches it went through on its way back: mean of random paths, in times of the \
             path through none.",
            Lines {
                x: Axis::linear("blocks that the path goes through"),
                y: Axis::logarithmic("norm of the gradient (of no block: 1)"),
                series: vec![Series::new("gradient of one path", norms(&measured.paths))],
                level: None,
            }
            .svg(),
        ),
        Exhibit::figure(
            "How the paths are shared out among lengths, and how the gradient is: its norm on one \
             path, times the number of paths of that length.",
            Lines {
                x: Axis::linear("blocks that the path goes through"),
                y: Axis::linear("share (%)"),
                series: vec![
                    Series::new("paths (binomial)", all_paths(&measured.paths)).dashed(),
                    Series::new("gradient", shares(&measured.paths)),
                ],
                level: None,
            }
            .svg(),
        ),
        compared(&measured.paths),
    ]
}

fn by_block(networks: &[Wounds], draws: &Draws) -> Points {
    let point = |block: usize| {
        let errors = networks
            .iter()
            .filter_map(|network| network.without_one[block]);
        let errors: Vec<_> = errors.map(|error| 100.0 * error).collect();
        (!errors.is_empty()).then_some((block as f64 + 1.0, errors))
    };
    (0..draws.blocks.len()).filter_map(point).collect()
}

fn by_count(networks: &[Wounds], draws: &Draws) -> Points {
    let places = draws.removed.iter().map(|(count, _)| *count as f64);
    after_whole(0.0, places, networks, |network| &network.without_many)
}

fn by_order(networks: &[Wounds], draws: &Draws) -> Points {
    let places = draws.orders.iter().map(|orders| {
        let taus: Vec<_> = orders.iter().map(|order| kendall_tau(order)).collect();
        mean(&taus)
    });
    let mut points = after_whole(1.0, places, networks, |network| &network.reordered);
    points.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    points
}

/// The errors of whole networks, and those at further places.
fn after_whole(
    whole: f64,
    places: impl Iterator<Item = f64>,
    networks: &[Wounds],
    errors: fn(&Wounds) -> &[f64],
) -> Points {
    let all = |error: &dyn Fn(&Wounds) -> f64| -> Vec<f64> {
        networks
            .iter()
            .map(|network| 100.0 * error(network))
            .collect()
    };
    let later = places.enumerate();
    let later = later.map(|(number, place)| (place, all(&|network| errors(network)[number])));
    std::iter::once((whole, all(&|network| network.whole)))
        .chain(later)
        .collect()
}

fn norms(networks: &[Paths]) -> Points {
    by_length(networks, |paths| {
        let norms = paths.norms.iter();
        norms.map(|norm| norm / paths.norms[0]).collect()
    })
}

fn shares(networks: &[Paths]) -> Points {
    by_length(networks, |paths| percent(&paths.shares()))
}

fn all_paths(networks: &[Paths]) -> Points {
    by_length(networks, |paths| percent(&parts(binomials(paths.blocks()))))
}

fn by_length(networks: &[Paths], values: fn(&Paths) -> Vec<f64>) -> Points {
    let values: Vec<_> = networks.iter().map(values).collect();
    let lengths = 0..values.first().map_or(0, Vec::len);
    let point = |length| {
        let values = values.iter().map(|values| values[length]);
        (length as f64, values.collect())
    };
    lengths.map(point).collect()
}

/// Our figures beside the paper's.
fn compared(networks: &[Paths]) -> Exhibit {
    let rows = networks.iter().enumerate().map(|(seed, paths)| {
        let ([shortest, longest], part) = paths.middle();
        vec![
            format!("ours, seed {}", seed + 1),
            paths.blocks().to_string(),
            format!("{:.1}", 0.5 * paths.blocks() as f64),
            format!("{:.1}", paths.mean_length()),
            format!("{shortest} to {longest}"),
            format!("{:.2}", 100.0 * part),
        ]
    });
    let paper = [
        "Veit 2016, 110 layers, CIFAR-10",
        "54",
        "27.0",
        "",
        "5 to 17",
        "0.45",
    ];
    Exhibit::table(
        "The paths that the gradient comes by, beside the paper's. Ours are those of the middle 95 \
         % of the gradient; the paper says of its own that almost all of the gradient comes from \
         them.",
        &[
            "network",
            "blocks",
            "mean length of all paths",
            "mean length, by gradient",
            "lengths of most of the gradient",
            "paths of these lengths (% of all)",
        ],
        rows.chain([paper.map(str::to_string).to_vec()]),
    )
}
