//! What clients are told: S21, X4, L5. Each of them knows of each result that it wants what became of it, once.

use super::turn::Turn;
use super::{Broken, ensure};
use crate::world::{Told, Trace, World};
use partita_protocol::scheduler::{Event, Notice};
use partita_protocol::telemetry::{Record, State};
use partita_protocol::{ClientId, TaskId};
use rustc_hash::FxHashMap;

/// What each client was told last of each result that it wants.
#[derive(Debug, Default)]
pub(super) struct Notices {
    told: FxHashMap<TaskId, Vec<(ClientId, Told)>>,
    /// Results of which something was said or that changed in this step.
    touched: Vec<TaskId>,
}

impl Notices {
    pub(super) fn turn(&mut self, turn: &Turn) -> Result<(), Broken> {
        match turn.event {
            Event::KeysReleased { client, tasks } => tasks.iter().for_each(|task| self.forget(*client, *task)),
            Event::ClientLeft { client } => {
                self.told.values_mut().for_each(|list| list.retain(|(other, _)| other != client));
            }
            Event::GraphSubmitted { piece, .. } => {
                self.touched.extend(piece.tasks.iter().filter(|new| new.wanted).map(|new| new.task));
            }
            Event::KeysWanted { tasks, .. } => self.touched.extend(tasks),
            Event::TasksRetried { client, tasks } => {
                // What it was told counts no longer: of errors, and of deadlines that passed for it while the task went on.
                for task in tasks {
                    let list = self.told.get_mut(task).into_iter().flatten();
                    let own = list.filter(|(other, told)| other == client && *told == Told::Erred);
                    own.for_each(|(_, told)| *told = Told::Nothing);
                }
                self.touched.extend(tasks);
            }
            _ => {}
        }
        for effect in turn.effects {
            match effect {
                Trace::Notified { client, task, notice } => self.noticed(turn, *client, *task, notice)?,
                Trace::Recorded(Record::Transition { task, from, to, .. }) => self.moved(turn, *task, *from, *to),
                _ => {}
            }
        }
        Ok(())
    }

    fn moved(&mut self, turn: &Turn, task: TaskId, from: State, to: State) {
        if from == State::Erred && matches!(turn.event, Event::TasksRetried { .. }) {
            let erred = self.told.get_mut(&task).into_iter().flatten();
            erred.filter(|(_, told)| *told == Told::Erred).for_each(|(_, told)| *told = Told::Nothing);
        }
        match to {
            State::Forgotten => drop(self.told.remove(&task)),
            _ => self.touched.push(task),
        }
    }

    fn noticed(&mut self, turn: &Turn, client: ClientId, task: TaskId, notice: &Notice) -> Result<(), Broken> {
        let list = self.told.entry(task).or_default();
        let place = list.iter().position(|(other, _)| *other == client);
        let before = place.map_or(Told::Nothing, |place| list[place].1);
        let now = match notice {
            Notice::InMemory { .. } => Told::InMemory,
            Notice::Erred { .. } => Told::Erred,
            Notice::Lost => {
                ensure!(
                    before == Told::InMemory,
                    "S21",
                    task,
                    "{client} is told that {task} is lost, after {before:?}"
                );
                Told::Nothing
            }
            Notice::Cancelled => {
                let asked = matches!(turn.event, Event::KeysCancelled { tasks, .. } if tasks.contains(&task));
                ensure!(asked, "X4", task, "{client} is told that {task} is cancelled, after {:?}", turn.event);
                self.forget(client, task);
                return Ok(());
            }
        };
        ensure!(before != now || now == Told::Nothing, "S21", task, "{client} is told of {task} twice: {notice:?}");
        match place {
            Some(place) => list[place].1 = now,
            None => list.push((client, now)),
        }
        self.touched.push(task);
        Ok(())
    }

    fn forget(&mut self, client: ClientId, task: TaskId) {
        if let Some(list) = self.told.get_mut(&task) {
            list.retain(|(other, _)| *other != client);
        }
    }

    /// Whoever wants a result was told what is true of it now.
    pub(super) fn end_step(&mut self, world: &World) -> Result<(), Broken> {
        for task in std::mem::take(&mut self.touched) {
            let state = told(world.scheduler().state_of(task));
            for client in world.scheduler().wanted_by(task) {
                let list = self.told.get(&task).map_or(&[][..], |list| list);
                let known = list.iter().find(|(other, _)| other == client).map_or(Told::Nothing, |(_, told)| *told);
                ensure!(known == state, "S21", task, "{client} was told {known:?} of {task}, which is {state:?}");
            }
        }
        Ok(())
    }

    /// X4, L5, while no message is under way: the clients themselves know what is true, and what they want is wanted.
    pub(super) fn compare(&self, world: &World) -> Result<(), Broken> {
        for client in world.clients().iter().filter(|client| client.is_here) {
            for (number, known) in &client.wants {
                let task = world.id_of(*number);
                let state = world.scheduler().state_of(task);
                if *known == Told::Erred && world.scheduler().has_passed_for(task, client.id) {
                    // Its deadline passed, and others needed the task: what became of it since, it is not told.
                    continue;
                }
                let is_wanted = world.scheduler().wanted_by(task).contains(&client.id);
                ensure!(is_wanted, "X4", task, "{} waits for {task}, which is {state:?} and not wanted", client.id);
                let state = told(state);
                let told = *known == state || state == Told::Nothing;
                ensure!(told, "L5", task, "{} knows {known:?} of {task}, which is {state:?}", client.id);
            }
        }
        Ok(())
    }
}

/// What a client must have been told of a result in this state.
fn told(state: Option<State>) -> Told {
    match state {
        Some(State::Memory) => Told::InMemory,
        Some(State::Erred) => Told::Erred,
        _ => Told::Nothing,
    }
}
