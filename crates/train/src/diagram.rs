//! A model's skip connections as a picture: its units in a row, and an arc for each way past some.

use std::fmt::Write;

use skip_blocks::outline::{Joined, Link, Outline, Unit};

/// Room around everything.
const MARGIN: f64 = 28.0;
/// Room for the title, and for what a colour means.
const TITLE: f64 = 64.0;
/// The width that a row of many units is brought to, where they do not get too narrow.
const WIDTH: f64 = 1300.0;
/// How much names go down, in degrees, and how wide a letter is.
const SLOPE: f64 = 38.0;
const LETTER: f64 = 6.3;
/// Most units that are numbered.
const NUMBERED: usize = 70;

/// How a connection is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Taken,
    Dense,
    Added,
    Gated,
    Long,
}

impl Class {
    const ALL: [Self; 5] = [
        Self::Added,
        Self::Dense,
        Self::Gated,
        Self::Long,
        Self::Taken,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Dense => "dense",
            Self::Added => "added",
            Self::Gated => "gated",
            Self::Long => "long",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Taken => "another way",
            Self::Dense => "concatenated",
            Self::Added => "added",
            Self::Gated => "gated",
            Self::Long => "long: past smaller maps",
        }
    }
}

/// A unit's box.
#[derive(Clone, Copy)]
struct Place {
    left: f64,
    width: f64,
    height: f64,
}

impl Place {
    fn middle(self) -> f64 {
        self.left + self.width / 2.0
    }

    fn right(self) -> f64 {
        self.left + self.width
    }
}

struct Diagram<'a> {
    units: &'a [Unit],
    places: Vec<Place>,
    /// Room between two units.
    gap: f64,
    /// Where the middle of every box is.
    axis: f64,
    text: String,
}

/// The picture of a model, as SVG. It follows the reader's choice of light or dark, and asks for
/// nothing from outside.
///
/// Each box is a unit of the outline: as high as its map is large, as wide as it has channels.
pub fn svg(title: &str, subtitle: &str, outline: &Outline) -> String {
    let units = &outline.units;
    let arcs: Vec<(Link, Class)> = outline
        .links
        .iter()
        .filter_map(|link| Some((*link, class(units, link)?)))
        .collect();
    let (places, gap) = places(units);
    let lift = arcs.iter().map(|(link, _)| reach(&places, link));
    let highest = lift.fold(0.0, f64::max);
    let tallest = places.iter().map(|place| place.height).fold(0.0, f64::max);
    let axis = MARGIN + TITLE + highest.max(tallest / 2.0);
    let width = places.last().map_or(0.0, |place| place.right()) + MARGIN;
    let mut diagram = Diagram {
        units,
        places,
        gap,
        axis,
        text: String::new(),
    };
    diagram.chain(outline);
    diagram.arcs(&arcs);
    diagram.boxes();
    let [right, bottom] = diagram.labels(axis + tallest / 2.0 + 6.0);
    let legend = diagram.legend(title, subtitle, &arcs);
    let width = width.max(right + MARGIN).max(legend);
    let height = bottom + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{}</svg>\n",
        escaped(title),
        diagram.text
    )
}

const STYLE: &str = "
svg { --paper: #ffffff; --ink: #1f2933; --faint: #7b8794; --line: #9aa5b1; --edge: #ffffff;
  --s0: #dbe7f3; --s1: #bcd3e8; --s2: #97b9d9; --s3: #6f9bc6; --s4: #4a7cb0; --s5: #2f5e93; --s6: #1e4470;
  --added: #d9480f; --dense: #0b8f6a; --gated: #8a3ffc; --long: #c2255c; --taken: #7b8794;
  max-width: 100%; height: auto; font-family: ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
@media (prefers-color-scheme: dark) { svg { --paper: #14181d; --ink: #e4e7eb; --faint: #9aa5b1; --line: #616e7c; --edge: #14181d;
  --s0: #24384d; --s1: #2c4a68; --s2: #365f87; --s3: #4478a8; --s4: #5d94c4; --s5: #86b4db; --s6: #b5d3ec;
  --added: #ff922b; --dense: #38d9a9; --gated: #b794f6; --long: #f783ac; --taken: #9aa5b1; } }
.paper { fill: var(--paper); }
text { fill: var(--ink); font-size: 11px; }
.title { font-size: 18px; font-weight: 600; }
.faint { fill: var(--faint); }
.number { fill: var(--faint); font-size: 8.5px; text-anchor: middle; }
.chain { stroke: var(--line); stroke-width: 1.4; fill: none; }
.brace { stroke: var(--faint); stroke-width: 1; fill: none; }
.box { stroke: var(--edge); stroke-width: 1; }
.s0 { fill: var(--s0); } .s1 { fill: var(--s1); } .s2 { fill: var(--s2); } .s3 { fill: var(--s3); }
.s4 { fill: var(--s4); } .s5 { fill: var(--s5); } .s6 { fill: var(--s6); }
.arc { fill: none; stroke-linecap: round; }
.added { stroke: var(--added); stroke-width: 1.6; } .dense { stroke: var(--dense); stroke-width: 0.9; stroke-opacity: 0.6; }
.gated { stroke: var(--gated); stroke-width: 1.6; } .long { stroke: var(--long); stroke-width: 2; }
.taken { stroke: var(--taken); stroke-width: 1.2; stroke-dasharray: 4 3; }
";

/// What kind of arc a link is; none where it only goes on to the next unit.
fn class(units: &[Unit], link: &Link) -> Option<Class> {
    if link.to == link.from + 1 {
        return None;
    }
    let between = units[link.from..link.to].iter().skip(1);
    let carried = size(&units[link.from]);
    if between.map(size).any(|size| size < carried) && size(&units[link.to]) >= carried {
        return Some(Class::Long);
    }
    Some(match link.join {
        Joined::Input => Class::Taken,
        Joined::Concat => Class::Dense,
        Joined::Add => Class::Added,
        Joined::Gate => Class::Gated,
    })
}

/// Height or width of a unit's map, whichever is larger.
fn size(unit: &Unit) -> usize {
    match unit.output[..] {
        [_, _, height, width] => height.max(width),
        _ => 1,
    }
}

fn channels(unit: &Unit) -> usize {
    unit.output.get(1).copied().unwrap_or(1)
}

/// Where the boxes stand, and the room between them.
fn places(units: &[Unit]) -> (Vec<Place>, f64) {
    const GAP: f64 = 16.0;
    let wish = |unit: &Unit| 5.0 + 2.4 * (channels(unit) as f64 + 1.0).log2();
    let wished: f64 = units.iter().map(|unit| wish(unit) + GAP).sum();
    let scale = ((WIDTH - 2.0 * MARGIN) / wished).clamp(0.3, 1.5);
    let mut left = MARGIN;
    let place = |unit: &Unit| {
        let place = Place {
            left,
            width: scale * wish(unit),
            height: 10.0 + 12.0 * (size(unit) as f64).log2(),
        };
        left = place.right() + scale * GAP;
        place
    };
    (units.iter().map(place).collect(), scale * GAP)
}

/// How far above the axis an arc goes.
fn reach(places: &[Place], link: &Link) -> f64 {
    let top = |unit: usize| places[unit].height / 2.0;
    if link.from == link.to {
        return top(link.to) + 9.0;
    }
    let tallest = (link.from..=link.to).map(top).fold(0.0, f64::max);
    let distance = places[link.to].middle() - places[link.from].middle();
    tallest + 12.0 + 0.16 * distance
}

impl Diagram<'_> {
    /// The way through all units in their order.
    fn chain(&mut self, outline: &Outline) {
        for link in &outline.links {
            if link.to == link.from + 1 {
                let (from, to, y) = (self.places[link.from], self.places[link.to], self.axis);
                self.put(format_args!(
                    "<path class=\"chain\" d=\"M{:.1} {y:.1}H{:.1}\"/>\n",
                    from.right(),
                    to.left
                ));
            }
        }
    }

    fn arcs(&mut self, arcs: &[(Link, Class)]) {
        let mut arcs = arcs.to_vec();
        // Those that matter most are drawn last.
        arcs.sort_by_key(|(link, class)| (*class, *link));
        for (link, class) in arcs {
            let top = self.axis - reach(&self.places, &link);
            let (from, to) = (self.places[link.from], self.places[link.to]);
            let (start, end) = match link.from == link.to {
                true => {
                    let room = 0.36 * self.gap;
                    (
                        [from.left - room, self.axis],
                        [to.right() + room, self.axis],
                    )
                }
                false => (
                    [from.middle(), self.axis - from.height / 2.0],
                    [to.middle(), self.axis - to.height / 2.0],
                ),
            };
            // A curve of degree three reaches three quarters of the way to its handles.
            let handle = |from: f64| from + (top - from) * 4.0 / 3.0;
            let what = match link.from == link.to {
                true => format!("{}: past its own layers", self.units[link.to].path),
                false => format!(
                    "{} to {}",
                    self.units[link.from].path, self.units[link.to].path
                ),
            };
            self.put(format_args!(
                "<path class=\"arc {}\" d=\"M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}\">\
                 <title>{} ({})</title></path>\n",
                class.name(),
                start[0],
                start[1],
                start[0],
                handle(start[1]),
                end[0],
                handle(end[1]),
                end[0],
                end[1],
                escaped(&what),
                class.meaning()
            ));
        }
    }

    fn boxes(&mut self) {
        let largest = self.units.iter().map(size).max().unwrap_or(1);
        let axis = self.axis;
        for (unit, place) in self.units.iter().zip(self.places.clone()) {
            let halvings = (largest as f64 / size(unit) as f64).log2().round() as usize;
            let shape: Vec<_> = unit.output.iter().skip(1).map(usize::to_string).collect();
            self.put(format_args!(
                "<rect class=\"box s{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
                 rx=\"{:.1}\"><title>{}: {}, {} parameters, {} multiply-adds</title></rect>\n",
                halvings.min(6),
                place.left,
                axis - place.height / 2.0,
                place.width,
                place.height,
                (place.width / 4.0).min(3.0),
                escaped(&unit.path),
                shape.join("x"),
                unit.parameters,
                unit.macs,
            ));
        }
    }

    /// Names below the boxes; gives where they end, to the right and below.
    fn labels(&mut self, top: f64) -> [f64; 2] {
        let slope = SLOPE.to_radians();
        let mut left = 0.0_f64;
        let mut end = [0.0_f64, top];
        for group in groups(self.units) {
            let (first, last) = (self.places[group.first], self.places[group.last]);
            if group.first < group.last {
                self.put(format_args!(
                    "<path class=\"brace\" d=\"M{:.1} {y:.1}v4H{:.1}v-4\"/>\n",
                    first.left,
                    last.right(),
                    y = top + 12.0
                ));
                if self.units.len() <= NUMBERED {
                    for unit in group.first..=group.last {
                        let name = self.units[unit].path.rsplit('.').next().unwrap_or_default();
                        // A number of its own name is enough: `denselayer7`.
                        let number = name.trim_start_matches(|letter: char| !letter.is_numeric());
                        let number = if number.is_empty() { "" } else { number };
                        let middle = self.places[unit].middle();
                        self.put(format_args!(
                            "<text class=\"number\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>\n",
                            top + 8.0,
                            escaped(number)
                        ));
                    }
                }
            }
            let shape: Vec<_> = self.units[group.last]
                .output
                .iter()
                .skip(1)
                .map(usize::to_string)
                .collect();
            let shape = shape.join("×");
            // Names side by side must not lie on each other.
            left = ((first.left + last.right()) / 2.0 - 3.0).max(left + 19.0);
            let length = LETTER * (group.name.len() + 2 + shape.chars().count()) as f64;
            end[0] = end[0].max(left + length * slope.cos());
            end[1] = end[1].max(top + 30.0 + length * slope.sin());
            self.put(format_args!(
                "<text transform=\"translate({left:.1} {:.1}) rotate({SLOPE})\">{} \
                 <tspan class=\"faint\" dx=\"3\">{shape}</tspan></text>\n",
                top + 30.0,
                escaped(&group.name)
            ));
        }
        end
    }

    /// Title and meanings of colours; gives the width that they need.
    fn legend(&mut self, title: &str, subtitle: &str, arcs: &[(Link, Class)]) -> f64 {
        self.put(format_args!(
            "<text class=\"title\" x=\"{MARGIN}\" y=\"{:.1}\">{}</text>\n\
             <text class=\"faint\" x=\"{MARGIN}\" y=\"{:.1}\">{}</text>\n",
            MARGIN + 8.0,
            escaped(title),
            MARGIN + 26.0,
            escaped(subtitle)
        ));
        let mut x = MARGIN;
        for class in Class::ALL {
            if arcs.iter().any(|(_, other)| *other == class) {
                let y = MARGIN + 44.0;
                self.put(format_args!(
                    "<path class=\"arc {}\" d=\"M{x:.1} {y:.1}c4 -10 14 -10 18 0\"/>\n\
                     <text class=\"faint\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>\n",
                    class.name(),
                    x + 24.0,
                    class.meaning()
                ));
                x += 48.0 + 6.0 * class.meaning().len() as f64;
            }
        }
        x.max(2.0 * MARGIN + 6.2 * subtitle.len() as f64)
    }

    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        self.text
            .write_fmt(arguments)
            .expect("a string takes anything");
    }
}

/// Units side by side that stand in one container.
struct Group {
    name: String,
    first: usize,
    last: usize,
}

fn groups(units: &[Unit]) -> Vec<Group> {
    let container = |unit: &Unit| unit.path.rsplit_once('.').map(|(path, _)| path.to_string());
    let mut groups: Vec<Group> = vec![];
    for (place, unit) in units.iter().enumerate() {
        match (groups.last_mut(), container(unit)) {
            (Some(group), Some(path))
                if container(&units[group.last]).is_some_and(|before| before == path) =>
            {
                group.last = place;
                group.name = path;
            }
            _ => groups.push(Group {
                name: unit.path.clone(),
                first: place,
                last: place,
            }),
        }
    }
    groups
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
