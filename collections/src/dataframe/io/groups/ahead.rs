//! Files that are opened one after the other: of those of stores, what the next ones tell of themselves is asked for
//! meanwhile.

use super::super::faults::FileError;
use super::super::handle::Handle;
use super::super::listing::Planned;
use std::collections::VecDeque;
use std::slice::Iter;

/// Files whose content is asked for ahead.
const AHEAD: usize = 16;

/// Opens files in their order.
pub(super) struct Ahead<'a> {
    files: Iter<'a, Planned>,
    /// Whether they tell of themselves at their end, instead of their beginning.
    at_end: bool,
    opened: VecDeque<Handle>,
}

impl<'a> Ahead<'a> {
    pub(super) fn of(files: &'a [Planned], at_end: bool) -> Self {
        Ahead { files: files.iter(), at_end, opened: VecDeque::new() }
    }

    /// Opens the next file, which is this one.
    pub(super) fn next(&mut self, file: &Planned) -> Result<Handle, FileError> {
        while self.opened.len() < AHEAD
            && let Some(mut handle) = self.files.clone().next().and_then(Planned::look_at_store)
        {
            handle.expect(self.at_end);
            self.opened.push_back(Handle::Stored(handle));
            self.files.next();
        }
        match self.opened.pop_front() {
            Some(handle) => Ok(handle),
            None => {
                self.files.next();
                file.look().map_err(|error| FileError::of(&file.path, &error))
            }
        }
    }
}
