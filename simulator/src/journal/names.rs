//! The names of tasks as they stand in the journal: one byte for a task that is called like the one before it.

use super::block::Block;
use super::cursor::Cursor;
use super::error::Nonsense;
use partita_graph::{Key, Name, Place, Token};
use partita_protocol::journal::Naming;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a task is called and where it was made, as a journal tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Its key.
    pub key: Key,
    /// The line of user code that made it, as `file:line`.
    pub place: Option<Arc<str>>,
}

/// What a name's first byte tells: what differs from the name before it.
mod flag {
    pub(super) const NAME: u8 = 1;
    pub(super) const PLACE: u8 = 2;
    pub(super) const HIGH: u8 = 4;
    pub(super) const LOW: u8 = 8;
    pub(super) const LOW_NEXT: u8 = 16;
    pub(super) const PART: u8 = 32;
    pub(super) const PART_NEXT: u8 = 64;
}

/// The name before.
#[derive(Clone, Debug, Default)]
struct Last {
    name: u64,
    place: u64,
    high: u64,
    low: u64,
    /// The partition and one, or 0 if there is none.
    part: u64,
}

/// The writer's side.
#[derive(Debug, Default)]
pub(super) struct NameWriter {
    names: FxHashMap<Name, u64>,
    last_name: Option<Name>,
    places: FxHashMap<Place, u64>,
    last_place: Option<Place>,
    last: Last,
}

impl NameWriter {
    /// Adds names to a block.
    pub(super) fn write(&mut self, block: &mut Block, names: &mut dyn Iterator<Item = Naming<'_>>) {
        // The end is marked, as the number of names is not known before.
        for naming in names {
            block.byte(1);
            match naming.key {
                Some(key) => self.write_one(block, key, naming.place),
                None => self.write_one(block, &Key::named(naming.task.to_string()), naming.place),
            }
        }
        block.byte(0);
    }

    fn write_one(&mut self, block: &mut Block, key: &Key, place: Option<Place>) {
        let token = u128::from_be_bytes(key.token().to_bytes());
        let (high, low) = ((token >> 64) as u64, token as u64);
        let part = key.partition().map_or(0, |part| u64::from(part) + 1);
        let last = &self.last;
        let bit = |is: bool, flag: u8| if is { flag } else { 0 };
        let (is_next_low, is_next_part) = (low == last.low.wrapping_add(1), part == last.part.wrapping_add(1));
        let flags = bit(self.last_name.as_ref() != Some(key.name()), flag::NAME)
            | bit(self.last_place != place, flag::PLACE)
            | bit(high != last.high, flag::HIGH)
            | bit(is_next_low, flag::LOW_NEXT)
            | bit(!is_next_low && low != last.low, flag::LOW)
            | bit(is_next_part, flag::PART_NEXT)
            | bit(!is_next_part && part != last.part, flag::PART);
        block.byte(flags);
        if flags & flag::NAME != 0 {
            self.write_name(block, key.name());
        }
        if flags & flag::PLACE != 0 {
            self.write_place(block, place);
        }
        if flags & flag::HIGH != 0 {
            block.word(high);
        }
        if flags & flag::LOW != 0 {
            block.word(low);
        }
        if flags & flag::PART != 0 {
            block.number(part);
        }
        (self.last.high, self.last.low, self.last.part) = (high, low, part);
    }

    fn write_name(&mut self, block: &mut Block, name: &Name) {
        let next = self.names.len() as u64;
        let number = *self.names.entry(name.clone()).or_insert(next);
        block.number(number);
        if number == next {
            block.counted(name.as_str().as_bytes());
        }
        self.last_name = Some(name.clone());
    }

    /// Number 0 stands for no place.
    fn write_place(&mut self, block: &mut Block, place: Option<Place>) {
        let next = self.places.len() as u64 + 1;
        let number = place.map_or(0, |place| *self.places.entry(place).or_insert(next));
        block.number(number);
        if let Some(place) = place.filter(|_| number == next) {
            block.counted(place.to_string().as_bytes());
        }
        self.last_place = place;
    }
}

/// The reader's side.
#[derive(Debug, Default)]
pub(super) struct NameReader {
    names: Vec<Name>,
    places: Vec<Arc<str>>,
    last: Last,
    /// The high half of tokens that the writing process made unique.
    pub(super) seed: u64,
}

impl NameReader {
    /// Takes names.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<Vec<Named>, Nonsense> {
        let mut names = Vec::new();
        while cursor.byte()? != 0 {
            names.push(self.read_one(cursor)?);
        }
        Ok(names)
    }

    fn read_one(&mut self, cursor: &mut Cursor<'_>) -> Result<Named, Nonsense> {
        let flags = cursor.byte()?;
        let is = |flag: u8| flags & flag != 0;
        if is(flag::NAME) {
            self.last.name = cursor.number()?;
            if self.last.name == self.names.len() as u64 {
                self.names.push(text(cursor)?.into());
            }
        }
        if is(flag::PLACE) {
            self.last.place = cursor.number()?;
            if self.last.place == self.places.len() as u64 + 1 {
                self.places.push(text(cursor)?.into());
            }
        }
        let last = &mut self.last;
        if is(flag::HIGH) {
            last.high = cursor.word()?;
        }
        match (is(flag::LOW), is(flag::LOW_NEXT)) {
            (true, _) => last.low = cursor.word()?,
            (false, true) => last.low = last.low.wrapping_add(1),
            (false, false) => {}
        }
        match (is(flag::PART), is(flag::PART_NEXT)) {
            (true, _) => last.part = cursor.number()?,
            (false, true) => last.part = last.part.wrapping_add(1),
            (false, false) => {}
        }
        let name = usize::try_from(last.name).ok().and_then(|name| self.names.get(name)).ok_or(Nonsense::Range)?;
        let token = match last.high == self.seed {
            true => Token::unique_elsewhere(last.high, last.low),
            false => Token::from_bytes((u128::from(last.high) << 64 | u128::from(last.low)).to_be_bytes()),
        };
        let key = Key::new(name.clone(), token);
        let key = match last.part.checked_sub(1) {
            Some(part) => key.part(u32::try_from(part).map_err(|_| Nonsense::Range)?),
            None => key,
        };
        let place = match last.place.checked_sub(1) {
            Some(place) => Some(self.places.get(place as usize).ok_or(Nonsense::Range)?.clone()),
            None => None,
        };
        Ok(Named { key, place })
    }
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Nonsense> {
    std::str::from_utf8(cursor.counted()?).map_err(|_| Nonsense::Value)
}
