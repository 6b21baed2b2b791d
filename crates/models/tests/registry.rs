//! What holds for the list of variants.

use models::{Variant, list, table};

#[test]
fn names_are_unique() {
    let all = list("*");
    let mut names: Vec<_> = all.iter().map(Variant::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
}

#[test]
fn patterns_choose_by_name() {
    let names = |pattern: &str| -> Vec<String> {
        let found = list(pattern);
        found
            .iter()
            .map(|variant| variant.name().to_string())
            .collect()
    };
    assert_eq!(names("resnet10_*"), ["resnet10_w32", "resnet10_w16"]);
    assert!(names("unet-*").contains(&"unet-densenet121".to_string()));
    assert!(!names("unet-*").contains(&"unet-highway10".to_string()));
    assert!(names("vit*").is_empty());
}

/// The committed table against the code.
#[test]
fn every_variant_has_its_parameters_and_multiply_adds() {
    for variant in list("*") {
        let size = variant.size().expect("in the table");
        assert_eq!(variant.measure(), size, "{}", variant.name());
    }
}

#[test]
fn every_variant_is_in_the_table_and_nothing_else() {
    let table: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&std::fs::read_to_string(table::PATH).expect("committed"))
            .expect("JSON");
    let mut names: Vec<_> = table.keys().cloned().collect();
    let mut expected: Vec<_> = list("*").iter().map(|v| v.name().to_string()).collect();
    names.sort();
    expected.sort();
    assert_eq!(
        names, expected,
        "write it anew: cargo run -p train -- models --write"
    );
}

#[test]
fn every_configuration_can_be_written_and_read() {
    for variant in list("*") {
        let text = serde_json::to_string(variant.config()).expect("writes");
        let read: models::ModelConfig = serde_json::from_str(&text).expect("reads");
        assert_eq!(&read, variant.config(), "{}", variant.name());
    }
}
