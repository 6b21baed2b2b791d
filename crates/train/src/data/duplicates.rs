//! Images that are in more than one part.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use super::DataSet;
use super::picture::{Picture, Values};
use super::survey::survey;
use super::tolerant::Tolerant;

/// Images with the same pixels in two parts: `PART/NAME` of the first, and of the other. As text it
/// says how many there are, and names some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairs(pub Vec<[String; 2]>);

/// The most pairs that a text names.
const SHOWN: usize = 3;

impl fmt::Display for Pairs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let images = if count == 1 { "image is" } else { "images are" };
        write!(formatter, "{count} {images} in more than one part, as ")?;
        for (place, [first, other]) in self.0.iter().take(SHOWN).enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(formatter, "{comma}'{first}' is '{other}'")?;
        }
        Ok(())
    }
}

/// The images that are in more than one part, by their pixels. Each image is read once.
///
/// # Errors
/// If one cannot be read.
pub(super) fn across(data: &DataSet, tolerant: Tolerant) -> Result<Pairs> {
    let mut seen: HashMap<[u8; 32], (&str, String)> = HashMap::new();
    let mut pairs = Vec::new();
    for (part, source) in data.parts() {
        let look = |hashes: &mut Vec<(usize, [u8; 32])>, index: usize| {
            let picture = tolerant.pass(source.picture(index))?;
            hashes.extend(picture.map(|picture| (index, hash(picture))));
            Ok(())
        };
        let mut hashes = survey(source.len(), look, |all: &mut Vec<_>, mut part| {
            all.append(&mut part)
        })?;
        hashes.sort_unstable();
        for (index, hash) in hashes {
            let name = source.name(index);
            match seen.get(&hash) {
                Some((other, first)) if *other != part => {
                    pairs.push([format!("{other}/{first}"), format!("{part}/{name}")]);
                }
                Some(_) => {}
                None => {
                    seen.insert(hash, (part, name));
                }
            }
        }
    }
    Ok(Pairs(pairs))
}

/// # Errors
/// If there are some, naming the first.
pub(super) fn refuse(data: &DataSet, tolerant: Tolerant) -> Result<()> {
    let pairs = across(data, tolerant)?;
    match pairs.0.is_empty() {
        true => Ok(()),
        false => bail!("{pairs}; take them out of one, or set data.duplicates=allow"),
    }
}

fn hash(picture: Picture) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Some files hold gray images as colours.
    let picture = picture.with_channels(3);
    for number in picture.size() {
        hash.update((number as u64).to_le_bytes());
    }
    match picture.values() {
        Values::U8(values) => hash.update(values),
        Values::U16(values) => values
            .iter()
            .for_each(|value| hash.update(value.to_le_bytes())),
        Values::F32(values) => values
            .iter()
            .for_each(|value| hash.update(value.to_le_bytes())),
    }
    hash.finalize().into()
}
