//! The page: all experiments that have results, in one file that needs nothing from outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::claim::overall;
use crate::estimate::NOT_KNOWN;
use crate::experiment::Reported;
use crate::experiments::EXPERIMENTS;
use crate::figure::alone;
use crate::lab::{SEEDS, spell};
use crate::table::table;
use crate::{Entry, Estimate, Exhibit, Judgement, Plan, Profile, Results, Spent, Verdict, kept};

const STYLE: &str = include_str!("page/style.css");

/// What the figures that are alive need.
const SCRIPT: &str = include_str!("page/live.js");

/// Browsers ask the network for nothing on the page's behalf.
const SELF_CONTAINED: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// An experiment with what came of it.
struct Section {
    entry: &'static Entry,
    plan: Plan,
    results: Results,
    judgements: Vec<Judgement>,
    exhibits: Vec<Exhibit>,
}

impl Section {
    fn new(entry: &'static Entry, results: Results) -> Result<Self> {
        let plan = (entry.plan)();
        let read = || {
            let effects = (entry.effects)(&results.measured)?;
            Ok::<_, anyhow::Error>((effects, (entry.show)(&results.measured)?))
        };
        let (effects, exhibits) = read().with_context(|| {
            format!(
                "the results of '{0}' are of another version; run it again: lab run {0}",
                entry.name
            )
        })?;
        let judge = |(claim, effect)| Judgement::of(claim, effect);
        Ok(Self {
            judgements: plan.claims.iter().zip(effects).map(judge).collect(),
            entry,
            plan,
            results,
            exhibits,
        })
    }

    fn verdict(&self) -> Verdict {
        overall(&self.judgements)
    }
}

/// Writes `index.html` and `lab.json` beside the results in a folder.
///
/// # Errors
/// If there are no results, they cannot be read, or a file cannot be written.
pub fn write_page(folder: &Path) -> Result<PathBuf> {
    let sections = sections(folder)?;
    let path = folder.join("index.html");
    kept::write(&path, page(&sections).as_bytes())?;
    let mut numbers = serde_json::to_string(&numbers(&sections))?;
    numbers.push('\n');
    kept::write(&folder.join("lab.json"), numbers.as_bytes())?;
    Ok(path)
}

/// Writes the figures of the results in a folder as files of their own, `EXPERIMENT-NUMBER.svg`, in
/// colours that stand on light and dark, into another; and says which.
///
/// # Errors
/// As [`write_page`].
pub fn write_figures(folder: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(out).with_context(|| format!("'{}' cannot be made", out.display()))?;
    let mut paths = Vec::new();
    for section in sections(folder)? {
        let bodies = section.exhibits.iter().map(|exhibit| &exhibit.body.0);
        let drawings = bodies.filter(|body| body.starts_with("<svg"));
        for (place, drawing) in drawings.enumerate() {
            let name = format!("{}-{}.svg", section.entry.name, place + 1);
            let path = out.join(name);
            kept::write(&path, alone(drawing).as_bytes())?;
            paths.push(path);
        }
    }
    Ok(paths)
}

fn sections(folder: &Path) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    for entry in EXPERIMENTS {
        if let Some(results) = Results::read(folder, entry.name)? {
            sections.push(Section::new(entry, results)?);
        }
    }
    anyhow::ensure!(
        !sections.is_empty(),
        "there are no results in '{}'; `lab run` makes some",
        folder.display()
    );
    Ok(sections)
}

/// Every number of the page.
fn numbers(sections: &[Section]) -> Value {
    let section = |section: &Section| {
        let reported = section.exhibits.iter().filter_map(|exhibit| {
            let Reported { headings, rows } = exhibit.reported.as_ref()?;
            Some(json!({"caption": exhibit.caption, "headings": headings, "rows": rows}))
        });
        json!({
            "name": section.entry.name,
            "title": section.plan.title,
            "verdict": section.verdict(),
            "claims": section.judgements,
            "profile": section.results.profile,
            "seeds": section.results.seeds,
            "machine": section.results.machine,
            "runs": section.results.runs,
            "measured": section.results.measured,
            "reported": reported.collect::<Vec<_>>(),
        })
    };
    json!({"experiments": sections.iter().map(section).collect::<Vec<_>>()})
}

fn page(sections: &[Section]) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(SELF_CONTAINED);
                title { "Why skip connections work" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Why skip connections work" }
                    p {
                        "A skip connection lets a layer's input bypass the layer. Each part of \
                         this page puts one claim about it to networks, made and mostly trained \
                         for it. What was expected was written down before; it is decided by \
                         intervals of 95 % over runs that differ in their seeds. Lines are means \
                         over seeds, geometric ones on logarithmic axes, and bands reach from the \
                         least to the most."
                    }
                    (contents(sections))
                }
                main { @for section in sections { (shown(section)) } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav {
            ol {
                @for section in sections {
                    li {
                        a href=(format!("#{}", section.entry.name)) { (section.plan.title) }
                        " "
                        (badge(section.verdict()))
                    }
                }
            }
        }
    }
}

fn badge(verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Reproduced => "verdict yes",
        Verdict::Undecided => "verdict open",
        Verdict::NotReproduced => "verdict no",
    };
    html! { span class=(class) { (verdict) } }
}

fn shown(section: &Section) -> Markup {
    let plan = &section.plan;
    html! {
        section id=(section.entry.name) {
            h2 { (plan.title) " " (badge(section.verdict())) }
            p.question { (plan.question) }
            p.equation { (PreEscaped(plan.equation)) }
            (claims(&section.judgements))
            @for exhibit in &section.exhibits {
                figure {
                    (exhibit.body)
                    figcaption { (exhibit.caption) }
                }
            }
            (what_was_run(section))
        }
    }
}

fn claims(judgements: &[Judgement]) -> Markup {
    let row = |judgement: &Judgement| {
        vec![
            html! { (judgement.says) },
            html! { (judgement.effect) },
            html! { (number(judgement.above)) },
            html! { (found(judgement.found)) },
            badge(judgement.verdict),
        ]
    };
    let headings = ["claim", "measured by", "more than", "found", "verdict"];
    table(&headings, judgements.iter().map(row))
}

fn found(found: Estimate) -> String {
    match (found.low, found.high) {
        _ if !found.is_known() => NOT_KNOWN.to_string(),
        (Some(low), Some(high)) if low == high => number(found.value),
        (Some(low), Some(high)) => format!(
            "{} ({} to {})",
            number(found.value),
            number(low),
            number(high)
        ),
        _ => format!("{} (one seed)", number(found.value)),
    }
}

/// Three digits that say something.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if !(1e-3..1e5).contains(&magnitude) {
        return format!("{value:.1e}");
    }
    let decimals = (2.0 - magnitude.log10().floor()).clamp(0.0, 4.0) as usize;
    format!("{value:.decimals$}")
}

fn what_was_run(section: &Section) -> Markup {
    let Section { plan, results, .. } = section;
    let time = spell(Duration::from_secs_f64(results.seconds()));
    html! {
        details {
            summary {
                "What was run: " (results.profile.name()) ", " (results.runs.len()) " runs, " (time)
            }
            p { (plan.design) }
            p { "Machine: " (results.machine.to_string()) "." }
            (by_network(&results.runs))
            p {
                "It repeats by " code { (command(&section.results)) }
            }
            p {
                "Claimed in: "
                @for (place, paper) in plan.papers.iter().enumerate() {
                    @if place > 0 { "; " }
                    a href=(paper.link) { (paper.title) }
                }
            }
        }
    }
}

fn command(results: &Results) -> String {
    let name = &results.experiment;
    let profile = results.profile.name();
    let seeds = match results.seeds.len() as u64 {
        SEEDS => String::new(),
        seeds => format!(" --seeds {seeds}"),
    };
    let data = match results.profile {
        Profile::Full => " --data DATA",
        Profile::Tiny | Profile::Quick => "",
    };
    format!("cargo run -p lab -- run {name} --profile {profile}{seeds}{data}")
}

fn by_network(runs: &[Spent]) -> Markup {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<&Spent>> = BTreeMap::new();
    let mut order = Vec::new();
    for run in runs {
        let key = (run.name.as_str(), run.model.as_str(), run.data.as_str());
        let group = groups.entry(key).or_default();
        if group.is_empty() {
            order.push(key);
        }
        group.push(run);
    }
    let row = |key: (&str, &str, &str)| {
        let group = &groups[&key];
        let seeds: Vec<_> = group.iter().map(|run| run.seed.to_string()).collect();
        let seconds: f64 = group.iter().map(|run| run.seconds).sum();
        vec![
            key.0.to_string(),
            key.1.to_string(),
            group[0].parameters.to_string(),
            key.2.to_string(),
            seeds.join(", "),
            group[0].epochs.to_string(),
            format!("{seconds:.0}"),
        ]
    };
    let headings = [
        "network",
        "model",
        "parameters",
        "images",
        "seeds",
        "epochs",
        "seconds",
    ];
    table(&headings, order.into_iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let shown = [0.12345, 1234.5, 0.000_012, -2.0, 0.0].map(number);
        assert_eq!(shown, ["0.123", "1234", "1.2e-5", "-2.00", "0"]);
    }

    #[test]
    fn what_is_not_known_is_said_to_be_so() {
        let estimates = [
            Estimate::exact(2.0),
            Estimate::of_mean(&[2.0]),
            Estimate::unknown(),
            Estimate::of_mean(&[2.0, f64::NAN, 1.0]),
        ];
        assert_eq!(
            estimates.map(found),
            ["2.00", "2.00 (one seed)", "not known", "not known"]
        );
    }

    #[test]
    fn the_command_repeats_as_many_seeds_as_there_were() {
        let results = |profile, seeds| Results {
            experiment: "gravity".to_string(),
            profile,
            seeds,
            machine: crate::Machine::here(),
            runs: Vec::new(),
            measured: Value::Null,
        };
        assert_eq!(
            command(&results(Profile::Full, (1..=5).collect())),
            "cargo run -p lab -- run gravity --profile full --seeds 5 --data DATA"
        );
        assert_eq!(
            command(&results(Profile::Quick, (1..=SEEDS).collect())),
            "cargo run -p lab -- run gravity --profile quick"
        );
    }
}
