//! The story of a task: everything that happened to it and was said about it, with the times, and what it waits for in
//! the end.

mod mention;
mod wait;

use crate::universe::Number;
use crate::world::World;
use partita_protocol::{TaskId, Time};

/// Lines that a story keeps; of what comes before the last of them only the number is kept.
const MOST_LINES: usize = 2_000;

/// What happened to one task, or to all.
#[derive(Debug, Default)]
pub struct Story {
    /// Which; `None` for all.
    of: Option<Number>,
    lines: Vec<String>,
    /// Lines that were not kept.
    skipped: usize,
    /// Whom the task waits for in the end.
    waits: Vec<String>,
}

impl Story {
    /// The story of this task, or of all.
    pub fn new(of: Option<Number>) -> Self {
        Story { of, ..Story::default() }
    }

    /// Takes note of what happened in the last step.
    pub fn hear(&mut self, world: &World) {
        for entry in world.trace() {
            if self.of.is_none_or(|number| mention::mentions(entry, number)) {
                let line = mention::line(entry, self.of);
                self.add(world.now(), &line);
            }
        }
    }

    /// Takes note of something that was done to the world.
    pub fn tell(&mut self, world: &World, line: String) {
        self.add(world.now(), &format!("* {line}"));
    }

    fn add(&mut self, time: Time, line: &str) {
        if self.lines.len() == MOST_LINES {
            self.lines.drain(..MOST_LINES / 2);
            self.skipped += MOST_LINES / 2;
        }
        self.lines.push(format!("{:>14.9} {line}", time.as_secs_f64()));
    }

    /// Notes whom the tasks wait for, where it all ended.
    pub fn end(&mut self, world: &World, tasks: &[TaskId]) {
        let own = self.of.map(|number| world.id_of(number));
        let mut about: Vec<TaskId> = own.into_iter().chain(tasks.iter().copied()).collect();
        about.dedup();
        for task in about {
            self.waits.extend(wait::chain(world, task));
        }
    }

    /// Everything that is known, line by line.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// How many lines came before the first one that is kept.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Whom the task waits for in the end: each line one step down.
    pub fn waits(&self) -> &[String] {
        &self.waits
    }
}
