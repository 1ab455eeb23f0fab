//! What waits until the name of its task is known: a bounded number of things, by task.

use partita_protocol::{IdMap, TaskId};
use serde::{Deserialize, Serialize};

/// Things that wait, by task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting<T> {
    by_task: IdMap<TaskId, Vec<T>>,
    count: usize,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Waiting { by_task: IdMap::default(), count: 0 }
    }
}

impl<T> Waiting<T> {
    /// Keeps something until its task is known; gives it back if so many wait already.
    pub(crate) fn put(&mut self, task: TaskId, thing: T, most: usize) -> Result<(), T> {
        if self.count >= most {
            return Err(thing);
        }
        self.count += 1;
        self.by_task.entry(task).or_default().push(thing);
        Ok(())
    }

    /// All that waits, of one task after the other.
    pub(crate) fn all(self) -> Vec<T> {
        let mut all: Vec<_> = self.by_task.into_iter().collect();
        all.sort_unstable_by_key(|(task, _)| *task);
        all.into_iter().flat_map(|(_, things)| things).collect()
    }

    /// What waits for a task, in the order in which it came.
    pub(crate) fn take(&mut self, task: TaskId) -> Vec<T> {
        if self.count == 0 {
            return Vec::new();
        }
        let things = self.by_task.remove(&task).unwrap_or_default();
        self.count -= things.len();
        things
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_wait_and_no_more_until_some_are_taken() {
        let (a, b) = (TaskId::new(0, 0), TaskId::new(1, 0));
        let mut waiting = Waiting::default();
        let put: Vec<_> = [(a, 1), (b, 2), (a, 3), (b, 4)].map(|(task, thing)| waiting.put(task, thing, 3)).into();
        assert_eq!(put, [Ok(()), Ok(()), Ok(()), Err(4)]);
        assert_eq!((waiting.take(a), waiting.take(a)), (vec![1, 3], vec![]));
        assert_eq!((waiting.put(b, 5, 3), waiting.take(b)), (Ok(()), vec![2, 5]));
        assert_eq!(waiting.count, 0);
    }
}
