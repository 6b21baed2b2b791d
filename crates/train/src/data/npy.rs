//! Arrays of NumPy, format 1.0 to 3.0: numbers of any of its plain kinds.

use std::io::Read;

use anyhow::{Context, Result, bail, ensure};

use super::unpacked::{MOST, at_most};

/// An array's numbers, its last dimension the fastest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub shape: Vec<usize>,
    pub numbers: Numbers,
}

/// Numbers, as narrow as they were.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    U8(Vec<u8>),
    U16(Vec<u16>),
    /// Whole numbers of any other width.
    Whole(Vec<i64>),
    F32(Vec<f32>),
}

impl Array {
    /// Reads one.
    ///
    /// # Errors
    /// If it is none, or too large.
    pub fn read(mut file: impl Read) -> Result<Self> {
        let Header { shape, kind } = Header::read(&mut file)?;
        let count = shape
            .iter()
            .try_fold(1u64, |count, &size| count.checked_mul(size as u64))
            .and_then(|count| count.checked_mul(kind.width as u64))
            .filter(|&bytes| bytes <= MOST)
            .with_context(|| format!("the NumPy file's shape {shape:?} is too large"))?;
        let bytes = at_most(file.take(count), count)?;
        ensure!(
            bytes.len() as u64 == count,
            "the NumPy file has {} bytes of numbers; its header says {count}",
            bytes.len()
        );
        Ok(Self {
            shape,
            numbers: kind.numbers(&bytes),
        })
    }

    /// The shape alone, without reading numbers.
    ///
    /// # Errors
    /// If it is no array.
    pub fn shape_of(file: impl Read) -> Result<Vec<usize>> {
        Ok(Header::read(file)?.shape)
    }

    /// Whole numbers from 0 to below a number, each telling a class.
    ///
    /// # Errors
    /// If there are others.
    pub fn whole(&self) -> Result<Vec<u16>> {
        Ok(match &self.numbers {
            Numbers::U8(values) => values.iter().map(|&value| value.into()).collect(),
            Numbers::U16(values) => values.clone(),
            Numbers::Whole(values) => {
                let narrow = |&value: &i64| {
                    let narrow = u16::try_from(value).ok();
                    narrow.with_context(|| format!("it has the value {value}; must be 0 to 65535"))
                };
                values.iter().map(narrow).collect::<Result<_>>()?
            }
            Numbers::F32(_) => bail!("it has fractions; must be whole numbers"),
        })
    }
}

/// What stands before the numbers.
struct Header {
    shape: Vec<usize>,
    kind: Kind,
}

impl Header {
    fn read(mut file: impl Read) -> Result<Self> {
        let mut start = [0; 8];
        file.read_exact(&mut start)
            .context("the NumPy file ends in its header")?;
        ensure!(
            start[..6] == *b"\x93NUMPY",
            "it does not begin as a NumPy file does"
        );
        let mut length = [0; 4];
        let wide = if start[6] == 1 { 2 } else { 4 };
        file.read_exact(&mut length[..wide])?;
        let length = u64::from(u32::from_le_bytes(length));
        ensure!(
            length <= 1 << 16,
            "the NumPy file's header has {length} bytes; at most 65536 are read"
        );
        let header = at_most(file.take(length), length)?;
        let header = String::from_utf8_lossy(&header);
        let kind = quoted(after(&header, "descr")?)?;
        let fortran = after(&header, "fortran_order")?;
        ensure!(
            fortran.starts_with("False"),
            "the NumPy file's first dimension is its fastest; save it with order='C'"
        );
        Ok(Self {
            shape: shape(after(&header, "shape")?)?,
            kind: Kind::of(kind)?,
        })
    }
}

/// What follows a key of the header.
fn after<'a>(header: &'a str, key: &str) -> Result<&'a str> {
    let missing = || format!("the NumPy file's header has no '{key}'");
    let (_, rest) = header
        .split_once(&format!("'{key}'"))
        .with_context(missing)?;
    let (_, rest) = rest.split_once(':').with_context(missing)?;
    Ok(rest.trim_start())
}

fn quoted(text: &str) -> Result<&str> {
    let inner = text
        .strip_prefix('\'')
        .and_then(|text| text.split_once('\''));
    let (inner, _) = inner.context("the NumPy file's values are records; must be plain numbers")?;
    Ok(inner)
}

fn shape(text: &str) -> Result<Vec<usize>> {
    let inner = text.strip_prefix('(').and_then(|text| text.split_once(')'));
    let (inner, _) = inner.context("the NumPy file's shape is damaged")?;
    let sizes = inner
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty());
    let sizes = sizes.map(|size| size.parse().context("the NumPy file's shape is damaged"));
    sizes.collect()
}

/// What a number is.
struct Kind {
    letter: u8,
    width: usize,
    big: bool,
}

impl Kind {
    fn of(text: &str) -> Result<Self> {
        let [order, letter, width] = text.as_bytes() else {
            bail!(
                "the NumPy file's numbers are '{text}'; must be u1 to u8, i1 to i8, f4, f8 or b1"
            );
        };
        let width = usize::from(width.wrapping_sub(b'0'));
        let fits = match letter {
            b'u' | b'i' => matches!(width, 1 | 2 | 4 | 8),
            b'f' => matches!(width, 4 | 8),
            b'b' => width == 1,
            _ => false,
        };
        ensure!(
            fits && matches!(order, b'<' | b'>' | b'|' | b'='),
            "the NumPy file's numbers are '{text}'; must be u1 to u8, i1 to i8, f4, f8 or b1"
        );
        Ok(Self {
            letter: *letter,
            width,
            big: *order == b'>',
        })
    }

    fn numbers(&self, bytes: &[u8]) -> Numbers {
        // The lowest byte first, in as many as the widest has.
        let words = bytes.chunks_exact(self.width).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            if self.big {
                word[..bytes.len()].reverse();
            }
            u64::from_le_bytes(word)
        });
        let unused = 64 - 8 * self.width as u32;
        match (self.letter, self.width) {
            (b'u' | b'b', 1) => Numbers::U8(bytes.to_vec()),
            (b'u', 2) => Numbers::U16(words.map(|word| word as u16).collect()),
            (b'f', 4) => Numbers::F32(words.map(|word| f32::from_bits(word as u32)).collect()),
            (b'f', _) => Numbers::F32(words.map(|word| f64::from_bits(word) as f32).collect()),
            // A number that is past the highest of i64 is no less wrong as a negative one.
            _ => Numbers::Whole(
                words
                    .map(|word| match self.letter {
                        b'i' => ((word << unused) as i64) >> unused,
                        _ => word as i64,
                    })
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::mutations;

    /// As `numpy.save` writes it: a header of 128 bytes in all.
    pub fn npy(kind: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        let header = format!("{header:<117}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), bytes].concat()
    }

    #[test]
    fn numbers_of_every_kind_are_read() {
        let read = |kind: &str, bytes: &[u8]| {
            let array = Array::read(&npy(kind, "(2,)", bytes)[..]).expect("an array");
            assert_eq!(array.shape, [2]);
            array.numbers
        };
        assert_eq!(read("|u1", &[1, 255]), Numbers::U8(vec![1, 255]));
        assert_eq!(read("|b1", &[1, 0]), Numbers::U8(vec![1, 0]));
        assert_eq!(read("<u2", &[1, 2, 3, 0]), Numbers::U16(vec![513, 3]));
        assert_eq!(read(">u2", &[1, 2, 0, 3]), Numbers::U16(vec![258, 3]));
        assert_eq!(read("|i1", &[255, 5]), Numbers::Whole(vec![-1, 5]));
        let wide = [(-7i64).to_le_bytes(), 9i64.to_le_bytes()].concat();
        assert_eq!(read("<i8", &wide), Numbers::Whole(vec![-7, 9]));
        let single = [0.5f32.to_le_bytes(), 2.0f32.to_le_bytes()].concat();
        assert_eq!(read("<f4", &single), Numbers::F32(vec![0.5, 2.0]));
        let double = [0.5f64.to_be_bytes(), 2.0f64.to_be_bytes()].concat();
        assert_eq!(read(">f8", &double), Numbers::F32(vec![0.5, 2.0]));
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let error = |bytes: &[u8]| Array::read(bytes).expect_err("wrong").to_string();
        assert_eq!(
            error(&npy("<f2", "(1,)", &[0; 2])),
            "the NumPy file's numbers are '<f2'; must be u1 to u8, i1 to i8, f4, f8 or b1"
        );
        assert_eq!(
            error(&npy("|u1", "(2, 3)", &[0; 5])),
            "the NumPy file has 5 bytes of numbers; its header says 6"
        );
        let huge = format!("({0}, {0}, {0})", u64::MAX / 2);
        assert!(error(&npy("|u1", &huge, &[])).ends_with("is too large"));
    }

    #[test]
    fn damaged_files_are_errors() {
        for bytes in mutations(&npy("<u2", "(2, 3)", &[7; 12]), 5000) {
            if let Ok(array) = Array::read(&bytes[..]) {
                array.whole().ok();
            }
        }
    }
}
