//! Taking in a piece of a graph.

use super::bounds::Bounds;
use super::task::{Source, State};
use super::transition::Goal;
use super::{Scheduler, Turn};
use partita_graph::TaskOptions;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::{NewTask, Piece};
use partita_protocol::{ClientId, Priority, TaskId};

impl Scheduler {
    pub(crate) fn graph_submitted(&mut self, turn: &mut Turn, client: ClientId, piece: Piece) {
        for new in &piece.tasks {
            let range = new.dependencies.start as usize..new.dependencies.end as usize;
            self.task_submitted(turn, client, piece.generation, new, piece.dependencies.get(range));
        }
        for (id, count) in &piece.withdrawn {
            self.expect_fewer(*id, *count);
            self.agenda.push(*id, Goal::Release);
        }
    }

    /// Takes in one task. `None` for dependencies that the piece does not have.
    fn task_submitted(
        &mut self,
        turn: &mut Turn,
        client: ClientId,
        generation: i64,
        new: &NewTask,
        dependencies: Option<&[TaskId]>,
    ) {
        let id = new.task;
        for dependency in dependencies.unwrap_or_default() {
            if planted(Bug::KnownDependent) && self.tasks.find(id).is_some() {
                break;
            }
            self.expect_fewer(*dependency, 1);
        }
        if self.tasks.find(id).is_some() || self.add_task(turn, client, generation, new, dependencies) {
            let task = &mut self.tasks[id];
            task.to_come = task.to_come.saturating_add(new.dependents);
            if new.data && task.source == Source::Scattered && matches!(task.state, State::Released) {
                task.source = Source::Expected;
            }
            if new.dependents > 0 {
                self.reopen(turn, id);
            }
            if new.wanted {
                let limit = new.options.as_ref().and_then(|options| options.deadline);
                self.want(turn, client, id, limit);
            }
            match self.tasks[id].needed() {
                true if matches!(self.tasks[id].state, State::Released) => self.released_waiting(turn, id),
                true => {}
                false => self.agenda.push(id, Goal::Release),
            }
        }
        for dependency in dependencies.unwrap_or_default() {
            if self.tasks.find(*dependency).is_some_and(|task| !task.needed()) {
                self.agenda.push(*dependency, Goal::Release);
            }
        }
    }

    /// Puts a task into the table that is not there yet; false if its place is taken.
    fn add_task(
        &mut self,
        turn: &mut Turn,
        client: ClientId,
        generation: i64,
        new: &NewTask,
        dependencies: Option<&[TaskId]>,
    ) -> bool {
        let id = new.task;
        let options = new.options.as_ref();
        let user = options.map_or(0, |options| options.priority.saturating_neg());
        let priority = Priority { user, generation, rank: new.rank };
        let known = |dependency: &TaskId| self.tasks.find(*dependency).is_some();
        let dependencies = dependencies.filter(|list| list.iter().all(known));
        let source = match dependencies {
            None => Source::Incomplete,
            Some(_) if new.data => Source::Expected,
            Some(_) => Source::Computed,
        };
        if !self.tasks.insert(id, new.prefix, priority, source) {
            return false;
        }
        self.counts.appear();
        match dependencies {
            Some([]) | None => {}
            Some(_) if new.data => {}
            Some(list) => self.tasks.link(id, list),
        }
        let class = self.classes.join(options.filter(|options| asks(options)), &self.workers, turn.now);
        let task = &mut self.tasks[id];
        task.class = class;
        task.client = if self.config.fair { client } else { EVERYBODY };
        task.bounds = options.and_then(Bounds::of);
        true
    }

    /// Takes announced dependents off a task, because they came or will not come.
    fn expect_fewer(&mut self, id: TaskId, count: u32) {
        if let Some(task) = self.tasks.find_mut(id) {
            task.to_come = task.to_come.saturating_sub(count);
        }
    }
}

/// The client of all tasks, where clients have no shares of their own.
const EVERYBODY: ClientId = ClientId(0);

/// Whether options ask anything of a worker.
fn asks(options: &TaskOptions) -> bool {
    !options.workers.is_empty() || !options.resources.is_empty()
}
