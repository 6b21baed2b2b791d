//! Each example prints exactly what its header says.

use std::process::Command;

#[test]
fn wrap_your_own_body() {
    assert_prints_its_header(
        env!("CARGO_BIN_EXE_wrap_your_own_body"),
        include_str!("../wrap_your_own_body.rs"),
    );
}

#[test]
fn feature_extractor() {
    assert_prints_its_header(
        env!("CARGO_BIN_EXE_feature_extractor"),
        include_str!("../feature_extractor.rs"),
    );
}

#[test]
fn custom_unet() {
    assert_prints_its_header(
        env!("CARGO_BIN_EXE_custom_unet"),
        include_str!("../custom_unet.rs"),
    );
}

#[test]
fn look_inside() {
    assert_prints_its_header(
        env!("CARGO_BIN_EXE_look_inside"),
        include_str!("../look_inside.rs"),
    );
}

fn assert_prints_its_header(program: &str, source: &str) {
    let output = Command::new(program).output().expect("the example starts");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).expect("the example prints text");
    let printed: Vec<_> = printed.lines().collect();
    assert_eq!(printed, promised(source));
}

/// The lines of the header's text block.
fn promised(source: &str) -> Vec<&str> {
    source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .skip_while(|line| line.trim() != "```text")
        .skip(1)
        .take_while(|line| line.trim() != "```")
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect()
}
