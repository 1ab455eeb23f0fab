//! Many transitions of tasks in little room: each as it was, or added up by group.

use crate::ids::{PrefixId, TaskId};
use crate::telemetry::{Record, State};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A transition of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which task.
    pub task: TaskId,
    /// Of which group.
    pub prefix: PrefixId,
    /// The state that it left.
    pub from: State,
    /// The state that it entered.
    pub to: State,
}

/// Transitions in the order in which they were, of several moments.
///
/// ```
/// use partita_protocol::steps::{Move, Moves};
/// use partita_protocol::telemetry::State;
/// use partita_protocol::{PrefixId, TaskId, Time};
///
/// let (task, prefix) = (TaskId::new(7, 0), PrefixId(3));
/// let mut moves = Moves::default();
/// moves.push(Time(1), Move { task, prefix, from: State::Released, to: State::Waiting });
/// moves.push(Time(1), Move { task, prefix, from: State::Waiting, to: State::Processing });
/// moves.push(Time(9), Move { task, prefix, from: State::Processing, to: State::Memory });
/// let turns: Vec<_> = moves.turns().map(|(time, moves)| (time, moves.len())).collect();
/// assert_eq!(turns, [(Time(1), 2), (Time(9), 1)]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves {
    moves: Vec<Move>,
    /// The moments, and how many transitions there had been at the end of each.
    turns: Vec<(Time, u32)>,
}

impl Moves {
    /// Adds a transition; moments do not run backwards.
    #[inline]
    pub fn push(&mut self, time: Time, step: Move) {
        self.moves.push(step);
        let end = self.moves.len() as u32;
        match self.turns.last_mut() {
            Some((last, count)) if *last == time => *count = end,
            _ => self.turns.push((time, end)),
        }
    }

    /// Takes all out; there is room for as many again.
    pub fn take(&mut self) -> Moves {
        let room = Moves { moves: Vec::with_capacity(self.moves.len()), turns: Vec::with_capacity(self.turns.len()) };
        std::mem::replace(self, room)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.moves.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }

    /// Those of each moment.
    pub fn turns(&self) -> impl Iterator<Item = (Time, &[Move])> {
        let mut start = 0;
        self.turns.iter().map(move |(time, end)| {
            let (from, to) = (std::mem::replace(&mut start, *end as usize), *end as usize);
            // One that comes from elsewhere may be nonsense.
            (*time, self.moves.get(from..to).unwrap_or_default())
        })
    }

    /// Each as a record of its own.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        self.turns().flat_map(|(time, moves)| {
            moves.iter().map(move |&Move { task, prefix, from, to }| Record::Transition {
                time,
                task,
                prefix,
                from,
                to,
            })
        })
    }
}

/// Transitions of the tasks of one group, added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSteps {
    /// The group.
    pub prefix: PrefixId,
    /// How many transitions there were.
    pub count: u64,
    /// By how much the number of tasks changed that are in each state. Those that are forgotten are not counted.
    pub change: [i64; 8],
    /// Times that a task ended well.
    pub finished: u64,
    /// Times that a task failed for good.
    pub erred: u64,
}

impl GroupSteps {
    /// No transition of a group.
    pub fn none(prefix: PrefixId) -> Self {
        GroupSteps { prefix, count: 0, change: [0; 8], finished: 0, erred: 0 }
    }

    /// Adds a transition.
    ///
    /// ```
    /// use partita_protocol::PrefixId;
    /// use partita_protocol::steps::GroupSteps;
    /// use partita_protocol::telemetry::State;
    ///
    /// let mut steps = GroupSteps::none(PrefixId(3));
    /// steps.add(State::Processing, State::Memory);
    /// assert_eq!((steps.count, steps.finished, steps.erred), (1, 1, 0));
    /// assert_eq!(steps.change[State::Processing as usize], -1);
    /// ```
    #[inline]
    pub fn add(&mut self, from: State, to: State) {
        self.count += 1;
        self.change[from as usize] -= 1;
        if to != State::Forgotten {
            self.change[to as usize] += 1;
        }
        self.finished += u64::from(to == State::Memory);
        self.erred += u64::from(to == State::Erred);
    }
}
