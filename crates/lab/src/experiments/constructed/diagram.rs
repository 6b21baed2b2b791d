//! The article's diagram: networks side by side, a bar for each block, with what they reach.

use maud::{Markup, html};

/// A network.
pub(super) struct Column {
    /// What it is called, in lines.
    pub title: [String; 2],
    /// Its blocks in each stage, by what they are.
    pub blocks: Vec<Block>,
    /// What it reaches, in lines.
    pub results: Vec<String>,
}

/// A block of layers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// It was trained in the shallow network.
    Shallow,
    /// It passes on what it gets.
    Identity,
    /// It learned in the deep network, from scratch.
    Scratch,
}

impl Block {
    fn fill(self) -> &'static str {
        match self {
            Self::Shallow => "var(--c0, #0072b2)",
            Self::Identity => "none",
            Self::Scratch => "var(--c1, #d55e00)",
        }
    }

    fn stroke(self) -> &'static str {
        match self {
            Self::Identity => "var(--c0, #0072b2)",
            Self::Shallow | Self::Scratch => self.fill(),
        }
    }
}

const INK: &str = "var(--ink, #6e7781)";
const STAGES: usize = 3;
/// Width and height of a bar, and from a bar's top to that of the next.
const BAR: [usize; 3] = [96, 7, 11];
const COLUMN: usize = 190;
const TITLE: usize = 58;
const LINE: usize = 20;
/// Between stages.
const GAP: usize = 16;

/// The columns as SVG in the page's colours.
pub(super) fn diagram(columns: &[Column]) -> Markup {
    let longest = columns.iter().map(|column| column.blocks.len()).max();
    let stage = longest.unwrap_or(0) * BAR[2] + GAP;
    let bottom = TITLE + STAGES * stage;
    let lines = columns.iter().map(|column| column.results.len()).max();
    let (width, height) = (
        COLUMN * columns.len(),
        bottom + LINE * (lines.unwrap_or(0) + 1),
    );
    html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img"
            viewBox=(format!("0 0 {width} {height}"))
            style=(format!("width:100%;max-width:{width}px;height:auto"))
            font-family="system-ui, sans-serif" font-size="14" text-anchor="middle" fill=(INK) {
            @for (place, column) in columns.iter().enumerate() {
                g transform=(format!("translate({} 0)", COLUMN * place + COLUMN / 2)) {
                    (lines_of(&column.title, 18))
                    line x1="0" x2="0" y1=(TITLE - GAP) y2=(bottom) stroke=(INK) {}
                    @for number in 0..STAGES { (bars(&column.blocks, TITLE + number * stage)) }
                    (lines_of(&column.results, bottom + LINE))
                }
            }
        }
    }
}

fn lines_of(lines: &[String], top: usize) -> Markup {
    html! {
        @for (number, line) in lines.iter().enumerate() {
            text y=(top + LINE * number) font-weight=(if number == 0 { 600 } else { 400 }) {
                (line)
            }
        }
    }
}

/// The blocks of a stage, one below the other.
fn bars(blocks: &[Block], top: usize) -> Markup {
    let [width, height, step] = BAR;
    html! {
        @for (number, block) in blocks.iter().enumerate() {
            rect x=(format!("-{}", width / 2)) y=(top + step * number) rx="2"
                width=(width) height=(height) fill="var(--page, #ffffff)" {}
            rect x=(format!("-{}", width / 2)) y=(top + step * number) rx="2"
                width=(width) height=(height) fill=(block.fill()) stroke=(block.stroke()) {}
        }
    }
}
