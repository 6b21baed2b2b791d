//! The page of all models.

use anyhow::Result;
use train::list;

use crate::catalogue::{Catalogue, Measured};

/// A table of all models, with what is measured of them, and what its columns are.
///
/// # Errors
/// None that is known.
pub(crate) fn page(catalogue: &Catalogue) -> Result<String> {
    let heads = [
        "twin",
        "difference (relative)",
        "forward (ms)",
        "training (ms)",
    ];
    let table = list::table_with("*", &heads, |variant| {
        let twin = variant.twin().map(ToString::to_string);
        let measured = catalogue.models.get(variant.name());
        let cell = |show: fn(&Measured) -> String| measured.map_or(String::new(), show);
        vec![
            twin.unwrap_or_default(),
            cell(|measured| {
                let difference = measured.difference;
                difference.map_or(String::new(), |difference| format!("{difference:.1e}"))
            }),
            cell(|measured| format!("{:.1}", measured.forward_s * 1e3)),
            cell(|measured| format!("{:.1}", measured.training_s * 1e3)),
        ]
    })?;
    Ok(format!(
        "# Models\n\n\
        `cargo run -p bench -- models --measure --write` makes this page; \
        `cargo run -p train -- models` prints its first six columns: every model by name, what it \
        is for, how it skips, the values that it learns, the multiply-adds of one image in \
        convolutions and linear layers (in thousands of millions), and the images that it was \
        made for. Other names compose: a decoder, `-`, and any encoder.\n\n\
        The twin is the same network in a Python package: torchvision, timm, \
        segmentation_models.pytorch (smp), MONAI, or nnU-Net's dynamic_network_architectures. \
        `crates/twins` fills both with the same values. The difference is the largest between our \
        outputs in `f32` and the twin's in `f64`, over the largest value.\n\n\
        Times are medians of a forward pass, and of a training step, of one image on flex, on \
        {}.\n\n{table}",
        catalogue.machine.line()
    ))
}
