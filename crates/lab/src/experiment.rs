//! What an experiment is.

use anyhow::Result;
use maud::{Markup, PreEscaped, Render};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::table::table;
use crate::{Claim, Estimate, Lab};

/// One question, put to networks.
///
/// What is measured is kept as JSON; from it alone the claims are judged and the page is drawn, so
/// both can change without training.
pub trait Experiment {
    /// What the command line calls it.
    const NAME: &'static str;

    /// What is measured.
    type Measured: Serialize + DeserializeOwned;

    /// The question, and what is expected.
    fn plan() -> Plan;

    /// Trains and measures.
    ///
    /// # Errors
    /// If something cannot be read or written, or the program is interrupted.
    fn measure(lab: &mut Lab<'_>) -> Result<Self::Measured>;

    /// The effect of each claim of the plan, in their order.
    fn effects(measured: &Self::Measured) -> Vec<Estimate>;

    /// What stands on the page.
    fn show(measured: &Self::Measured) -> Vec<Exhibit>;
}

/// What is said of an experiment before it runs.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its heading.
    pub title: &'static str,
    /// The question, in plain words.
    pub question: &'static str,
    /// The equation, as HTML.
    pub equation: &'static str,
    /// Where the claim is made.
    pub papers: &'static [Paper],
    /// What is done: networks, images, budget.
    pub design: &'static str,
    /// What is expected.
    pub claims: &'static [Claim],
}

/// A paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Paper {
    /// Authors, year and title.
    pub title: &'static str,
    /// Where it can be read.
    pub link: &'static str,
}

/// Something to look at: a figure, a table, pictures.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// What it shows.
    pub caption: String,
    /// It, as HTML.
    pub body: Markup,
    /// What papers say in it. It is not among what was measured, and is kept with the page's numbers.
    pub reported: Option<Reported>,
}

/// What papers say, as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// What its columns are.
    pub headings: Vec<String>,
    /// A cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Exhibit {
    /// Anything that HTML can say.
    pub fn new(caption: impl Into<String>, body: Markup) -> Self {
        Self {
            caption: caption.into(),
            body,
            reported: None,
        }
    }

    /// A drawing, as SVG.
    pub fn figure(caption: impl Into<String>, svg: String) -> Self {
        Self::new(caption, PreEscaped(svg))
    }

    /// A table with a heading for each column.
    pub fn table<C: Render>(
        caption: impl Into<String>,
        headings: &[&str],
        rows: impl IntoIterator<Item = Vec<C>>,
    ) -> Self {
        Self::new(caption, table(headings, rows))
    }

    /// A table of what papers say.
    pub fn reported<const N: usize>(
        caption: impl Into<String>,
        headings: [&str; N],
        rows: &[[&str; N]],
    ) -> Self {
        let texts = |cells: &[&str; N]| cells.map(str::to_string).to_vec();
        let rows: Vec<_> = rows.iter().map(texts).collect();
        Self {
            reported: Some(Reported {
                headings: texts(&headings),
                rows: rows.clone(),
            }),
            ..Self::table(caption, &headings, rows)
        }
    }
}

/// An experiment as a value.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What the command line calls it.
    pub name: &'static str,
    /// See [`Experiment::plan`].
    pub plan: fn() -> Plan,
    /// See [`Experiment::measure`].
    pub measure: fn(&mut Lab<'_>) -> Result<Value>,
    /// See [`Experiment::effects`].
    ///
    /// # Errors
    /// If the value is not what the experiment measures.
    pub effects: fn(&Value) -> Result<Vec<Estimate>>,
    /// See [`Experiment::show`].
    ///
    /// # Errors
    /// If the value is not what the experiment measures.
    pub show: fn(&Value) -> Result<Vec<Exhibit>>,
}

impl Entry {
    /// Of an experiment.
    pub const fn of<E: Experiment>() -> Self {
        Self {
            name: E::NAME,
            plan: E::plan,
            measure: |lab| Ok(serde_json::to_value(E::measure(lab)?)?),
            effects: |measured| Ok(E::effects(&E::Measured::deserialize(measured)?)),
            show: |measured| Ok(E::show(&E::Measured::deserialize(measured)?)),
        }
    }
}
