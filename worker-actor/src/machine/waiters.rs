//! The tasks that wait for a value: none for most values, so that no more than a pointer is kept for them.

use super::entry::Waiter;
use std::ops::Deref;

/// The tasks that wait for a value.
#[derive(Clone, Debug, Default)]
#[allow(clippy::box_collection, reason = "a vector is three words, and there is one in each of a million entries")]
pub(super) struct Waiters(Option<Box<Vec<Waiter>>>);

impl Waiters {
    pub(super) fn one(waiter: Waiter) -> Self {
        Waiters(Some(Box::new(vec![waiter])))
    }

    pub(super) fn push(&mut self, waiter: Waiter) {
        self.0.get_or_insert_default().push(waiter);
    }

    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Waiter) -> bool) {
        if let Some(list) = &mut self.0 {
            list.retain(keep);
        }
    }
}

impl Deref for Waiters {
    type Target = [Waiter];

    fn deref(&self) -> &[Waiter] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl IntoIterator for Waiters {
    type Item = Waiter;
    type IntoIter = std::vec::IntoIter<Waiter>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.map_or_else(Vec::new, |list| *list).into_iter()
    }
}
