//! The figure whose long skips the reader switches off.

use maud::{PreEscaped, html};
use serde_json::json;

use super::Measured;
use super::cuts::{LEVELS, chosen, name};
use crate::Exhibit;
use crate::estimate::mean;
use crate::nuclei::Scores;
use crate::table::table;

/// The pictures with a switch for each level. Without a script it is a table of all combinations.
pub(super) fn exhibit(measured: &Measured) -> Exhibit {
    let levels: Vec<_> = (0..LEVELS).map(name).collect();
    let scores = measured
        .cuts
        .iter()
        .map(|cut| json!({"iou": mean(&cut.mean_iou), "boundary_f1": mean(&cut.boundary_f1)}));
    let data = json!({
        "levels": levels,
        "scores": scores.collect::<Vec<_>>(),
        "pictures": measured.pictures,
    });
    let percent = |value: f64| format!("{:.1}", 100.0 * value);
    let images = 1..=measured.pictures.len();
    let headings: Vec<_> = ["skips cut".to_string()]
        .into_iter()
        .chain(images.map(|place| format!("IoU of image {place} (%)")))
        .chain(["mean IoU of all (%)", "boundary F1 of all (%)"].map(str::to_string))
        .collect();
    let row = |(combination, cut): (usize, &Scores)| -> Vec<String> {
        let shown = measured.pictures.iter();
        [listed(combination)]
            .into_iter()
            .chain(shown.map(|shown| percent(shown.answers[combination].iou)))
            .chain([&cut.mean_iou, &cut.boundary_f1].map(|values| percent(mean(values))))
            .collect()
    };
    Exhibit::new(
        "Three test images: the first, the middle one and the last. Switch off the long \
         skips of the first seed's network that concatenates, and see what it says then. \
         An IoU beside an image is of the part that is shown; those of all test images \
         are means over seeds.",
        html! {
            div.live data-live="skips" {
                script type="application/json" { (PreEscaped(data.to_string())) }
                (table(&headings, measured.cuts.iter().enumerate().map(row)))
            }
        },
    )
}

fn listed(combination: usize) -> String {
    let names: Vec<_> = chosen(combination).into_iter().map(name).collect();
    match names.is_empty() {
        true => "none".to_string(),
        false => names.join(", "),
    }
}
