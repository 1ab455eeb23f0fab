//! Counts of texts, packed: all texts in one string, one small entry each.
//!
//! A map of `String`s costs three cache lines a look-up (slot, entry, text) that are spread over three times the
//! memory; counting the words of a text with a large vocabulary takes half as long this way.

use hashbrown::HashTable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::hash::{BuildHasher, Hasher};

/// How often each text was counted; what [`Bag::frequencies_of`](crate::Bag::frequencies_of) hands to its function.
///
/// ```
/// use partita_collections::bag::Counts;
///
/// let mut counts = Counts::default();
/// "to be or not to be".split(' ').for_each(|word| counts.add(word));
/// assert_eq!(counts.get("be"), 2);
/// assert_eq!(counts.get("bee"), 0);
/// assert_eq!(counts.iter().next(), Some(("to", 2)), "in order of first appearance");
/// ```
#[derive(Clone, Default)]
pub struct Counts {
    /// All texts, one after the other.
    texts: String,
    entries: Vec<Entry>,
    /// Places in `entries`. Empty after counts were read from their written form.
    table: HashTable<u32>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Where the text ends; it starts where the one before ends.
    end: usize,
    count: u64,
}

fn hash(text: &str) -> u64 {
    let mut hasher = foldhash::fast::FixedState::default().build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn text_of<'a>(texts: &'a str, entries: &[Entry], place: u32) -> &'a str {
    let place = place as usize;
    let start = place.checked_sub(1).map_or(0, |before| entries[before].end);
    &texts[start..entries[place].end]
}

impl Counts {
    /// Counts a text once more. It is only looked at, and copied the first time it comes.
    #[inline]
    pub fn add(&mut self, text: &str) {
        self.add_times(text, 1);
    }

    /// Counts a text this many times more.
    #[inline]
    pub fn add_times(&mut self, text: &str, times: u64) {
        if self.table.len() < self.entries.len() {
            self.index();
        }
        let Counts { texts, entries, table } = self;
        let hash = hash(text);
        match table.find(hash, |&place| text_of(texts, entries, place) == text) {
            Some(&place) => entries[place as usize].count += times,
            None => self.insert(hash, text, times),
        }
    }

    #[cold]
    fn insert(&mut self, hash: u64, text: &str, count: u64) {
        assert!(self.entries.len() < u32::MAX as usize, "more different texts than can be counted");
        let place = self.entries.len() as u32;
        self.texts.push_str(text);
        self.entries.push(Entry { end: self.texts.len(), count });
        self.index_one(hash, place);
    }

    fn index_one(&mut self, at: u64, place: u32) {
        let Counts { texts, entries, table } = self;
        table.insert_unique(at, place, |&place| hash(text_of(texts, entries, place)));
    }

    #[cold]
    fn index(&mut self) {
        for place in self.table.len() as u32..self.entries.len() as u32 {
            let hash = hash(text_of(&self.texts, &self.entries, place));
            self.index_one(hash, place);
        }
    }

    /// Adds other counts to these.
    pub fn merge(&mut self, other: &Counts) {
        other.iter().for_each(|(text, count)| self.add_times(text, count));
    }

    /// How often a text was counted.
    pub fn get(&self, text: &str) -> u64 {
        match self.table.len() == self.entries.len() {
            true => {
                let is = |&place: &u32| text_of(&self.texts, &self.entries, place) == text;
                self.table.find(hash(text), is).map_or(0, |&place| self.entries[place as usize].count)
            }
            false => self.iter().find(|(other, _)| *other == text).map_or(0, |(_, count)| count),
        }
    }

    /// How many different texts there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Texts and their counts, in order of first appearance.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let text = &self.texts[std::mem::replace(&mut start, entry.end)..entry.end];
            (text, entry.count)
        })
    }
}

/// The written form.
#[derive(Serialize, Deserialize)]
struct Written<'a> {
    texts: std::borrow::Cow<'a, str>,
    lengths: Vec<u64>,
    counts: Vec<u64>,
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lengths = self.iter().map(|(text, _)| text.len() as u64).collect();
        let counts = self.iter().map(|(_, count)| count).collect();
        Written { texts: (&*self.texts).into(), lengths, counts }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = serde::de::Error::custom;
        let Written { texts, lengths, counts } = Written::deserialize(deserializer)?;
        if lengths.len() != counts.len() || lengths.len() >= u32::MAX as usize {
            return Err(wrong("counts and texts do not belong together"));
        }
        let mut end = 0usize;
        let mut entries = Vec::with_capacity(counts.len());
        for (length, count) in lengths.into_iter().zip(counts) {
            end = usize::try_from(length).ok().and_then(|length| end.checked_add(length)).unwrap_or(usize::MAX);
            if !texts.is_char_boundary(end) {
                return Err(wrong("counted texts are cut in the wrong places"));
            }
            entries.push(Entry { end, count });
        }
        Ok(Counts { texts: texts.into_owned(), entries, table: HashTable::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_merged_written_and_read_back() {
        let mut counts = Counts::default();
        "a b a c \u{e9}".split(' ').for_each(|word| counts.add(word));
        counts.add("");
        let written = rmp_serde::to_vec(&counts).unwrap();
        let mut back: Counts = rmp_serde::from_slice(&written).unwrap();
        assert_eq!(back.get("a"), 2, "before it is indexed");
        back.merge(&counts);
        back.add_times("new", 5);
        let all: Vec<_> = back.iter().collect();
        assert_eq!(all, [("a", 4), ("b", 2), ("c", 2), ("\u{e9}", 2), ("", 2), ("new", 5)]);
        assert_eq!((back.get("a"), back.get("nothing"), back.len()), (4, 0, 6));
    }

    #[test]
    fn a_damaged_form_is_refused() {
        let refused = |lengths: &[u64], counts: &[u64]| {
            let written = Written { texts: "\u{e9}".into(), lengths: lengths.into(), counts: counts.into() };
            rmp_serde::from_slice::<Counts>(&rmp_serde::to_vec(&written).unwrap()).is_err()
        };
        assert!(!refused(&[2], &[1]));
        assert!(refused(&[1], &[1]) && refused(&[3], &[1]) && refused(&[u64::MAX], &[1]) && refused(&[2], &[]));
    }

    #[test]
    fn many_texts_are_found_again() {
        let mut counts = Counts::default();
        (0..20_000).for_each(|n| counts.add(&(n % 10_000).to_string()));
        assert!(counts.iter().all(|(_, count)| count == 2));
        assert_eq!(counts.len(), 10_000);
    }
}
