//! What stands on the page.

use super::diagram::{Block, Column, diagram};
use super::{Measured, Trained, layers};
use crate::Exhibit;
use crate::estimate::percent;
use crate::figure::{Axis, Lines, Series};

pub(super) fn exhibits(measured: &Measured) -> Vec<Exhibit> {
    vec![
        networks(measured),
        curves(measured),
        errors(measured),
        agreement(measured),
    ]
}

/// The article's diagram.
fn networks(measured: &Measured) -> Exhibit {
    let &Measured {
        shallow_blocks,
        deep_blocks,
        ..
    } = measured;
    let depth = |blocks| format!("{} layers", layers(blocks));
    let shallow = || vec![Block::Shallow; shallow_blocks];
    let further = vec![Block::Identity; deep_blocks - shallow_blocks];
    let starts: Vec<_> = measured
        .starts
        .iter()
        .map(|start| start.test_error)
        .collect();
    let columns = [
        Column {
            title: ["shallow".to_string(), depth(shallow_blocks)],
            blocks: shallow(),
            results: vec![
                "test error".to_string(),
                mean(&measured.shallow.test_error),
                format!("{} trained on", mean(&measured.further.test_error)),
            ],
        },
        Column {
            title: ["the same, deeper".to_string(), depth(deep_blocks)],
            blocks: [shallow(), further].concat(),
            results: vec![
                "test error".to_string(),
                format!("{} as built", mean(&starts)),
                format!("{} trained on", mean(&measured.constructed.test_error)),
            ],
        },
        Column {
            title: ["deep from scratch".to_string(), depth(deep_blocks)],
            blocks: vec![Block::Scratch; deep_blocks],
            results: vec!["test error".to_string(), mean(&measured.scratch.test_error)],
        },
    ];
    Exhibit::new(
        "The three networks; each bar is a block of two layers, in three stages from top \
         to bottom. Filled: layers that learned from scratch. Empty: layers that pass on \
         what they get. Errors are means over seeds.",
        diagram(&columns),
    )
}

fn mean(errors: &[f64]) -> String {
    format!("{:.1} %", 100.0 * crate::estimate::mean(errors))
}

/// How good the networks are, epoch by epoch; what goes on from weights stands after what they are
/// of.
fn curves(measured: &Measured) -> Exhibit {
    let first = measured.shallow.valid_error.len();
    let points = |kind: &Trained, before: usize| {
        let points = kind.valid_error.iter().enumerate();
        points
            .map(|(epoch, errors)| ((before + epoch + 1) as f64, percent(errors)))
            .collect::<Vec<_>>()
    };
    let on = |kind: &Trained| {
        let last = points(&measured.shallow, 0).pop();
        last.into_iter().chain(points(kind, first)).collect()
    };
    let [shallow, deep] = [measured.shallow_blocks, measured.deep_blocks].map(layers);
    let figure = Lines {
        x: Axis::linear("epoch"),
        y: Axis::linear("error on validation images (%)"),
        series: vec![
            Series::new(format!("{shallow} layers"), points(&measured.shallow, 0)),
            Series::new(
                format!("{deep} layers, from scratch"),
                points(&measured.scratch, 0),
            ),
            Series::new(
                format!("{deep} layers, constructed of the {shallow}"),
                on(&measured.constructed),
            ),
            Series::new(
                format!("{shallow} layers, trained on"),
                on(&measured.further),
            )
            .dashed(),
        ],
        level: None,
    };
    Exhibit::figure(
        format!(
            "Error after each epoch. After epoch {first} the shallow network is made deeper and \
             learns on. The deep one from scratch has as many epochs in all."
        ),
        figure.svg(),
    )
}

fn errors(measured: &Measured) -> Exhibit {
    let [shallow, deep] = [measured.shallow_blocks, measured.deep_blocks].map(layers);
    let kinds = [
        (format!("plain {shallow}"), &measured.shallow),
        (format!("plain {shallow}, trained on"), &measured.further),
        (
            format!("plain {deep} of plain {shallow}, trained on"),
            &measured.constructed,
        ),
        (format!("plain {deep}, from scratch"), &measured.scratch),
    ];
    let row = |(name, kind): (String, &Trained)| {
        vec![name, each(&kind.train_error), each(&kind.test_error)]
    };
    Exhibit::table(
        "Errors of each seed. Those in training are of the last epoch, of images as they are seen \
         there: shifted or mirrored.",
        &["network", "error in training (%)", "test error (%)"],
        kinds.map(row),
    )
}

fn each(errors: &[f64]) -> String {
    let errors: Vec<_> = percent(errors)
        .iter()
        .map(|error| format!("{error:.1}"))
        .collect();
    errors.join(", ")
}

fn agreement(measured: &Measured) -> Exhibit {
    let pairs = measured.starts.iter().zip(&measured.shallow.test_error);
    let rows = pairs.map(|(start, shallow)| {
        vec![
            format!("{:.1e}", start.difference),
            format!("{:.3}", start.largest),
            format!("{:.2}", 100.0 * shallow),
            format!("{:.2}", 100.0 * start.test_error),
        ]
    });
    Exhibit::table(
        "The constructed network before it learns on, a row for each seed.",
        &[
            "largest difference of logits",
            "largest logit",
            "test error, shallow (%)",
            "test error, constructed (%)",
        ],
        rows,
    )
}
