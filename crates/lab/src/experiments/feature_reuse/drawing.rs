//! A dense block of five layers, drawn.

use maud::{Markup, html};

const LAYERS: usize = 5;
/// From the middle of one box to that of the next.
const STEP: f64 = 100.0;
const BOX: [f64; 2] = [52.0, 40.0];
/// The upper edge of the boxes.
const TOP: f64 = 190.0;

/// The paper's figure 1: each layer reads all that came before it.
pub(super) fn drawing() -> Markup {
    let width = STEP * (LAYERS + 2) as f64;
    let arcs = (0..=LAYERS).flat_map(|from| (from + 1..=LAYERS + 1).map(move |to| (from, to)));
    html! {
        svg viewBox=(format!("0 0 {width} 275")) role="img"
            style=(format!("width:100%;max-width:{width}px;height:auto"))
            font-family="system-ui, sans-serif" font-size="14" text-anchor="middle" {
            title { "A dense block of five layers" }
            @for (from, to) in arcs {
                path d=(arc(from, to)) fill="none" stroke=(colour(from)) stroke-width="1.5" {}
            }
            @for place in 0..=LAYERS + 1 {
                rect x=(middle(place) - BOX[0] / 2.0) y=(TOP) width=(BOX[0]) height=(BOX[1])
                    rx="6" fill="var(--page, none)" stroke=(colour(place)) stroke-width="2" {}
                text x=(middle(place)) y=(TOP + 25.0) fill="var(--ink, #6e7781)" { (name(place)) }
                text x=(middle(place)) y=(TOP + 60.0) fill="var(--quiet, #6e7781)" font-size="12" {
                    (channels(place))
                }
            }
        }
    }
}

fn middle(place: usize) -> f64 {
    STEP * (place as f64 + 0.5)
}

/// From the top of a box, in a bow, to that of a later one. Bows start and end side by side.
fn arc(from: usize, to: usize) -> String {
    let far = (to - from) as f64;
    let start = middle(from) + 4.0 * far - 4.0;
    let end = middle(to) - 4.0 * far + 4.0;
    let height = TOP - 10.0 - 34.0 * far;
    format!("M{start} {TOP} C{start} {height} {end} {height} {end} {TOP}")
}

fn colour(source: usize) -> String {
    match source > LAYERS {
        true => "var(--ink, #6e7781)".to_string(),
        false => format!("var(--c{source}, #6e7781)"),
    }
}

fn name(place: usize) -> String {
    match place {
        0 => "input".to_string(),
        _ if place > LAYERS => "output".to_string(),
        _ => format!("layer {place}"),
    }
}

/// How many channels a box reads, in channels of the input and the growth rate.
fn channels(place: usize) -> String {
    match place {
        0 => "c channels".to_string(),
        1 => "reads c".to_string(),
        2 => "reads c + k".to_string(),
        _ if place > LAYERS => format!("c + {LAYERS}k"),
        _ => format!("reads c + {}k", place - 1),
    }
}
