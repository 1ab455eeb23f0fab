//! Out of `erred` when a client asks to run failed tasks again; and back to what a client gave up because it took too
//! long.

use super::{Goal, Scheduler};
use crate::machine::Turn;
use crate::machine::task::State;
use partita_protocol::{ClientId, TaskId};

impl Scheduler {
    /// The asked tasks that erred, and the erred tasks that they depend on, go back to `released`; those that are needed
    /// are computed again. Other tasks that erred with them stay erred. What the client was told to be late, and goes on for
    /// others, it wants again.
    pub(crate) fn tasks_retried(&mut self, turn: &mut Turn, client: ClientId, tasks: &[TaskId]) {
        if self.clients.find(client).is_none() {
            return;
        }
        let mut erred: Vec<TaskId> = tasks.to_vec();
        while let Some(id) = erred.pop() {
            let Some(task) = self.tasks.find(id) else { continue };
            if !matches!(task.state, State::Erred { .. }) {
                continue;
            }
            erred.extend_from_slice(&task.dependencies);
            self.enter(turn, id, State::Released);
            self.restart_clocks(id, turn.now);
            let goal = if self.tasks[id].needed() { Goal::Wait } else { Goal::Release };
            self.agenda.push(id, goal);
        }
        for id in tasks {
            self.want_again(turn, client, *id);
        }
    }
}
