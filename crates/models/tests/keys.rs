//! Public names of parameters: an interface, held by a snapshot for each family.
//!
//! `SNAPSHOTS=write cargo test -p models --test keys` writes them anew. What changes there breaks
//! weights that others have stored.

use std::path::Path;

use burn::tensor::Device;
use models::create;

fn keys(name: &str) -> Vec<String> {
    let config = create(name).expect("a variant");
    let keys = config.init(&Device::flex()).keys(&config);
    keys.into_iter()
        .map(|key| format!("{} {:?}", key.name, key.shape))
        .collect()
}

#[test]
fn every_family_keeps_its_names() {
    for name in [
        "resnet18",
        "resnet50",
        "resnet20",
        "preact_resnet164",
        "rezero_resnet20",
        "fixup_resnet20",
        "dhc_resnet20",
        "mhc_resnet20",
        "dwa_resnet20",
        "nf_seresnet26",
        "convnext_atto",
        "convnextv2_tiny",
        "densenet121",
        "densenet40_k12",
        "dpn68",
        "dpn68b",
        "hrnet_w18_small",
        "highway10",
        "highway_conv",
        "unet",
        "unet8",
        "unet-resnet18",
        "unet_scse-resnet18",
        "attention_unet-resnet18",
        "unetpp-resnet18",
        "unet3p-resnet18",
        "linknet-resnet18",
        "fpn-resnet18",
        "deeplabv3plus-resnet18",
        "manet-resnet18",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/keys/{name}.txt"));
        let found = keys(name).join("\n") + "\n";
        if std::env::var("SNAPSHOTS").is_ok_and(|value| value == "write") {
            std::fs::write(&path, &found).expect("writes");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == expected,
            "the names of {name} are not those of {}",
            path.display()
        );
    }
}

#[test]
fn names_are_those_of_torchvision() {
    let torchvision: std::collections::BTreeMap<String, Vec<String>> =
        serde_json::from_str(include_str!("keys/torchvision.json")).expect("made by make_keys.py");
    for (name, expected) in torchvision {
        let mut found: Vec<_> = keys(&name)
            .into_iter()
            .filter_map(|key| Some(key.split_once(' ')?.0.to_string()))
            .collect();
        let mut expected = expected;
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{name}");
    }
}
