//! The table of tasks: places indexed by task id, checked by generation, and the links between tasks.

use super::task::{Source, State, Task};
use partita_protocol::{ClientId, PrefixId, Priority, TaskId};
use smallvec::SmallVec;
use std::ops::{Index, IndexMut};

/// Places that the table has at the most; a task beyond is not taken in.
const PLACES: usize = 1 << 28;

/// Up to this length a list of dependents is searched, beyond it is swept when half of it is stale.
const SEARCHED: usize = 8;

/// Places in a block. The table grows by whole blocks and never moves a task: no event pays for copying a large table.
const BLOCK: usize = 256;

/// All tasks that the scheduler knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    blocks: Vec<Box<[Option<Task>]>>,
    len: usize,
    edges: usize,
}

impl Table {
    /// The task, if it is in the table.
    pub(crate) fn find(&self, id: TaskId) -> Option<&Task> {
        let place = self.blocks.get(id.index() / BLOCK)?.get(id.index() % BLOCK)?;
        place.as_ref().filter(|task| task.generation == id.generation())
    }

    /// The task, if it is in the table.
    pub(crate) fn find_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        let place = self.blocks.get_mut(id.index() / BLOCK)?.get_mut(id.index() % BLOCK)?;
        place.as_mut().filter(|task| task.generation == id.generation())
    }

    /// How many tasks there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many dependencies all tasks have together.
    pub(crate) fn edges(&self) -> usize {
        self.edges
    }

    /// All tasks, by place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.blocks.iter().flatten().enumerate().filter_map(|(index, place)| {
            let task = place.as_ref()?;
            Some((TaskId::new(index as u32, task.generation), task))
        })
    }

    /// Puts a new task at its place, released; false if another stands there.
    pub(crate) fn insert(&mut self, id: TaskId, prefix: PrefixId, priority: Priority, source: Source) -> bool {
        let index = id.index();
        if index >= PLACES {
            return false;
        }
        while index / BLOCK >= self.blocks.len() {
            self.blocks.push(std::iter::repeat_with(|| None).take(BLOCK).collect());
        }
        let place = &mut self.blocks[index / BLOCK][index % BLOCK];
        if place.is_some() {
            return false;
        }
        *place = Some(Task {
            generation: id.generation(),
            prefix,
            priority,
            client: ClientId(0),
            class: Default::default(),
            source,
            dependencies: SmallVec::new(),
            dependents: SmallVec::new(),
            live: 0,
            waiters: 0,
            to_come: 0,
            steals: 0,
            wanted_by: Default::default(),
            bounds: None,
            state: State::Released,
        });
        self.len += 1;
        true
    }

    /// Links a new task to its dependencies, which are all in the table; doubles among them are left out.
    pub(crate) fn link(&mut self, id: TaskId, dependencies: &[TaskId]) {
        let mut list = SmallVec::from_slice(dependencies);
        list.retain(|dependency| {
            let task = &mut self[*dependency];
            let is_new = task.dependents.last() != Some(&id);
            if is_new {
                task.dependents.push(id);
                task.live += 1;
            }
            is_new
        });
        self.edges += list.len();
        self[id].dependencies = list;
    }

    /// Takes a task out. Its links to dependencies are still to be undone with [`Table::unlink`].
    pub(crate) fn remove(&mut self, id: TaskId) -> Option<Task> {
        let place = self.blocks.get_mut(id.index() / BLOCK)?.get_mut(id.index() % BLOCK)?;
        let task = place.take_if(|task| task.generation == id.generation())?;
        self.len -= 1;
        Some(task)
    }

    /// Undoes the link of a dependency to a dependent that was taken out.
    pub(crate) fn unlink(&mut self, dependency: TaskId, gone: TaskId) {
        self.edges -= 1;
        let task = &mut self[dependency];
        task.live -= 1;
        if task.live == 0 {
            task.dependents = SmallVec::new();
        } else if task.dependents.len() <= SEARCHED {
            task.dependents.retain(|known| *known != gone);
        } else if task.dependents.len() > 2 * task.live as usize {
            let mut dependents = std::mem::take(&mut task.dependents);
            dependents.retain(|known| self.find(*known).is_some());
            self[dependency].dependents = dependents;
        }
    }

    /// The dependents of a task that are in the table.
    pub(crate) fn dependents(&self, id: TaskId) -> impl Iterator<Item = (TaskId, &Task)> {
        self[id].dependents.iter().filter_map(|dependent| Some((*dependent, self.find(*dependent)?)))
    }
}

impl Index<TaskId> for Table {
    type Output = Task;

    fn index(&self, id: TaskId) -> &Task {
        match self.blocks[id.index() / BLOCK][id.index() % BLOCK].as_ref() {
            Some(task) => task,
            None => panic!("task {id} is not in the table"),
        }
    }
}

impl IndexMut<TaskId> for Table {
    fn index_mut(&mut self, id: TaskId) -> &mut Task {
        match self.blocks[id.index() / BLOCK][id.index() % BLOCK].as_mut() {
            Some(task) => task,
            None => panic!("task {id} is not in the table"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(index: u32) -> TaskId {
        TaskId::new(index, 0)
    }

    #[test]
    fn a_task_is_found_by_place_and_generation() {
        let mut table = Table::default();
        assert!(table.insert(id(3), PrefixId(0), Priority::default(), Source::Computed));
        assert!(!table.insert(TaskId::new(3, 1), PrefixId(0), Priority::default(), Source::Computed));
        assert!(table.find(id(3)).is_some());
        assert!(table.find(TaskId::new(3, 1)).is_none());
        assert!(table.find(id(4)).is_none());
        assert!(table.remove(TaskId::new(3, 1)).is_none());
        assert!(table.remove(id(3)).is_some());
        assert_eq!(table.len(), 0);
        assert!(!table.insert(id(u32::MAX), PrefixId(0), Priority::default(), Source::Computed));
    }

    #[test]
    fn dependents_are_swept_when_half_are_stale() {
        let mut table = Table::default();
        for index in 0..=100 {
            assert!(table.insert(id(index), PrefixId(0), Priority::default(), Source::Computed));
        }
        for index in 1..=100 {
            table.link(id(index), &[id(0)]);
        }
        for index in 1..=100 {
            table.remove(id(index));
            table.unlink(id(0), id(index));
            let task = &table[id(0)];
            assert_eq!(task.live as usize, table.dependents(id(0)).count());
            assert!(task.dependents.len() <= SEARCHED.max(2 * task.live as usize + 1));
        }
        assert_eq!((table.edges(), table[id(0)].dependents.len()), (0, 0));
        table.insert(id(1), PrefixId(0), Priority::default(), Source::Computed);
        table.link(id(1), &[id(0), id(0), id(0)]);
        assert_eq!((table.edges(), table[id(0)].live, table[id(1)].dependencies.len()), (1, 1, 1));
    }
}
