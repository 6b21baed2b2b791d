//! What the values of a pickle take, known before they are there: its instructions are followed with
//! sizes in the place of values. A single byte makes a value of a hundred, and two bytes can double
//! all that there is.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use pytorch_reader::OpCode;

/// How many bytes the reader takes for a value, with its place in a list or dictionary. While its stack
/// is made longer it takes up to three times as many.
const VALUE: u64 = 128;

/// Why instructions are not followed to their end.
#[derive(Debug, PartialEq)]
pub(super) enum Halt {
    /// The values take more than they may.
    TooLarge,
    /// The reader cannot go on from here either, and says why.
    Damaged,
}

impl From<io::Error> for Halt {
    fn from(_error: io::Error) -> Self {
        Self::Damaged
    }
}

/// Follows the instructions of one pickle, whose values may take `most` bytes at a time. What comes
/// after it stays to be read.
pub(super) fn follow(pickle: &mut impl BufRead, most: u64) -> Result<(), Halt> {
    let mut machine = Machine {
        pickle,
        stack: vec![],
        marks: vec![],
        memo: HashMap::new(),
        taken: 0,
        most,
    };
    while machine.step()? {}
    Ok(())
}

/// A value by what it takes, and all in it.
#[derive(Clone, Copy)]
struct Value {
    bytes: u64,
    /// Where it was kept last, for what is done to it afterwards to be seen there.
    memo: Option<u32>,
}

/// The reader's stack and memo, of which each place has a copy of its own.
struct Machine<'a, R> {
    pickle: &'a mut R,
    stack: Vec<Value>,
    marks: Vec<usize>,
    memo: HashMap<u32, u64>,
    taken: u64,
    most: u64,
}

impl<R: BufRead> Machine<'_, R> {
    /// Whether there is a next one.
    fn step(&mut self) -> Result<bool, Halt> {
        let code = self.number(1)? as u8;
        match OpCode::try_from(code).map_err(|_| Halt::Damaged)? {
            OpCode::Stop => return Ok(false),
            OpCode::Proto => {
                self.number(1)?;
            }
            OpCode::Frame => {
                self.number(8)?;
            }
            OpCode::None
            | OpCode::NewTrue
            | OpCode::NewFalse
            | OpCode::EmptyTuple
            | OpCode::EmptyList
            | OpCode::EmptySet
            | OpCode::EmptyDict => self.push(0)?,
            OpCode::BinInt1 => self.plain(1)?,
            OpCode::BinInt2 => self.plain(2)?,
            OpCode::BinInt => self.plain(4)?,
            OpCode::BinFloat => self.plain(8)?,
            OpCode::Int | OpCode::Long | OpCode::Float | OpCode::Unicode | OpCode::PersId => {
                // A byte of Latin-1 may become two.
                let line = self.line()?;
                self.push(2 * line.len() as u64)?;
            }
            OpCode::Long1
            | OpCode::ShortBinString
            | OpCode::ShortBinUnicode
            | OpCode::ShortBinBytes => self.text(1)?,
            OpCode::Long4 | OpCode::BinString | OpCode::BinUnicode | OpCode::BinBytes => {
                self.text(4)?;
            }
            OpCode::BinUnicode8 | OpCode::BinBytes8 | OpCode::ByteArray8 => self.text(8)?,
            OpCode::Global => {
                let name = self.line()?.len() + self.line()?.len();
                self.push(name as u64)?;
            }
            OpCode::Mark => {
                self.take(VALUE)?;
                self.marks.push(self.stack.len());
            }
            OpCode::Tuple | OpCode::List | OpCode::Dict | OpCode::FrozenSet => {
                let items = self.pop_to_mark()?;
                self.push(items)?;
            }
            OpCode::Tuple1 => self.join(1)?,
            OpCode::Tuple2 | OpCode::StackGlobal | OpCode::NewObj | OpCode::Reduce => {
                self.join(2)?;
            }
            OpCode::Tuple3 | OpCode::NewObjEx => self.join(3)?,
            OpCode::Append => {
                let items = self.pop()?.bytes;
                self.extend(items)?;
            }
            OpCode::SetItem => {
                let items = self.pop()?.bytes + self.pop()?.bytes;
                self.extend(items)?;
            }
            OpCode::Appends | OpCode::AddItems | OpCode::SetItems => {
                let items = self.pop_to_mark()?;
                self.extend(items)?;
            }
            OpCode::Pop if self.is_mark_on_top() => {
                self.marks.pop();
                self.taken -= VALUE;
            }
            OpCode::Pop => {
                self.pop()?;
            }
            OpCode::PopMark => {
                self.pop_to_mark()?;
            }
            OpCode::Dup => {
                let value = *self.top()?;
                self.take(value.bytes)?;
                self.stack.push(value);
            }
            OpCode::Get => {
                let place = self.place()?;
                self.fetch(place)?;
            }
            OpCode::BinGet => {
                let place = self.number(1)? as u32;
                self.fetch(place)?;
            }
            OpCode::LongBinGet => {
                let place = self.number(4)? as u32;
                self.fetch(place)?;
            }
            OpCode::Put => {
                let place = self.place()?;
                self.put(place)?;
            }
            OpCode::BinPut => {
                let place = self.number(1)? as u32;
                self.put(place)?;
            }
            OpCode::LongBinPut => {
                let place = self.number(4)? as u32;
                self.put(place)?;
            }
            OpCode::Memoize => self.put(self.memo.len() as u32)?,
            OpCode::BinPersId => {
                // A table of all storages has its name too, to the end.
                let storage = self.pop()?.bytes;
                self.take(storage)?;
                self.push(storage)?;
            }
            OpCode::Build => {
                let state = self.pop()?.bytes;
                let object = self.pop()?;
                let bytes = object.bytes + state;
                self.push(bytes)?;
                if let Some(place) = object.memo {
                    self.keep(place, bytes)?;
                }
            }
            _ => return Err(Halt::Damaged),
        }
        Ok(true)
    }

    fn take(&mut self, bytes: u64) -> Result<(), Halt> {
        self.taken = self.taken.saturating_add(bytes);
        match self.taken <= self.most {
            true => Ok(()),
            false => Err(Halt::TooLarge),
        }
    }

    /// A number of so many bytes.
    fn number(&mut self, bytes: usize) -> Result<u64, Halt> {
        let mut number = [0; 8];
        self.pickle.read_exact(&mut number[..bytes])?;
        Ok(u64::from_le_bytes(number))
    }

    fn line(&mut self) -> Result<Vec<u8>, Halt> {
        let mut line = vec![];
        self.pickle.read_until(b'\n', &mut line)?;
        match line.pop() {
            Some(b'\n') => Ok(line),
            _ => Err(Halt::Damaged),
        }
    }

    /// A place of the memo, as text.
    fn place(&mut self) -> Result<u32, Halt> {
        let line = self.line()?;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let place = std::str::from_utf8(line).ok();
        place
            .and_then(|place| place.parse().ok())
            .ok_or(Halt::Damaged)
    }

    /// A value that so many bytes are read for.
    fn plain(&mut self, bytes: usize) -> Result<(), Halt> {
        self.number(bytes)?;
        self.push(0)
    }

    /// A value whose length is said by so many bytes before it.
    fn text(&mut self, bytes: usize) -> Result<(), Halt> {
        let length = self.number(bytes)?;
        let mut text = self.pickle.by_ref().take(length);
        let there = io::copy(&mut text, &mut io::sink())?;
        match there == length {
            true => self.push(length),
            false => Err(Halt::Damaged),
        }
    }

    /// A new value that has others of so many bytes in it.
    fn push(&mut self, others: u64) -> Result<(), Halt> {
        let bytes = others.saturating_add(VALUE);
        self.take(bytes)?;
        self.stack.push(Value { bytes, memo: None });
        Ok(())
    }

    fn is_mark_on_top(&self) -> bool {
        self.marks.last() == Some(&self.stack.len())
    }

    fn top(&mut self) -> Result<&mut Value, Halt> {
        match self.is_mark_on_top() {
            true => Err(Halt::Damaged),
            false => self.stack.last_mut().ok_or(Halt::Damaged),
        }
    }

    fn pop(&mut self) -> Result<Value, Halt> {
        let value = *self.top()?;
        self.stack.pop();
        self.taken -= value.bytes;
        Ok(value)
    }

    fn pop_to_mark(&mut self) -> Result<u64, Halt> {
        let mark = self.marks.pop().ok_or(Halt::Damaged)?;
        let items = self.stack.drain(mark..).map(|value| value.bytes).sum();
        self.taken -= items + VALUE;
        Ok(items)
    }

    /// The last values become one.
    fn join(&mut self, count: usize) -> Result<(), Halt> {
        let mut items = 0;
        for _ in 0..count {
            items += self.pop()?.bytes;
        }
        self.push(items)
    }

    /// What is on top gets items.
    fn extend(&mut self, items: u64) -> Result<(), Halt> {
        self.top()?.bytes += items;
        self.take(items)
    }

    fn fetch(&mut self, place: u32) -> Result<(), Halt> {
        let bytes = *self.memo.get(&place).ok_or(Halt::Damaged)?;
        self.take(bytes)?;
        let memo = Some(place);
        self.stack.push(Value { bytes, memo });
        Ok(())
    }

    fn put(&mut self, place: u32) -> Result<(), Halt> {
        let top = self.top()?;
        top.memo = Some(place);
        let bytes = top.bytes;
        self.keep(place, bytes)
    }

    fn keep(&mut self, place: u32, bytes: u64) -> Result<(), Halt> {
        self.take(bytes)?;
        self.taken -= self.memo.insert(place, bytes).unwrap_or_default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(pickle: &[u8], values: u64) -> Result<(), Halt> {
        follow(&mut &pickle[..], values * VALUE)
    }

    #[test]
    fn what_is_there_at_once_is_counted() {
        assert_eq!(followed(b"NNN.", 3), Ok(()));
        assert_eq!(followed(b"NNN.", 2), Err(Halt::TooLarge));
        // One after the other takes no more than one.
        assert_eq!(followed(b"N0N0N.", 1), Ok(()));
        assert_eq!(followed(b"(NN1N.", 3), Ok(()));
        assert_eq!(followed(b"(((.", 2), Err(Halt::TooLarge));
        // A list, and four items in it.
        assert_eq!(followed(b"](NNNNe.", 6), Ok(()));
        assert_eq!(followed(b"](NNNNeN.", 5), Err(Halt::TooLarge));
    }

    #[test]
    fn copies_are_counted_with_all_that_is_in_them() {
        // A tuple of two, twice that, and twice again: 3, 7 and 15 values.
        assert_eq!(followed(b"N2\x862\x862\x86.", 15), Ok(()));
        assert_eq!(followed(b"N2\x862\x862\x86.", 13), Err(Halt::TooLarge));
        assert_eq!(followed(b"N\x85q\0h\0h\0.", 8), Ok(()));
        assert_eq!(followed(b"N\x85q\0h\0h\0.", 7), Err(Halt::TooLarge));
        // A name is copied with its class, which is a value of its own.
        let class = [b"c".as_slice(), &[b'a'; 1024], b"\n\nq\0h\0h\0."].concat();
        assert_eq!(followed(&class, 36), Ok(()));
        assert_eq!(followed(&class, 35), Err(Halt::TooLarge));
        // What is built is copied to where it was kept, before what was there goes.
        assert_eq!(followed(b"}q\0}b.", 6), Ok(()));
        assert_eq!(followed(b"}q\0}b.", 5), Err(Halt::TooLarge));
    }

    #[test]
    fn what_is_no_pickle_ends_it() {
        for pickle in [
            &b""[..],
            b"N",
            b"0.",
            b"(\x85.",
            b"h\0.",
            b"\xff",
            b"U\x05ab",
            b"X\xff\xff\xff\xffab.",
            b"gx\n.",
            b"e.",
        ] {
            assert_eq!(followed(pickle, 64), Err(Halt::Damaged), "{pickle:?}");
        }
    }

    #[test]
    fn the_next_pickle_begins_where_one_ends() {
        let mut pickles = &b"\x80\x02K\x01.cos\nsystem\n.rest"[..];
        for _ in 0..2 {
            assert_eq!(follow(&mut pickles, 1 << 20), Ok(()));
        }
        assert_eq!(pickles, b"rest");
    }
}
