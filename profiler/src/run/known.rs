//! What is known of tasks by name: keys, lines of user code, and what each takes.

use super::early::{Ended, Step};
use super::history::History;
use super::limits::make_room;
use super::slots::Slots;
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
}

/// The states of a task. They change often, and stand apart from all that is known of it: many of them are near.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Story {
    pub(super) state: State,
    pub(super) ended: Ended,
    /// Whether it is in the counts of tasks.
    pub(super) is_counted: bool,
    history: History,
}

impl Default for Story {
    fn default() -> Self {
        Story { state: State::Released, ended: Ended::No, is_counted: false, history: History::default() }
    }
}

impl Story {
    /// The scheduler told of the task, and that it is in a state: what that changes.
    pub(super) fn learn(&mut self, state: State) -> Step {
        let new = !std::mem::replace(&mut self.is_counted, true);
        let (done, failed) = self.ended.enter(state);
        Step { new, done, failed, ..Step::default() }
    }

    pub(super) fn enter(&mut self, unit: u64, state: State) {
        self.state = state;
        self.history.enter(unit, state);
    }

    /// The state that the task was in before a unit of a timeline began, or is in now; none if it was not known yet.
    pub(super) fn state(&self, before: Option<u64>) -> Option<State> {
        before.map_or(Some(self.state), |unit| self.history.before(unit))
    }
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
}

impl From<Known> for Saved {
    fn from(known: Known) -> Self {
        let Known { prefix, place, token, part, is_unique, dependencies } = known;
        let (counts, token) = (token.is_unique(), token.to_bytes());
        Saved { prefix, place, token, counts, part, is_unique, dependencies }
    }
}

impl From<Saved> for Known {
    fn from(saved: Saved) -> Self {
        let Saved { prefix, place, token, counts, part, is_unique, dependencies } = saved;
        let number = u128::from_be_bytes(token);
        let token = match counts {
            true => Token::unique_elsewhere((number >> 64) as u64, number as u64),
            false => Token::from_bytes(token),
        };
        Known { prefix, place, token, part, is_unique, dependencies }
    }
}

/// Names by id, and tasks by id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "SavedNames")]
pub struct Names {
    prefixes: IdMap<PrefixId, Arc<str>>,
    places: IdMap<PlaceId, Line>,
    /// The tasks in the order in which they came.
    kept: VecDeque<(TaskId, Known)>,
    /// The states of each.
    stories: VecDeque<Story>,
    /// Tasks that are no longer kept.
    pub forgotten: u64,
    /// The place of each task among those that are kept.
    #[serde(skip)]
    slots: Slots,
    /// The last so many tasks came since the last moment that a record told of.
    undated: usize,
}

/// Names as they are written down.
#[derive(Deserialize)]
struct SavedNames {
    prefixes: IdMap<PrefixId, Arc<str>>,
    places: IdMap<PlaceId, Line>,
    kept: VecDeque<(TaskId, Known)>,
    stories: VecDeque<Story>,
    forgotten: u64,
    undated: usize,
}

impl From<SavedNames> for Names {
    fn from(saved: SavedNames) -> Self {
        let SavedNames { prefixes, places, kept, mut stories, forgotten, undated } = saved;
        // A file may say anything.
        stories.resize(kept.len(), Story::default());
        let mut slots = Slots::default();
        kept.iter().for_each(|(task, _)| slots.push(*task, kept.len()));
        Names { prefixes, places, kept, stories, forgotten, slots, undated }
    }
}

impl Names {
    pub(crate) fn prefix(&mut self, prefix: PrefixId, name: Arc<str>) {
        self.prefixes.insert(prefix, name);
    }

    pub(crate) fn place(&mut self, place: PlaceId, line: Line) {
        self.places.insert(place, line);
    }

    /// Keeps a task; says whether it is new, and which one is no longer kept.
    pub(crate) fn task(
        &mut self,
        id: TaskId,
        (prefix, token, part): (PrefixId, Token, u32),
        place: PlaceId,
        dependencies: Box<[TaskId]>,
        limit: usize,
    ) -> (bool, Option<(TaskId, PrefixId, Story)>) {
        let is_unique = token.is_unique();
        let known = Known { prefix, place, token, part, is_unique, dependencies };
        if let Some(place) = self.place_of(id) {
            // One that is handed in again as a result that is there says nothing of what it takes.
            let says = |own: &Known| own.dependencies.is_empty() || !known.dependencies.is_empty();
            if let Some((_, own)) = self.kept.get_mut(place).filter(|(_, own)| says(own)) {
                *own = known;
            }
            return (false, None);
        }
        make_room(&mut self.kept, limit);
        make_room(&mut self.stories, limit);
        self.slots.push(id, limit);
        self.kept.push_back((id, known));
        self.stories.push_back(Story::default());
        self.undated += 1;
        if self.kept.len() > limit
            && let (Some((oldest, known)), Some(story)) = (self.kept.pop_front(), self.stories.pop_front())
        {
            self.slots.pop(oldest);
            self.forgotten = self.forgotten.wrapping_add(1);
            return (true, Some((oldest, known.prefix, story)));
        }
        (true, None)
    }

    /// The tasks that came since the last moment are known from this unit of a timeline on.
    pub(super) fn date(&mut self, unit: u64) {
        let undated = self.stories.iter_mut().rev().take(std::mem::take(&mut self.undated));
        for story in undated.filter(|story| story.history.is_empty()) {
            story.enter(unit, story.state);
        }
    }

    /// A task that was handed in again, or was known before anybody listened, is in this state.
    pub(super) fn was(&mut self, task: TaskId, state: State) {
        if let Some(story) = self.story_mut(task).filter(|story| story.history.is_empty()) {
            story.state = state;
        }
    }

    /// The states of all tasks that are kept, so many units of a timeline after its start.
    pub(super) fn all_entered(&mut self, unit: u64, state: impl Fn(TaskId) -> State) {
        for ((task, _), story) in self.kept.iter().zip(&mut self.stories) {
            let state = state(*task);
            if story.state != state {
                story.enter(unit, state);
            }
        }
    }

    fn place_of(&self, task: TaskId) -> Option<usize> {
        self.slots.get(task)
    }

    #[inline]
    pub(super) fn story_mut(&mut self, task: TaskId) -> Option<&mut Story> {
        let place = self.place_of(task)?;
        self.stories.get_mut(place)
    }

    /// The states of a task.
    pub(crate) fn story(&self, task: TaskId) -> Option<&Story> {
        self.stories.get(self.place_of(task)?)
    }

    /// The tasks that are kept and their states, in the order in which they came.
    pub(crate) fn stories(&self) -> impl Iterator<Item = (TaskId, &Known, &Story)> {
        self.kept.iter().zip(&self.stories).map(|((task, known), story)| (*task, known, story))
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
        self.kept.get(self.place_of(task)?).map(|(_, known)| known)
    }

    /// The tasks that are kept, in the order in which they came.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = (TaskId, &Known)> + DoubleEndedIterator {
        self.kept.iter().map(|(task, known)| (*task, known))
    }

    /// The key of a task, if it is kept.
    pub fn key(&self, task: TaskId) -> Option<Key> {
        let known = self.known(task)?;
        let key = Key::new(&*self.group(known.prefix), known.token);
        Some(if known.part == WHOLE { key } else { key.part(known.part) })
    }

    /// The key of a task as it is printed, or its id if it is not kept.
    pub fn key_text(&self, task: TaskId) -> String {
        self.key(task).map_or_else(|| task.to_string(), |key| key.to_string())
    }

    /// The task of a key as it is printed; the newest, if it was handed in again after it was forgotten. Looks at all tasks
    /// that are kept.
    pub fn find(&self, key: &str) -> Option<TaskId> {
        self.find_all(key).next()
    }

    /// All tasks that ever had a key, as it is printed, the newest first.
    pub fn find_all(&self, key: &str) -> impl Iterator<Item = TaskId> {
        let named = |(_, known): &(TaskId, &Known)| key.contains(&*self.group(known.prefix));
        self.tasks().rev().filter(named).map(|(task, _)| task).filter(move |&task| self.key_text(task) == key)
    }

    /// The line of user code that made a task.
    pub fn line_of(&self, task: TaskId) -> Option<&Line> {
        self.line(self.known(task)?.place)
    }
}
