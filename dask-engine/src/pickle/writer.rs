//! Writes pickles, a value at a time.

use super::opcode::*;
use crate::key::Key;
use rustc_hash::FxHashMap;

/// Writes a pickle of protocol 4, without frames. What is written twice by [`Pickler::global`] and [`Pickler::key`] is referred
/// to the second time.
///
/// ```
/// let mut pickler = partita_dask::pickle::Pickler::new();
/// pickler.text("yes");
/// assert_eq!(pickler.finish(), b"\x80\x04\x8c\x03yes.");
/// ```
#[derive(Debug)]
pub struct Pickler {
    bytes: Vec<u8>,
    globals: FxHashMap<(&'static str, &'static str), u32>,
    keys: FxHashMap<Key, u32>,
    memos: u32,
}

impl Default for Pickler {
    fn default() -> Self {
        Self::new()
    }
}

impl Pickler {
    /// A pickle in which nothing is written.
    pub fn new() -> Self {
        Pickler { bytes: vec![PROTO, 4], globals: FxHashMap::default(), keys: FxHashMap::default(), memos: 0 }
    }

    /// The pickle.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(STOP);
        self.bytes
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Remembers what is on the stack; its number.
    fn memoize(&mut self) -> u32 {
        self.bytes.push(MEMOIZE);
        self.memos += 1;
        self.memos - 1
    }

    fn get(&mut self, memo: u32) {
        match u8::try_from(memo) {
            Ok(memo) => self.raw(&[BINGET, memo]),
            Err(_) => self.tagged(LONG_BINGET, &memo.to_le_bytes()),
        }
    }

    fn tagged(&mut self, opcode: u8, bytes: &[u8]) {
        self.bytes.push(opcode);
        self.raw(bytes);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        match (u8::try_from(text.len()), u32::try_from(text.len())) {
            (Ok(length), _) => self.raw(&[SHORT_BINUNICODE, length]),
            (_, Ok(length)) => self.tagged(BINUNICODE, &length.to_le_bytes()),
            _ => self.tagged(BINUNICODE8, &(text.len() as u64).to_le_bytes()),
        }
        self.raw(text.as_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(length), _) => self.raw(&[SHORT_BINBYTES, length]),
            (_, Ok(length)) => self.tagged(BINBYTES, &length.to_le_bytes()),
            _ => self.tagged(BINBYTES8, &(bytes.len() as u64).to_le_bytes()),
        }
        self.raw(bytes);
    }

    /// A whole number.
    pub fn int(&mut self, int: i128) {
        if let Ok(int) = u8::try_from(int) {
            self.raw(&[BININT1, int]);
        } else if let Ok(int) = u16::try_from(int) {
            self.tagged(BININT2, &int.to_le_bytes());
        } else if let Ok(int) = i32::try_from(int) {
            self.tagged(BININT, &int.to_le_bytes());
        } else {
            // As many bytes as the number and its sign need.
            let bits = 128 - int.unsigned_abs().leading_zeros() as usize;
            let length = bits / 8 + 1;
            self.raw(&[LONG1, length as u8]);
            self.raw(&int.to_le_bytes()[..length.min(16)]);
        }
    }

    /// A number.
    pub fn float(&mut self, float: f64) {
        self.tagged(BINFLOAT, &float.to_be_bytes());
    }

    /// A class, which is not remembered.
    pub(crate) fn class(&mut self, module: &str, name: &str) {
        self.text(module);
        self.text(name);
        self.bytes.push(STACK_GLOBAL);
    }

    /// A class or a function, by its module and name.
    pub fn global(&mut self, module: &'static str, name: &'static str) {
        if let Some(memo) = self.globals.get(&(module, name)) {
            return self.get(*memo);
        }
        self.class(module, name);
        let memo = self.memoize();
        self.globals.insert((module, name), memo);
    }

    /// A key.
    pub fn key(&mut self, key: &Key) {
        match key {
            Key::Int(int) => return self.int(*int),
            Key::Float(float) => return self.float(*float),
            Key::Text(_) | Key::Tuple(_) => {}
        }
        if let Some(memo) = self.keys.get(key) {
            return self.get(*memo);
        }
        match key {
            Key::Text(text) => self.text(text),
            Key::Tuple(keys) => self.tuple(keys.len(), |pickler| keys.iter().for_each(|key| pickler.key(key))),
            Key::Int(_) | Key::Float(_) => {}
        }
        let memo = self.memoize();
        self.keys.insert(key.clone(), memo);
    }

    /// A tuple of so many values, which are to be written.
    pub fn tuple(&mut self, length: usize, write: impl FnOnce(&mut Self)) {
        if length > 3 {
            self.bytes.push(MARK);
        }
        write(self);
        self.bytes.push(match length {
            0 => EMPTY_TUPLE,
            1 => TUPLE1,
            2 => TUPLE2,
            3 => TUPLE3,
            _ => TUPLE,
        });
    }

    /// A dictionary, whose keys and values are to be written in turn.
    pub fn dict(&mut self, write: impl FnOnce(&mut Self)) {
        self.raw(&[EMPTY_DICT, MARK]);
        write(self);
        self.bytes.push(SETITEMS);
    }

    /// A list, whose values are to be written.
    pub fn list(&mut self, write: impl FnOnce(&mut Self)) {
        self.raw(&[EMPTY_LIST, MARK]);
        write(self);
        self.bytes.push(APPENDS);
    }
}
