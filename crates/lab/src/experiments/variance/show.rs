//! The figures of the stream's variance.

use super::stream::Stream;
use super::{Measured, NORMALISED, each};
use crate::Exhibit;
use crate::experiments::spelled::spelled;
use crate::figure::{Axis, Lines, Series};

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    let blocks = measured.blocks;
    vec![
        Exhibit::figure(
            format!(
                "Variance of the stream after each block; 0 is what the first is given. A stage \
                 has {blocks} blocks. Where the next one begins, half of the channels are zeros."
            ),
            lines(
                measured,
                Axis::logarithmic("variance"),
                0,
                |stream, block| stream.after[block],
            ),
        ),
        Exhibit::figure(
            "The same on an axis of equal steps, with batch normalisation alone, in the first \
             stage. Broken: 1 for each block, which the paper derives.",
            first_stage(measured),
        ),
        Exhibit::figure(
            "Share of the branch in the variance of what a block gives. Branch and stream are not \
             quite independent where channels are few: it is above 1 where one takes away from the \
             other.",
            lines(
                measured,
                Axis::linear("share of the branch"),
                1,
                Stream::share,
            ),
        ),
        table(measured),
    ]
}

/// A value by block, from a number on, of all kinds.
fn lines(measured: &Measured, y: Axis, first: usize, value: fn(&Stream, usize) -> f64) -> String {
    let series = measured.kinds().map(|(name, streams)| {
        let point = |block: usize| (block as f64, each(streams, |stream| value(stream, block)));
        Series::new(name, (first..streams[0].after.len()).map(point).collect())
    });
    Lines {
        x: Axis::linear("block"),
        y,
        series: series.into(),
        level: None,
    }
    .svg()
}

fn first_stage(measured: &Measured) -> String {
    let streams = &measured.normalised;
    let places = || (0..=measured.blocks).map(|block| (block, block as f64));
    let found = places().map(|(block, x)| (x, each(streams, |stream| stream.after[block])));
    let derived = places().map(|(_, x)| (x, vec![x]));
    Lines {
        x: Axis::linear("block"),
        y: Axis::linear("variance"),
        series: vec![
            // The second, as in the other figures, for its colour.
            Series::new("1 for each block", derived.collect()).dashed(),
            Series::new(NORMALISED, found.collect()),
        ],
        level: None,
    }
    .svg()
}

fn table(measured: &Measured) -> Exhibit {
    let blocks = measured.blocks;
    let row = |(name, streams): (&str, &[Stream])| {
        let stages = streams[0].branch.len() / blocks;
        // The first block of a later stage brings the stream to another shape.
        let first = |stage: usize| stage * blocks + usize::from(stage > 0);
        let growths = (0..stages).map(|stage| {
            each(streams, |stream| {
                stream.growth(first(stage), (stage + 1) * blocks)
            })
        });
        let last = each(streams, |stream| stream.share(blocks));
        std::iter::once(name.to_string())
            .chain(growths.map(|growth| spelled(&growth, 2)))
            .chain([spelled(&last, 3)])
            .collect()
    };
    Exhibit::table(
        "Binary logarithm of the growth per block within each stage: 1 is doubling. And the \
         branch's share in the last block of the first stage. Means over seeds.",
        &[
            "",
            "growth, stage 1",
            "growth, stage 2",
            "growth, stage 3",
            "share of the branch",
        ],
        measured.kinds().map(row),
    )
}
