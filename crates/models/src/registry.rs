//! All models by name.

use std::sync::LazyLock;

use strsim::damerau_levenshtein;

use crate::families::{COMPOSITIONS, Composition, LISTED, VARIANTS};
use crate::{EncoderFamily, ModelConfig, ModelError, Package, Task, Variant};

/// The variants that have names of their own.
static NAMED: LazyLock<Vec<Variant>> =
    LazyLock::new(|| VARIANTS.iter().flat_map(|variants| variants()).collect());

/// The variants that have names of their own, in the order of their families.
pub fn variants() -> &'static [Variant] {
    &NAMED
}

/// The variants whose names fit a pattern, in which `*` stands for anything; after them those that
/// are composed, such as `unet-resnet18`: each decoder with a few encoders. [`find`] knows it with
/// every other as well.
pub fn list(pattern: &str) -> Vec<Variant> {
    let composed = COMPOSITIONS.iter().flat_map(|composition| {
        let encoders = LISTED.iter().filter_map(|encoder| named(encoder));
        encoders.filter_map(move |encoder| compose(composition, encoder).ok())
    });
    let all = NAMED.iter().cloned().chain(composed);
    all.filter(|variant| skip_blocks::seam::fits(pattern, variant.name()))
        .collect()
}

/// The variant of this name.
///
/// # Errors
/// If there is none.
pub fn find(name: &str) -> Result<Variant, ModelError> {
    if let Some(variant) = named(name) {
        return Ok(variant.clone());
    }
    let composed = COMPOSITIONS.iter().find_map(|composition| {
        let encoder = named(name.strip_prefix(composition.name)?.strip_prefix('-')?)?;
        Some(compose(composition, encoder))
    });
    composed.unwrap_or_else(|| Err(unknown(name)))
}

fn unknown(name: &str) -> ModelError {
    const NEAR: usize = 5;
    let all = list("*");
    let mut names: Vec<_> = all.iter().map(Variant::name).collect();
    let distance = |other: &&str| damerau_levenshtein(name, other);
    names.sort_by_cached_key(distance);
    ModelError::UnknownModel {
        name: name.to_string(),
        near: names[..NEAR].join(", "),
        count: all.len(),
    }
}

/// The configuration of the model of this name, for the images and outputs that it was made for.
///
/// # Errors
/// If there is none.
pub fn create(name: &str) -> Result<ModelConfig, ModelError> {
    Ok(find(name)?.config().clone())
}

/// The variant that is this network of a package; none if there is none.
///
/// ```
/// use models::{Package, find_twin};
///
/// let variant = find_twin(Package::Smp, "Unet/resnet34").expect("a composition");
/// assert_eq!(variant.name(), "unet-resnet34");
/// ```
pub fn find_twin(package: Package, name: &str) -> Option<Variant> {
    let fits = |variant: &Variant| {
        let twin = variant.twin();
        twin.is_some_and(|twin| twin.package == package && twin.name == name)
    };
    let own = NAMED.iter().find(|variant| fits(variant));
    if own.is_some() || package != Package::Smp {
        return own.cloned();
    }
    let decoders = COMPOSITIONS.iter().filter(|own| own.smp.is_some());
    let mut composed = decoders.flat_map(|decoder| {
        let encoders = NAMED.iter().filter(|encoder| encoder.twin().is_some());
        encoders.filter_map(move |encoder| compose(decoder, encoder).ok())
    });
    composed.find(fits)
}

fn named(name: &str) -> Option<&'static Variant> {
    NAMED.iter().find(|variant| variant.name() == name)
}

/// A decoder on a classifier's encoder.
fn compose(composition: &Composition, classifier: &Variant) -> Result<Variant, ModelError> {
    let encoder = classifier.config().encoder.clone().under_decoder();
    let name = format!("{}-{}", composition.name, classifier.name());
    let levels = encoder.levels().len();
    if levels < 2 || classifier.task() != Task::Classification {
        return Err(ModelError::NoLevels {
            name,
            encoder: classifier.name().to_string(),
            levels,
        });
    }
    let config = (composition.on)(encoder);
    let variant = Variant::new(name, classifier.input(), config);
    let twin = composition.smp.as_ref().zip(classifier.twin());
    let twin = twin.and_then(|(decoder, twin)| twin.under(decoder));
    Ok(match twin {
        Some(twin) => variant.with_twin_named(twin.package, &twin.name),
        None => variant,
    })
}
