//! The files in a zip archive, as far as `numpy.savez` and `numpy.savez_compressed` make them:
//! stored or deflated, not encrypted.

use std::io::{Cursor, Read};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::DeflateDecoder;

/// A file in an archive.
pub(super) struct Member<'a> {
    pub name: String,
    deflated: bool,
    bytes: &'a [u8],
}

impl<'a> Member<'a> {
    /// Its contents, as they are unpacked.
    pub fn reader(&self) -> Box<dyn Read + 'a> {
        match self.deflated {
            true => Box::new(DeflateDecoder::new(self.bytes)),
            false => Box::new(Cursor::new(self.bytes)),
        }
    }
}

/// The bytes of an archive from a place on.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let count = usize::try_from(count)
            .ok()
            .filter(|&count| count <= self.0.len());
        let (taken, rest) = self.0.split_at(count.context("the archive ends early")?);
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, width: u64) -> Result<u64> {
        let mut word = [0; 8];
        let bytes = self.take(width)?;
        word[..bytes.len()].copy_from_slice(bytes);
        Ok(u64::from_le_bytes(word))
    }
}

fn from(archive: &[u8], place: u64) -> Result<Bytes<'_>> {
    let place = usize::try_from(place).ok();
    let bytes = place.and_then(|place| archive.get(place..));
    Ok(Bytes(
        bytes.context("the archive's list points past its end")?,
    ))
}

/// The length of what ends an archive, without its comment.
const END: usize = 22;
/// In the place of a number: it stands elsewhere, in 8 bytes.
const ELSEWHERE: u64 = u32::MAX as u64;

/// The files in an archive, in its order.
///
/// # Errors
/// If it is none, or damaged, or its files are packed otherwise.
pub(super) fn members(archive: &[u8]) -> Result<Vec<Member<'_>>> {
    // The end is found from behind: a comment may follow it.
    let places = (0..archive.len().saturating_sub(END - 1))
        .rev()
        .take(1 << 16);
    let end = places
        .into_iter()
        .find(|&place| archive[place..].starts_with(b"PK\x05\x06"))
        .context("it is no zip archive")?;
    let mut bytes = from(archive, end as u64)?;
    bytes.take(10)?;
    let mut count = bytes.number(2)?;
    bytes.take(4)?;
    let mut list = bytes.number(4)?;
    if list == ELSEWHERE || count == 0xffff {
        // The locator of the wider end stands before this one.
        let mut locator = from(archive, (end as u64).saturating_sub(20))?;
        ensure!(
            locator.take(4)? == b"PK\x06\x07",
            "the archive's list is not to be found"
        );
        locator.take(4)?;
        let mut wide = from(archive, locator.number(8)?)?;
        wide.take(32)?;
        count = wide.number(8)?;
        wide.take(8)?;
        list = wide.number(8)?;
    }
    let mut list = from(archive, list)?;
    let mut members = Vec::new();
    for _ in 0..count {
        members.push(member(archive, &mut list)?);
    }
    Ok(members)
}

/// Reads one line of the list.
fn member<'a>(archive: &'a [u8], list: &mut Bytes<'a>) -> Result<Member<'a>> {
    ensure!(
        list.take(4)? == b"PK\x01\x02",
        "the archive's list is damaged"
    );
    list.take(4)?;
    let flags = list.number(2)?;
    let method = list.number(2)?;
    list.take(8)?;
    let mut packed = list.number(4)?;
    let unpacked = list.number(4)?;
    let [name, extra, comment] = [list.number(2)?, list.number(2)?, list.number(2)?];
    list.take(8)?;
    let mut start = list.number(4)?;
    let name = String::from_utf8_lossy(list.take(name)?).into_owned();
    let mut extra = Bytes(list.take(extra)?);
    list.take(comment)?;
    while !extra.0.is_empty() {
        let [kind, length] = [extra.number(2)?, extra.number(2)?];
        let mut field = Bytes(extra.take(length)?);
        // The wider numbers, of those that stand elsewhere, in this order.
        if kind == 1 {
            if unpacked == ELSEWHERE {
                field.take(8)?;
            }
            if packed == ELSEWHERE {
                packed = field.number(8)?;
            }
            if start == ELSEWHERE {
                start = field.number(8)?;
            }
        }
    }
    ensure!(flags & 1 == 0, "'{name}' in the archive is encrypted");
    let deflated = match method {
        0 => false,
        8 => true,
        other => bail!("'{name}' in the archive is packed by method {other}; must be 0 or 8"),
    };
    let mut own = from(archive, start)?;
    ensure!(
        own.take(4)? == b"PK\x03\x04",
        "'{name}' in the archive is damaged"
    );
    own.take(22)?;
    let [own_name, own_extra] = [own.number(2)?, own.number(2)?];
    own.take(own_name)?;
    own.take(own_extra)?;
    Ok(Member {
        name,
        deflated,
        bytes: own.take(packed)?,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::hostile::mutations;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    /// An archive of these files, deflated or stored.
    pub fn archive(files: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
        let (mut bytes, mut list) = (Vec::new(), Vec::new());
        for (name, contents) in files {
            let packed = match deflated {
                true => {
                    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                    encoder.write_all(contents).expect("packs");
                    encoder.finish().expect("packs")
                }
                false => contents.to_vec(),
            };
            let start = bytes.len() as u32;
            let mut common = vec![20, 0, 0, 0];
            common.extend([if deflated { 8 } else { 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            common.extend((packed.len() as u32).to_le_bytes());
            common.extend((contents.len() as u32).to_le_bytes());
            common.extend((name.len() as u16).to_le_bytes());
            common.extend([0, 0]);
            bytes.extend(b"PK\x03\x04");
            bytes.extend(&common);
            bytes.extend(name.as_bytes());
            bytes.extend(packed);
            list.extend(b"PK\x01\x02\x14\0");
            list.extend(&common);
            list.extend([0; 10]);
            list.extend(start.to_le_bytes());
            list.extend(name.as_bytes());
        }
        let (place, count) = (bytes.len() as u32, files.len() as u16);
        bytes.extend(&list);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend(count.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend((list.len() as u32).to_le_bytes());
        bytes.extend(place.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }

    fn read(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
        let read = |member: Member| {
            let mut bytes = Vec::new();
            member.reader().take(1 << 20).read_to_end(&mut bytes)?;
            Ok((member.name, bytes))
        };
        members(archive)?.into_iter().map(read).collect()
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let files: [(&str, &[u8]); 2] = [("a.npy", &[1, 2, 3]), ("b.npy", &[7; 1000])];
        for deflated in [false, true] {
            let read = read(&archive(&files, deflated)).expect("an archive");
            let expected = files.map(|(name, bytes)| (name.to_string(), bytes.to_vec()));
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn damaged_archives_are_errors() {
        for deflated in [false, true] {
            let whole = archive(&[("a.npy", &[1, 2, 3]), ("b.npy", &[7; 300])], deflated);
            for bytes in mutations(&whole, 3000) {
                read(&bytes).ok();
            }
        }
    }
}
