//! What is known of tasks by name: keys, lines of user code, and what each takes.

use partita_graph::{Key, Token};
use partita_protocol::telemetry::{State, WHOLE};
use partita_protocol::{IdMap, PlaceId, PrefixId, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// A line of user code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A task.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct Known {
    /// Its group.
    pub prefix: PrefixId,
    /// The line that made it.
    pub place: PlaceId,
    token: Token,
    part: u32,
    /// Whether its key is its own alone: no other run has one of the same.
    pub is_unique: bool,
    /// What it takes.
    pub dependencies: Box<[TaskId]>,
    /// The state that it is in.
    pub state: State,
}

/// A task as it is written down. Tokens that this process made count inside, and are printed in another way; the process
/// that reads them has to know.
#[derive(Serialize, Deserialize)]
struct Saved {
    prefix: PrefixId,
    place: PlaceId,
    token: [u8; 16],
    counts: bool,
    part: u32,
    is_unique: bool,
    dependencies: Box<[TaskId]>,
    state: State,
}

impl From<Known> for Saved {
    fn from(known: Known) -> Self {
        let Known { prefix, place, token, part, is_unique, dependencies, state } = known;
        let (counts, token) = (token.is_unique(), token.to_bytes());
        Saved { prefix, place, token, counts, part, is_unique, dependencies, state }
    }
}

impl From<Saved> for Known {
    fn from(saved: Saved) -> Self {
        let Saved { prefix, place, token, counts, part, is_unique, dependencies, state } = saved;
        let number = u128::from_be_bytes(token);
        let token = match counts {
            true => Token::unique_elsewhere((number >> 64) as u64, number as u64),
            false => Token::from_bytes(token),
        };
        Known { prefix, place, token, part, is_unique, dependencies, state }
    }
}

/// Names by id, and tasks by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Names {
    prefixes: IdMap<PrefixId, Arc<str>>,
    places: IdMap<PlaceId, Line>,
    tasks: IdMap<TaskId, Known>,
    /// The tasks in the order in which they came.
    order: VecDeque<TaskId>,
    /// Tasks that are no longer kept.
    pub forgotten: u64,
}

impl Names {
    pub(crate) fn prefix(&mut self, prefix: PrefixId, name: Arc<str>) {
        self.prefixes.insert(prefix, name);
    }

    pub(crate) fn place(&mut self, place: PlaceId, line: Line) {
        self.places.insert(place, line);
    }

    pub(crate) fn task(
        &mut self,
        id: TaskId,
        (prefix, token, part): (PrefixId, Token, u32),
        place: PlaceId,
        dependencies: Box<[TaskId]>,
        limit: usize,
    ) {
        let is_unique = token.is_unique();
        let known = Known { prefix, place, token, part, is_unique, dependencies, state: State::Released };
        if self.tasks.insert(id, known).is_some() {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.tasks.remove(&oldest);
            self.forgotten += 1;
        }
    }

    pub(super) fn entered(&mut self, task: TaskId, state: State) {
        if let Some(known) = self.tasks.get_mut(&task) {
            known.state = state;
        }
    }

    /// The name of a group.
    pub fn group(&self, prefix: PrefixId) -> Arc<str> {
        self.prefixes.get(&prefix).cloned().unwrap_or_else(|| prefix.to_string().into())
    }

    /// The groups and their names, in no order.
    pub fn groups(&self) -> impl Iterator<Item = (PrefixId, &Arc<str>)> {
        self.prefixes.iter().map(|(&prefix, name)| (prefix, name))
    }

    /// A line.
    pub fn line(&self, place: PlaceId) -> Option<&Line> {
        self.places.get(&place)
    }

    /// What is known of a task.
    pub fn known(&self, task: TaskId) -> Option<&Known> {
        self.tasks.get(&task)
    }

    /// The tasks that are kept, in the order in which they came.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = (TaskId, Option<&Known>)> {
        self.order.iter().map(|&task| (task, self.tasks.get(&task)))
    }

    /// The key of a task, if it is kept.
    pub fn key(&self, task: TaskId) -> Option<Key> {
        let known = self.tasks.get(&task)?;
        let key = Key::new(&*self.group(known.prefix), known.token);
        Some(if known.part == WHOLE { key } else { key.part(known.part) })
    }

    /// The key of a task as it is printed, or its id if it is not kept.
    pub fn key_text(&self, task: TaskId) -> String {
        self.key(task).map_or_else(|| task.to_string(), |key| key.to_string())
    }

    /// The task of a key as it is printed. Looks at all tasks that are kept.
    pub fn find(&self, key: &str) -> Option<TaskId> {
        let named =
            |(_, known): &(TaskId, Option<&Known>)| known.is_some_and(|known| key.contains(&*self.group(known.prefix)));
        self.tasks().filter(named).map(|(task, _)| task).find(|&task| self.key_text(task) == key)
    }

    /// The line of user code that made a task.
    pub fn line_of(&self, task: TaskId) -> Option<&Line> {
        self.line(self.tasks.get(&task)?.place)
    }
}
