//! What all figures have in common.

use kuva::backend::svg::SvgBackend;
use kuva::plot::legend::LegendPosition;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;
use kuva::render::render::render_multiple;
use kuva::render::theme::Theme;

/// An axis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axis {
    /// What is on it, with its unit.
    pub label: String,
    /// Whether equal steps are equal ratios.
    pub is_logarithmic: bool,
}

impl Axis {
    /// An axis of equal steps.
    pub fn linear(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            is_logarithmic: false,
        }
    }

    /// An axis of equal ratios.
    pub fn logarithmic(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            is_logarithmic: true,
        }
    }
}

/// Colours that eyes that confuse red and green can tell apart (Okabe and Ito 2008), without those
/// that are lost on white or on black. The page says how they are in the dark.
const COLOURS: [&str; 7] = [
    "var(--c0, #0072b2)",
    "var(--c1, #d55e00)",
    "var(--c2, #009e73)",
    "var(--c3, #cc79a7)",
    "var(--c4, #e69f00)",
    "var(--c5, #56b4e9)",
    "var(--c6, #7f7f7f)",
];

/// The colour of the series of this number.
pub(super) fn colour(number: usize) -> &'static str {
    COLOURS[number % COLOURS.len()]
}

/// Lines and text.
pub(super) const INK: &str = "var(--ink, #6e7781)";

/// What is only there to guide the eye.
const GRID: &str = "var(--grid, #8c959f55)";

fn theme() -> Theme {
    let ink = || INK.to_string();
    Theme {
        background: "none".to_string(),
        axis_color: ink(),
        grid_color: GRID.to_string(),
        tick_color: ink(),
        text_color: ink(),
        legend_bg: "none".to_string(),
        legend_border: "none".to_string(),
        pie_leader: ink(),
        box_median: ink(),
        violin_border: ink(),
        colorbar_border: ink(),
        font_family: Some("system-ui, sans-serif".to_string()),
        show_grid: true,
    }
}

/// A layout for these plots, with what all have in common.
pub(super) fn layout(plots: &[Plot], x: &Axis, y: &Axis) -> Layout {
    let layout = Layout::auto_from_plots(plots)
        .with_theme(theme())
        .with_x_label(x.label.clone())
        .with_y_label(y.label.clone())
        .with_legend_position(LegendPosition::OutsideBottomColumns);
    let layout = match x.is_logarithmic {
        true => layout.with_log_x(),
        false => layout,
    };
    match y.is_logarithmic {
        true => layout.with_log_y(),
        false => layout,
    }
}

/// The picture. It is as wide as where it stands.
pub(super) fn draw(plots: Vec<Plot>, layout: Layout) -> String {
    let svg = SvgBackend::new().render_scene(&render_multiple(plots, layout));
    fluid(&svg)
}

/// Without a width and height of its own, an image takes those of its place.
fn fluid(svg: &str) -> String {
    let Some(end) = svg.find('>') else {
        return svg.to_string();
    };
    let (head, rest) = svg.split_at(end);
    let number = |key: &str| {
        let start = head.find(&format!(" {key}=\""))? + key.len() + 3;
        head[start..].split('"').next()
    };
    let (Some(width), Some(height)) = (number("width"), number("height")) else {
        return svg.to_string();
    };
    let height = height.parse::<f64>().unwrap_or(0.0).max(lowest_text(rest));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         style=\"width:100%;max-width:{width}px;height:auto\"{rest}"
    )
}

/// How far down there is text: a legend of several rows is longer than kuva reckons with.
fn lowest_text(svg: &str) -> f64 {
    const BELOW: f64 = 8.0;
    let texts = svg.split("<text ").skip(1);
    let place = |text: &str| {
        let (_, behind) = text.split_once("y=\"")?;
        behind.split('"').next()?.parse::<f64>().ok()
    };
    let places = texts.filter_map(place);
    places.fold(0.0, f64::max) + BELOW
}

/// What text takes where no page says it: a gray that can be read on white and on black.
const TEXT: &str = "<style>text:not([fill]){fill:#6e7781}</style>";

/// A figure without the page, which says what its colours are: `var(--ink, #6e7781)` becomes
/// `#6e7781`, and text gets one.
pub fn alone(svg: &str) -> String {
    let svg = svg.replacen('>', &format!(">{TEXT}"), 1);
    let mut parts = svg.split("var(--");
    let mut text = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let named = part.split_once(')');
        let colour = named.and_then(|(inside, rest)| Some((inside.split_once(", ")?.1, rest)));
        match colour {
            Some((colour, rest)) => {
                text += colour;
                text += rest;
            }
            None => {
                text += "var(--";
                text += part;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Lines, Series};

    #[test]
    fn a_figure_alone_has_its_own_colours() {
        let svg = r#"<svg><g fill="var(--c0, #0072b2)" stroke="var(--page)"/></svg>"#;
        assert_eq!(
            alone(svg),
            format!(r##"<svg>{TEXT}<g fill="#0072b2" stroke="var(--page)"/></svg>"##)
        );
    }

    #[test]
    fn an_image_takes_the_width_of_its_place() {
        let svg = fluid("<svg xmlns=\"x\" width=\"60\" height=\"40\"><g/></svg>");
        assert!(
            svg.contains("viewBox=\"0 0 60 40\"") && svg.ends_with("><g/></svg>"),
            "{svg}"
        );
        assert!(!svg.contains(" height=\""), "{svg}");
    }

    #[test]
    fn a_long_legend_is_inside_the_picture() {
        let series = (0..9).map(|number| {
            let name = format!("a network with quite a long name, number {number}");
            Series::new(name, vec![(0.0, vec![1.0]), (1.0, vec![2.0])])
        });
        let figure = Lines {
            series: series.collect(),
            ..Lines::default()
        };
        let svg = figure.svg();
        let view = svg.split("viewBox=\"0 0 ").nth(1).expect("a view");
        let height = view.split([' ', '"']).nth(1).expect("two numbers");
        let height: f64 = height.parse().expect("a number");
        assert!(svg.contains("number 8"), "{svg}");
        assert!(lowest_text(&svg) <= height + 0.01, "{height}");
    }
}
