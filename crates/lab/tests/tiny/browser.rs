//! The page in a browser, with a reader who moves what can be moved.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lab::experiments::EXPERIMENTS;
use serde::Deserialize;

/// How the browser is called.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Where this is `required`, the test fails without a browser.
const VARIABLE: &str = "LAB_BROWSER";

/// What comes before all else of the page: it notes what goes wrong.
const FIRST: &str = include_str!("first.js");

/// What comes after all else: the reader.
const LAST: &str = include_str!("last.js");

/// What the reader saw.
#[derive(Deserialize)]
struct Seen {
    /// The kinds of figures that are alive.
    alive: BTreeSet<String>,
    slider: Answer,
    /// Of each switch.
    skips: Vec<Answer>,
    wrong: Vec<String>,
    /// What was asked of the network.
    asked: Vec<String>,
}

/// What a figure did when a control was moved.
#[derive(Debug, Deserialize)]
struct Answer {
    /// The names of the elements that showed something else.
    changed: BTreeSet<String>,
    /// Whether all was as before when it was moved back.
    returns: bool,
}

/// Opens the page. Nothing may go wrong in its script, and nothing may be asked of the network: the
/// page's own policy forbids it, and a browser complains of each try. Figures that are alive have to
/// answer.
pub fn reads(page: &str) {
    let Some(browser) = browser() else {
        let names = BROWSERS.join(", ");
        assert!(
            env::var_os(VARIABLE).is_none_or(|value| value != "required"),
            "{VARIABLE} says that a browser is required, and there is none: {names}"
        );
        println!("the page was not opened: there is no browser ({names})");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("read.html");
    fs::write(&path, with_a_reader(page)).expect("writes");
    let shown = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args([
            "--disable-quic",
            "--disable-background-networking",
            "--disable-sync",
        ])
        .args([
            "--disable-component-update",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg("--dump-dom")
        .arg(format!("file://{}", path.display()))
        .output()
        .expect("the browser starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (dom, log) = (text(&shown.stdout), text(&shown.stderr));
    assert!(shown.status.success(), "{log}");
    let complaints: Vec<_> = log
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert_eq!(dom.matches("<section").count(), EXPERIMENTS.len());

    let seen = dom.split_once("<pre id=\"seen\">").expect("a reader").1;
    let seen = seen.split("</pre>").next().unwrap_or_default();
    let seen: Seen = serde_json::from_str(seen).expect("what the reader saw");
    assert_eq!((&seen.wrong, &seen.asked), (&vec![], &vec![]));
    // A figure of another kind needs a reader who moves it.
    assert_eq!(seen.alive, names(["skips", "slider"]));
    assert!(seen.slider.changes(["output", "svg"]), "{:?}", seen.slider);
    assert_eq!(seen.skips.len(), 4, "a switch for each level");
    for (level, answer) in seen.skips.iter().enumerate() {
        assert!(answer.changes(["img"]), "{level}: {answer:?}");
    }
    // Rounded scores of networks that learned next to nothing may agree for some of them.
    let tells = |answer: &Answer| answer.changes(["output"]);
    assert!(seen.skips.iter().any(tells), "{:?}", seen.skips);
}

impl Answer {
    fn changes<const N: usize>(&self, elements: [&str; N]) -> bool {
        self.changed.is_superset(&names(elements)) && self.returns
    }
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_string).into()
}

fn with_a_reader(page: &str) -> String {
    let script = |text: &str| format!("<script>{text}</script>");
    let (head, rest) = page.split_once("<head>").expect("a head");
    let (body, end) = rest.rsplit_once("</body>").expect("a body");
    let (first, last) = (script(FIRST), script(LAST));
    format!("{head}<head>{first}{body}{last}</body>{end}")
}

fn browser() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders: Vec<_> = env::split_paths(&path).collect();
    let names = BROWSERS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    names.into_iter().find(|path| path.is_file())
}
