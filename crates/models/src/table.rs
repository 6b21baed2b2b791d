//! The table of all variants' sizes: counted anew, and where it is committed.

use crate::{Size, Variant, list};

/// Where the table stands in the sources.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/table.json");

/// The table, counted anew: JSON, a line for each variant.
pub fn measured() -> String {
    let row = |variant: &Variant| {
        let Size { parameters, macs } = variant.measure();
        format!(
            "  \"{}\": {{\"parameters\": {parameters}, \"macs\": {macs}}}",
            variant.name()
        )
    };
    let rows: Vec<_> = list("*").iter().map(row).collect();
    format!("{{\n{}\n}}\n", rows.join(",\n"))
}
