//! The sizes of all variants, counted once and committed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use burn::tensor::Device;

use crate::variant::Size;
use crate::{Variant, list};

static TABLE: LazyLock<BTreeMap<String, Size>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("table.json")).expect("written by `measured`")
});

/// The size of the variant of this name.
pub(crate) fn size(name: &str) -> Option<Size> {
    TABLE.get(name).copied()
}

/// Where the table stands in the sources.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/table.json");

/// The table, counted anew: JSON, a line for each variant.
pub fn measured(device: &Device) -> String {
    let row = |variant: &Variant| {
        let Size { parameters, macs } = variant.measure(device);
        format!(
            "  \"{}\": {{\"parameters\": {parameters}, \"macs\": {macs}}}",
            variant.name()
        )
    };
    let rows: Vec<_> = list("*").iter().map(row).collect();
    format!("{{\n{}\n}}\n", rows.join(",\n"))
}
