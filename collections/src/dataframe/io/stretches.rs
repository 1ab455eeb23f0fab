//! Stretches: some rows of text files, from all over them, for estimates. They are read when a plan first asks.

use super::blocks::Plan;
use crate::dataframe::glimpse::{Glimpse, Places};
use polars::prelude::{self as pl, IntoLazy, PlSmallStr};
use std::io::Read;
use std::sync::Arc;

/// How many stretches are looked at.
const STRETCHES: u64 = 4;

/// Bytes of a stretch.
const LENGTH: u64 = 128 << 10;

impl Plan {
    /// Some rows of the files, if these are not compressed.
    pub(super) fn glimpse(self: &Arc<Self>) -> Option<Glimpse> {
        let compressed = self.files.iter().any(|file| file.source.is_compressed());
        let plan = self.clone();
        (!compressed).then(|| Glimpse::new(move || plan.places()))
    }

    /// Reads stretches at places that are equally far from each other.
    fn places(&self) -> Option<Places> {
        let lengths = self.files.iter().map(|file| file.source.size().saturating_sub(file.start));
        let all: u64 = lengths.clone().sum();
        let (mut bytes, mut rows, mut stretches) = (0, 0, Vec::new());
        for nth in 0..STRETCHES {
            let mut at = (u128::from(all) * u128::from(nth) / u128::from(STRETCHES)) as u64;
            let mut lengths = lengths.clone();
            let file = lengths.position(|length| {
                if at < length {
                    true
                } else {
                    at -= length;
                    false
                }
            })?;
            // What cannot be read or parsed will say so where it is read.
            let Some((length, frame)) = self.stretch(file, at, LENGTH.min(all / STRETCHES + 1)) else { continue };
            bytes += length;
            rows += frame.height();
            stretches.push((frame.clone().lazy(), frame.height()));
        }
        (bytes > 0).then(|| Places { stretches, rows: all as f64 * rows as f64 / bytes as f64 })
    }

    /// The rows in some bytes of a file, the first of which may be within a row, and how many bytes they have. If they
    /// are within quotes, rows come out wrong, for which there is no estimate.
    fn stretch(&self, file: usize, at: u64, length: u64) -> Option<(usize, pl::DataFrame)> {
        let file = &self.files[file];
        let mut text = Vec::new();
        file.source
            .open(file.start + at, file.start + at + length)
            .ok()?
            .text
            .take(length)
            .read_to_end(&mut text)
            .ok()?;
        if at > 0 {
            let line = memchr::memchr(b'\n', &text)?;
            text.drain(..=line);
        }
        let cut = file.parser.rows().last(&text);
        text.truncate(cut.at?);
        let wanted: Vec<PlSmallStr> = self.schema.iter_names().cloned().collect();
        let there = file.parser.schema();
        let parsed: Vec<PlSmallStr> = wanted.iter().filter(|name| there.contains(name)).cloned().collect();
        let frame = file.parser.parse(&text, &parsed, cut.stray).ok()?;
        Some((text.len(), self.scan(file, 0, u64::MAX).completed(frame, &wanted).ok()?))
    }
}
