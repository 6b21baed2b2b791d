//! The commands of docs/training.md do what the guide says.

mod common;

use common::succeeds;
use tempfile::tempdir;

const GUIDE: &str = include_str!("../../../docs/training.md");

/// The commands, as a shell reads them; none of the guide's needs quotes.
fn commands() -> Vec<Vec<&'static str>> {
    let lines = GUIDE.lines();
    let commands = lines.filter_map(|line| line.strip_prefix("cargo run -p train -- "));
    commands
        .map(|command| command.split(' ').collect())
        .collect()
}

#[test]
fn every_command_of_the_guide_succeeds() {
    let folder = tempdir().expect("a folder");
    let commands = commands();
    assert!(commands.len() >= 6, "{commands:?}");
    for mut command in commands {
        if matches!(command[0], "fit" | "find-lr") {
            // As the guide has it, with fewer images and a smaller network.
            command.extend(["--limit", "64", "--model", "resnet8"]);
        }
        succeeds(folder.path(), &command);
    }
    for name in ["digits", "short", "seeds", "folds"] {
        let summary = folder.path().join("runs").join(name).join("summary.json");
        assert!(summary.is_file(), "{name}");
    }
    let picture = std::fs::read_to_string(folder.path().join("rates.svg")).expect("drawn");
    assert!(picture.starts_with("<svg") && picture.contains("learning rate"));
}
