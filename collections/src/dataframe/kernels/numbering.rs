//! Numbering: each row gets the number of its group; groups are numbered as they first appear.

use crate::hash::Folding;
use hashbrown::HashTable;
use polars::prelude::{ChunkedArray, DataType, IdxSize, PolarsNumericType, Series, StringChunked};
use polars_arrow::array::{Array, View};
use polars_arrow::bitmap::Bitmap;
use std::hash::Hasher;
use std::ops::Range;

/// The most slots of a table in which the key itself is the place.
const MAX_SLOTS: u64 = 1 << 22;

/// No group yet.
const NONE: u32 = u32::MAX;

/// Numbers the rows of a key column, block by block.
pub(crate) trait Numbering {
    /// Appends the numbers of these rows.
    fn number(&mut self, rows: Range<usize>, numbers: &mut Vec<u32>);

    /// The first row of each group so far.
    fn firsts(&self) -> &[IdxSize];
}

/// The numbering of a key column of one chunk, if its type is known here.
pub(crate) fn numbering(key: &Series) -> Option<Box<dyn Numbering + '_>> {
    match key.dtype() {
        DataType::Int8 => integers(key.i8().ok()?),
        DataType::Int16 => integers(key.i16().ok()?),
        DataType::Int32 => integers(key.i32().ok()?),
        DataType::Int64 => integers(key.i64().ok()?),
        DataType::UInt8 => integers(key.u8().ok()?),
        DataType::UInt16 => integers(key.u16().ok()?),
        DataType::UInt32 => integers(key.u32().ok()?),
        DataType::UInt64 => integers(key.u64().ok()?),
        DataType::String => Some(Box::new(Texts::new(key.str().ok()?))),
        _ => None,
    }
}

/// Which rows of a column are no nulls.
#[derive(Clone, Copy)]
pub(crate) struct Valid<'a>(pub(crate) Option<&'a Bitmap>);

impl Valid<'_> {
    /// Whether all are.
    pub(crate) fn all(self) -> bool {
        self.0.is_none()
    }

    /// Whether this one is.
    #[inline(always)]
    pub(crate) fn is(self, row: usize) -> bool {
        self.0.is_none_or(|valid| valid.get_bit(row))
    }
}

/// Integers as words of 64 bits, other ones for others.
pub(crate) trait Word: Copy {
    fn word(self) -> i64;
}

macro_rules! words {
    ($($type:ty),*) => {
        $(impl Word for $type {
            #[inline(always)]
            fn word(self) -> i64 {
                self as i64
            }
        })*
    };
}
words!(i8, i16, i32, i64, u8, u16, u32, u64);

/// The numbering of integers: by a table in which the key is the place, if they lie close together.
fn integers<T: PolarsNumericType<Native: Word>>(key: &ChunkedArray<T>) -> Option<Box<dyn Numbering + '_>> {
    let array = key.downcast_iter().next()?;
    let (values, valid) = (array.values().as_slice(), Valid(array.validity()));
    let word = values.iter().map(|x| x.word());
    let (least, most) = word.fold((i64::MAX, i64::MIN), |(least, most), x| (least.min(x), most.max(x)));
    let span = (most as u64).wrapping_sub(least as u64);
    let marks = Marks { firsts: Vec::new(), null: NONE };
    Some(match most >= least && span < MAX_SLOTS.min(8 * values.len() as u64 + 1024) {
        true => Box::new(Near { values, valid, least, slots: vec![NONE; span as usize + 1], marks }),
        false => Box::new(Far { values, valid, table: HashTable::new(), keys: Vec::new(), marks }),
    })
}

/// The first rows of groups, and the number of that of nulls.
struct Marks {
    firsts: Vec<IdxSize>,
    null: u32,
}

impl Marks {
    /// The number of a new group, whose first row is this one.
    #[inline(always)]
    fn new_group(&mut self, row: usize) -> u32 {
        let number = self.firsts.len() as u32;
        self.firsts.push(row as IdxSize);
        number
    }

    #[cold]
    fn of_null(&mut self, row: usize) -> u32 {
        if self.null == NONE {
            self.null = self.new_group(row);
        }
        self.null
    }
}

/// Integers that lie close together.
struct Near<'a, N> {
    values: &'a [N],
    valid: Valid<'a>,
    least: i64,
    slots: Vec<u32>,
    marks: Marks,
}

impl<N: Word> Near<'_, N> {
    #[inline(always)]
    fn of(&mut self, row: usize) -> u32 {
        let slot = &mut self.slots[self.values[row].word().wrapping_sub(self.least) as usize];
        if *slot == NONE {
            *slot = self.marks.new_group(row);
        }
        *slot
    }
}

impl<N: Word> Numbering for Near<'_, N> {
    fn number(&mut self, rows: Range<usize>, numbers: &mut Vec<u32>) {
        match self.valid.all() {
            true => numbers.extend(rows.map(|row| self.of(row))),
            false => numbers.extend(rows.map(|row| match self.valid.is(row) {
                true => self.of(row),
                false => self.marks.of_null(row),
            })),
        }
    }

    fn firsts(&self) -> &[IdxSize] {
        &self.marks.firsts
    }
}

/// Integers that lie anywhere.
struct Far<'a, N> {
    values: &'a [N],
    valid: Valid<'a>,
    table: HashTable<u32>,
    keys: Vec<i64>,
    marks: Marks,
}

/// The hash of a word.
#[inline(always)]
fn hash_of(word: i64) -> u64 {
    let mut state = Folding::default();
    state.write_u64(word as u64);
    state.finish()
}

impl<N: Word> Far<'_, N> {
    #[inline(always)]
    fn of(&mut self, row: usize) -> u32 {
        let word = self.values[row].word();
        let Far { table, keys, marks, .. } = self;
        let hash = hash_of(word);
        if let Some(&number) = table.find(hash, |&number| keys[number as usize] == word) {
            return number;
        }
        let number = marks.new_group(row);
        keys.resize(number as usize + 1, word);
        table.insert_unique(hash, number, |&number| hash_of(keys[number as usize]));
        number
    }
}

impl<N: Word> Numbering for Far<'_, N> {
    fn number(&mut self, rows: Range<usize>, numbers: &mut Vec<u32>) {
        for row in rows {
            let number = match self.valid.is(row) {
                true => self.of(row),
                false => self.marks.of_null(row),
            };
            numbers.push(number);
        }
    }

    fn firsts(&self) -> &[IdxSize] {
        &self.marks.firsts
    }
}

/// The longest text that lies within its view.
const WITHIN_VIEW: u32 = View::MAX_INLINE_SIZE;

/// Texts. Short ones are known by their views, which they lie within.
struct Texts<'a> {
    key: &'a StringChunked,
    short: HashTable<(u128, u32)>,
    long: HashTable<(&'a [u8], u32)>,
    marks: Marks,
}

/// The hash of a text within its view.
#[inline(always)]
fn hash_of_view(view: u128) -> u64 {
    let mut state = Folding::default();
    state.write_u128(view);
    state.finish()
}

/// The hash of a text.
fn hash_of_text(text: &[u8]) -> u64 {
    let mut state = Folding::default();
    state.write(text);
    state.finish()
}

impl<'a> Texts<'a> {
    fn new(key: &'a StringChunked) -> Self {
        let marks = Marks { firsts: Vec::new(), null: NONE };
        Texts { key, short: HashTable::new(), long: HashTable::new(), marks }
    }

    #[inline(always)]
    fn of_short(&mut self, row: usize, view: u128) -> u32 {
        let hash = hash_of_view(view);
        if let Some(&(_, number)) = self.short.find(hash, |&(other, _)| other == view) {
            return number;
        }
        let number = self.marks.new_group(row);
        self.short.insert_unique(hash, (view, number), |&(view, _)| hash_of_view(view));
        number
    }

    fn of_long(&mut self, row: usize, text: &'a [u8]) -> u32 {
        let hash = hash_of_text(text);
        if let Some(&(_, number)) = self.long.find(hash, |&(other, _)| other == text) {
            return number;
        }
        let number = self.marks.new_group(row);
        self.long.insert_unique(hash, (text, number), |&(text, _)| hash_of_text(text));
        number
    }
}

impl Numbering for Texts<'_> {
    fn number(&mut self, rows: Range<usize>, numbers: &mut Vec<u32>) {
        let key = self.key;
        let Some(array) = key.downcast_iter().next() else { return };
        let (views, valid) = (array.views().as_slice(), Valid(array.validity()));
        for row in rows {
            let number = match (valid.is(row), views[row].length <= WITHIN_VIEW) {
                (true, true) => self.of_short(row, views[row].as_u128()),
                (true, false) => self.of_long(row, array.value(row).as_bytes()),
                (false, _) => self.marks.of_null(row),
            };
            numbers.push(number);
        }
    }

    fn firsts(&self) -> &[IdxSize] {
        &self.marks.firsts
    }
}
