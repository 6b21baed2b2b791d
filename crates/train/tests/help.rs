//! What the program says of itself, as it is committed: `UPDATE=1 cargo test -p train --test help`
//! writes it anew.

mod common;

use std::path::Path;

use common::succeeds;

#[test]
fn the_help_is_the_one_that_is_committed() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let commands = [
        "", "fit", "eval", "export", "predict", "models", "data", "devices",
    ];
    let help = commands.map(|command| {
        let arguments: Vec<&str> = [command, "--help"]
            .into_iter()
            .filter(|a| !a.is_empty())
            .collect();
        format!(
            "$ train {}\n{}",
            arguments.join(" "),
            succeeds(here, &arguments)
        )
    });
    let help = help.join("\n");
    let path = here.join("tests/help.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &help).expect("writes");
    }
    let committed = std::fs::read_to_string(&path).expect("tests/help.txt");
    assert_eq!(help, committed, "with UPDATE=1 the test writes it anew");
}

#[test]
fn devices_are_listed_with_how_to_get_the_others() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = succeeds(here, &["devices"]);
    assert!(table.starts_with("--backend"), "{table}");
    let json = succeeds(here, &["devices", "--json"]);
    let backends: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    for backend in backends.as_array().expect("a list") {
        let name = backend["backend"].as_str().expect("a name");
        assert!(table.contains(name), "{name} in {table}");
        if backend["compiled"] == false {
            assert!(
                table.contains(&format!("add `--features {name}`")),
                "{table}"
            );
        }
    }
}
