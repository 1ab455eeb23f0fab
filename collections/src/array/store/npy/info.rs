//! The file `info` of a stack: a Python dictionary that Dask pickles. It is written from a fixed text, and read by a
//! machine that knows values only: it calls nothing and imports nothing.

use super::super::super::Element;
use super::super::dtype;

/// What a stack's `info` tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Info {
    /// The lengths of the chunks of each axis.
    pub(super) chunks: Vec<Vec<usize>>,
    /// The axis along which the files follow each other.
    pub(super) axis: usize,
}

/// A Python value; what this machine does not make is opaque.
#[derive(Clone, Debug, PartialEq)]
enum Object {
    Integer(i64),
    Text(String),
    Tuple(Vec<Object>),
    Dictionary(Vec<(Object, Object)>),
    Opaque,
}

impl Info {
    /// The pickle of it that Python reads, of protocol 4:
    /// `{"chunks": ((..), ..), "dtype": numpy.dtype("<f8"), "axis": 0}`.
    pub(super) fn write<T: Element>(&self) -> Vec<u8> {
        let mut all = b"\x80\x04}(".to_vec();
        text(&mut all, "chunks");
        all.push(b'(');
        for axis in &self.chunks {
            all.push(b'(');
            axis.iter().for_each(|&length| integer(&mut all, length as u64));
            all.push(b't');
        }
        all.push(b't');
        text(&mut all, "dtype");
        text(&mut all, "numpy");
        text(&mut all, "dtype");
        all.push(b'\x93');
        text(&mut all, &dtype::description::<T>());
        all.extend(b"\x85R");
        text(&mut all, "axis");
        integer(&mut all, self.axis as u64);
        all.extend(b"u.");
        all
    }

    /// What a pickle tells, or why it cannot be understood.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let object = Machine { rest: bytes, stack: Vec::new(), marks: Vec::new(), memory: Vec::new(), recalls: 0 };
        let object = object.run()?;
        let Object::Dictionary(entries) = object else { return Err("it is no dictionary".into()) };
        let entry = |name: &str| {
            let found = entries.iter().find(|(key, _)| matches!(key, Object::Text(key) if key == name));
            found.map(|(_, value)| value).ok_or_else(|| format!("it has no \"{name}\""))
        };
        let lengths = |axis: &Object| match axis {
            Object::Tuple(lengths) => lengths.iter().map(length).collect(),
            _ => None,
        };
        let chunks = match entry("chunks")? {
            Object::Tuple(axes) => axes.iter().map(lengths).collect::<Option<Vec<Vec<usize>>>>(),
            _ => None,
        };
        let chunks = chunks.ok_or("its \"chunks\" are no tuples of integers")?;
        let axis = length(entry("axis")?).filter(|&axis| axis < chunks.len());
        Ok(Info { axis: axis.ok_or("its \"axis\" is none of the chunks' axes")?, chunks })
    }
}

fn length(object: &Object) -> Option<usize> {
    match object {
        Object::Integer(n) => usize::try_from(*n).ok(),
        _ => None,
    }
}

fn text(all: &mut Vec<u8>, text: &str) {
    all.extend([b'\x8c', text.len() as u8]);
    all.extend(text.as_bytes());
}

fn integer(all: &mut Vec<u8>, n: u64) {
    match u32::try_from(n) {
        Ok(n) if n < 256 => all.extend([b'K', n as u8]),
        Ok(n) if n <= i32::MAX as u32 => {
            all.push(b'J');
            all.extend(n.to_le_bytes());
        }
        _ => {
            all.extend(b"\x8a\x09");
            all.extend(n.to_le_bytes());
            all.push(0);
        }
    }
}

/// Python's pickle machine, without everything that calls or imports.
struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Object>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memory: Vec<(u32, Object)>,
    /// How often a value was asked for again.
    recalls: usize,
}

/// Values are asked for again this often at most; Python does so once an axis.
const MAX_RECALLS: usize = 256;

/// A tuple. What is nested deeper than tuples of tuples is opaque.
fn tuple(objects: Vec<Object>) -> Object {
    let is_nested = |object: &Object| match object {
        Object::Tuple(inner) => inner.iter().any(|object| matches!(object, Object::Tuple(_))),
        Object::Dictionary(_) => true,
        _ => false,
    };
    if objects.iter().any(is_nested) { Object::Opaque } else { Object::Tuple(objects) }
}

impl<'a> Machine<'a> {
    fn run(mut self) -> Result<Object, String> {
        loop {
            let code = self.take(1)?[0];
            if code == b'.' {
                return self.pop();
            }
            self.step(code)?;
        }
    }

    fn step(&mut self, code: u8) -> Result<(), String> {
        let object = match code {
            b'\x80' => return self.take(1).map(drop),
            b'\x95' => return self.take(8).map(drop),
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            b'\x94' | b'q' | b'r' => return self.remember(code),
            b's' | b'u' => return self.set_items(code),
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'K' => Object::Integer(self.number(1)?),
            b'M' => Object::Integer(self.number(2)?),
            b'J' => Object::Integer(i64::from(self.number(4)? as i32)),
            b'\x8a' => self.long()?,
            b'\x8c' => self.text(1)?,
            b'X' => self.text(4)?,
            b'N' | b'\x88' | b'\x89' => Object::Opaque,
            b'C' | b'B' => self.bytes(if code == b'C' { 1 } else { 4 })?,
            b'}' => Object::Dictionary(Vec::new()),
            b')' | b']' => Object::Tuple(Vec::new()),
            b't' | b'l' => tuple(self.marked()?),
            b'\x85'..=b'\x87' => {
                let objects = usize::from(code - b'\x84');
                let from = self.stack.len().checked_sub(objects).ok_or("its stack is empty")?;
                tuple(self.stack.split_off(from))
            }
            b'e' | b'a' => self.append(code)?,
            // A name to import, a call, the state of an object: two values become one that nobody looks at.
            b'\x93' | b'R' | b'\x81' | b'b' => {
                self.pop()?;
                self.pop()?;
                Object::Opaque
            }
            b'c' => {
                self.line()?;
                self.line()?;
                Object::Opaque
            }
            _ => return Err(format!("its instruction {code:#04x} is not known here")),
        };
        self.stack.push(object);
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("it is cut short")?;
        self.rest = rest;
        Ok(taken)
    }

    fn line(&mut self) -> Result<(), String> {
        let end = memchr::memchr(b'\n', self.rest).ok_or("it is cut short")?;
        self.take(end + 1).map(drop)
    }

    fn pop(&mut self) -> Result<Object, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack.pop().filter(|_| self.stack.len() >= floor).ok_or_else(|| "its stack is empty".into())
    }

    fn marked(&mut self) -> Result<Vec<Object>, String> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or("it lacks a mark")?))
    }

    /// An integer of up to 8 bytes, the least one first.
    fn number(&mut self, bytes: usize) -> Result<i64, String> {
        let mut all = [0; 8];
        all[..bytes].copy_from_slice(self.take(bytes)?);
        Ok(i64::from_le_bytes(all))
    }

    fn long(&mut self) -> Result<Object, String> {
        let count = self.take(1)?[0] as usize;
        let bytes = self.take(count)?;
        let value = bytes.iter().rev().fold(0i128, |all, &byte| (all << 8) | i128::from(byte));
        Ok(match (count, i64::try_from(value)) {
            (0..=9, Ok(value)) => Object::Integer(value),
            _ => Object::Opaque,
        })
    }

    fn text(&mut self, bytes: usize) -> Result<Object, String> {
        let count = self.number(bytes)? as usize;
        let text = std::str::from_utf8(self.take(count)?).map_err(|error| error.to_string())?;
        Ok(Object::Text(text.into()))
    }

    fn bytes(&mut self, bytes: usize) -> Result<Object, String> {
        let count = self.number(bytes)? as usize;
        self.take(count)?;
        Ok(Object::Opaque)
    }

    fn remember(&mut self, code: u8) -> Result<(), String> {
        let place = match code {
            b'\x94' => self.memory.len() as u32,
            b'q' => self.number(1)? as u32,
            _ => self.number(4)? as u32,
        };
        // What is remembered is small; a large value is not asked for again.
        let object = match self.stack.last().ok_or("its stack is empty")? {
            object @ (Object::Integer(_) | Object::Text(_)) => object.clone(),
            Object::Tuple(lengths) if lengths.iter().all(|length| matches!(length, Object::Integer(_))) => {
                Object::Tuple(lengths.clone())
            }
            _ => Object::Opaque,
        };
        self.memory.push((place, object));
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<Object, String> {
        let place = self.number(bytes)? as u32;
        self.recalls += 1;
        if self.recalls > MAX_RECALLS {
            return Err("it asks for the same values too often".into());
        }
        let found = self.memory.iter().rev().find(|(number, _)| *number == place);
        found.map(|(_, object)| object.clone()).ok_or_else(|| format!("it asks for value {place}, which it lacks"))
    }

    fn append(&mut self, code: u8) -> Result<Object, String> {
        let new = if code == b'e' { self.marked()? } else { vec![self.pop()?] };
        match self.pop()? {
            Object::Tuple(mut all) => {
                all.extend(new);
                Ok(tuple(all))
            }
            _ => Ok(Object::Opaque),
        }
    }

    fn set_items(&mut self, code: u8) -> Result<(), String> {
        let items =
            if code == b'u' { self.marked()? } else { vec![self.pop()?, self.pop()?].into_iter().rev().collect() };
        let Some(Object::Dictionary(entries)) = self.stack.last_mut() else {
            return Err("it lacks a dictionary".into());
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let nested = matches!(value, Object::Dictionary(_));
            entries.push((key, if nested { Object::Opaque } else { value }));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let info = Info { chunks: vec![vec![4, 300, 70_000], vec![], vec![1 << 40]], axis: 1 };
        assert_eq!(Info::read(&info.write::<f64>()), Ok(info));
    }

    #[test]
    fn nonsense_is_refused() {
        let all = Info { chunks: vec![vec![4, 2]], axis: 0 }.write::<i32>();
        for end in 0..all.len() {
            assert!(Info::read(&all[..end]).is_err());
        }
        for wrong in [&b"."[..], b"N.", b"}.", b"\x80\x04(u.", b"cos\nsystem\n\x8c\x02lsR.", b"tttt", b"0.", b"\x85."] {
            assert!(Info::read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_call_is_not_made() {
        let mut call = b"\x80\x04}(\x8c\x06chunkscos\nsystem\n\x8c\x02ls\x85R\x8c\x04axisK\x00u.".to_vec();
        assert_eq!(Info::read(&call), Err("its \"chunks\" are no tuples of integers".into()));
        call.truncate(20);
        assert!(Info::read(&call).is_err());
    }

    #[test]
    fn deep_values_are_no_deep_recursion() {
        let mut deep = b"\x80\x04}\x8c\x06chunks)".to_vec();
        deep.extend(vec![b'\x85'; 1 << 20]);
        deep.extend(b"s.");
        assert!(Info::read(&deep).is_err());
        let mut deep = b"}\x8c\x01k".repeat(1 << 18);
        deep.extend(b"N");
        deep.extend(vec![b's'; 1 << 18]);
        deep.extend(b".");
        assert_eq!(Info::read(&deep), Err("it has no \"chunks\"".into()));
    }
}
