//! Notes the versions that a bench's figures depend on: the compiler's and Burn's.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    // Asked now: where this script was compiled is another clone's, if both share a target folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let lock = PathBuf::from(here).join("../../Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock.display());
    let lock = std::fs::read_to_string(lock).unwrap_or_default();
    println!("cargo:rustc-env=BURN_VERSION={}", locked(&lock, "burn"));
    println!("cargo:rustc-env=BUNSEN_VERSION={}", locked(&lock, "bunsen"));
    println!("cargo:rustc-env=RUSTC_VERSION={}", rustc());
}

/// The version of a package in a lock file.
fn locked<'a>(lock: &'a str, package: &str) -> &'a str {
    let start = format!("\nname = \"{package}\"\nversion = \"");
    lock.split_once(&start)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("unknown", |(version, _)| version)
}

/// What the compiler says of itself.
fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    Command::new(rustc)
        .arg("--version")
        .output()
        .map_or("unknown".to_string(), |output| {
            String::from_utf8_lossy(&output.stdout).trim().to_string()
        })
}
