//! The figures of shattered gradients.

use maud::html;

use super::alike::{brown, white};
use super::line::POINTS;
use super::{APART, Depth, Measured, NEIGHBOURS};
use crate::Exhibit;
use crate::estimate::mean;
use crate::experiments::spelled::spelled;
use crate::figure::{Axis, Lines, Series};

const CORRELATION: &str = "correlation of gradients";

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    vec![
        Exhibit::figure(
            format!(
                "How alike gradients at points of a line are, by their distance: the line has \
                 {POINTS} points, from an image to another. Beside them, noise: white, whose \
                 values have nothing to do with each other, and brown, a random walk from zero."
            ),
            by_distance(measured),
        ),
        Exhibit::figure(
            format!("The same by depth, of neighbours and of points that are {APART} apart."),
            by_depth(measured),
        ),
        Exhibit::figure(
            format!(
                "The same of the residual networks, on axes on which a power of the depth is \
                 straight and an exponential bends down. Broken: the paper's power, from the \
                 shallowest network's correlation at {APART} apart; what falls faster is below it."
            ),
            powers(&measured.residual),
        ),
        pictures(measured),
        Exhibit::figure(
            "How steep the first logit is on that line, each in terms of its own typical \
             steepness: with few layers a point says what comes next.",
            slopes(measured),
        ),
        table(measured),
    ]
}

impl Measured {
    fn kinds(&self) -> [(&'static str, &[Depth]); 2] {
        [("plain", &self.plain), ("residual", &self.residual)]
    }
}

fn by_distance(measured: &Measured) -> String {
    let farthest = |depth: &Depth| depth.seen[0].correlation.len();
    let mut series = Vec::new();
    for (name, depths) in measured.kinds() {
        for depth in [&depths[0], &depths[depths.len() - 1]] {
            let points = (0..farthest(depth)).map(|lag| (lag as f64, depth.at(lag)));
            series.push(Series::new(
                format!("{name}, {} layers", depth.layers),
                points.collect(),
            ));
        }
    }
    let lags = farthest(&measured.plain[0]);
    let mut noise = |name: &str, value: &dyn Fn(usize) -> f64| {
        let points = (0..lags).map(|lag| (lag as f64, vec![value(lag)]));
        series.push(Series::new(name, points.collect()).dashed());
    };
    noise("brown noise", &|lag| brown(POINTS, lag));
    noise("white noise", &white);
    Lines {
        x: Axis::linear("points apart"),
        y: Axis::linear(CORRELATION),
        series,
        level: None,
    }
    .svg()
}

fn along(depths: &[Depth], lag: usize) -> Vec<(f64, Vec<f64>)> {
    let points = depths.iter();
    points
        .map(|depth| (depth.layers as f64, depth.at(lag)))
        .collect()
}

fn by_depth(measured: &Measured) -> String {
    let mut series = Vec::new();
    for (name, depths) in measured.kinds() {
        let neighbours = format!("{name}, neighbours");
        series.push(Series::new(neighbours, along(depths, NEIGHBOURS)));
        let apart = format!("{name}, {APART} apart");
        series.push(Series::new(apart, along(depths, APART)).dashed());
    }
    Lines {
        x: Axis::linear("layers"),
        y: Axis::linear(CORRELATION),
        series,
        level: None,
    }
    .svg()
}

fn powers(residual: &[Depth]) -> String {
    let first = &residual[0];
    let paper = |depth: &Depth| {
        let ratio = first.layers as f64 / depth.layers as f64;
        let from = mean(&first.at(APART));
        (depth.layers as f64, vec![from * ratio.sqrt()])
    };
    let paper = residual.iter().map(paper).collect();
    Lines {
        x: Axis::logarithmic("layers"),
        y: Axis::logarithmic(CORRELATION),
        series: vec![
            Series::new("neighbours", along(residual, NEIGHBOURS)),
            Series::new(format!("{APART} apart"), along(residual, APART)),
            Series::new("1/√layers", paper).dashed(),
        ],
        level: None,
    }
    .svg()
}

fn pictures(measured: &Measured) -> Exhibit {
    let row = |name: &str, depths: &[Depth]| {
        html! {
            div.pictures {
                @for depth in depths {
                    @let text = format!("{name}, {} layers", depth.layers);
                    div { img alt=(text) src=(depth.seen[0].picture); span { (text) } }
                }
            }
        }
    };
    Exhibit::new(
        "Each point of a line with each: a row and a column for each point from an image \
         (above, left) to another (below, right). White: the gradients are the same; \
         black: they have nothing in common. A line of the first seed, for all networks \
         the same.",
        html! {
            @for (name, depths) in measured.kinds() { (row(name, depths)) }
        },
    )
}

fn slopes(measured: &Measured) -> String {
    let Measured { plain, residual } = measured;
    let shown = [
        ("plain", &plain[0]),
        ("plain", &plain[plain.len() - 1]),
        ("residual", &residual[residual.len() - 1]),
    ];
    let series = shown.map(|(name, depth)| {
        let slope = depth.seen[0].slope.iter().enumerate();
        let points = slope.map(|(point, slope)| (point as f64 + 1.0, vec![*slope]));
        Series::new(format!("{name}, {} layers", depth.layers), points.collect())
    });
    Lines {
        x: Axis::linear("point of the line"),
        y: Axis::linear("slope, by its typical size"),
        series: series.into(),
        level: None,
    }
    .svg()
}

fn table(measured: &Measured) -> Exhibit {
    let row = |(plain, residual): (&Depth, &Depth)| {
        let both = |lag| [plain, residual].map(|depth| spelled(&depth.at(lag), 3));
        let cells = [NEIGHBOURS, APART, POINTS / 4].into_iter().flat_map(both);
        std::iter::once(plain.layers.to_string())
            .chain(cells)
            .collect()
    };
    let Measured { plain, residual } = measured;
    Exhibit::table(
        format!(
            "Correlations of all networks, for neighbours, {APART} points apart, and a quarter of \
             the line apart. Means over seeds."
        ),
        &[
            "layers",
            "plain, neighbours",
            "residual, neighbours",
            "plain, 4 apart",
            "residual, 4 apart",
            "plain, 16 apart",
            "residual, 16 apart",
        ],
        plain.iter().zip(residual).map(row),
    )
}
