//! What the scheduler answers when it is asked why, or how many workers there should be, is true of the state it is in.

use super::{Broken, ensure};
use crate::world::World;
use partita_protocol::TaskId;
use partita_protocol::telemetry::State;
use partita_scheduler::machine::Why;

/// Tasks that are asked about at a time, at the most.
const ASKED: usize = 20;

/// Asks about some tasks, and about the work that is there.
pub(super) fn check(world: &World) -> Result<(), Broken> {
    let (scheduler, placement) = (world.scheduler(), world.settings.scheduler.placement);
    let mut tasks: Vec<(TaskId, State)> = scheduler.tasks().collect();
    tasks.sort_unstable_by_key(|(task, _)| *task);
    let links = tasks.iter().map(|(task, _)| scheduler.dependents(*task).len()).sum::<usize>();
    if links != scheduler.edges() {
        return Err(Broken::new("S4", format!("{links} tasks depend on others, not {}", scheduler.edges())));
    }
    let every = tasks.len().div_ceil(ASKED).max(1);
    for (task, state) in tasks.into_iter().step_by(every) {
        let report = scheduler.why_report(task, |_| None, |_| None);
        let why = report.as_ref().map(|report| &report.state);
        ensure!(why.is_some_and(|why| is_true(world, task, state, why)), "S24", task, "{task} is {state:?}: {why:?}");
        let copies = scheduler.copies_are_there(task);
        let can_be_there = !matches!(state, State::Waiting | State::Queued | State::NoWorker | State::Processing);
        let text = "no copy of its result is to come";
        ensure!(!copies || can_be_there, "S9", task, "{task} is {state:?}, and {text}");
        let candidates = scheduler.candidates(task);
        let is_sorted = candidates.is_sorted_by_key(|(worker, cost)| placement.weight(cost, *worker));
        ensure!(is_sorted, "S24", task, "{task} could go to {candidates:?}");
    }
    for view in scheduler.workers() {
        let (leaves, moved) = (scheduler.is_retiring(view.worker), scheduler.results_moved(view.worker));
        let to_move = scheduler.results_to_move(view.worker);
        if !leaves && (to_move > 0 || moved > 0) {
            let text = format!("{} stays, and {to_move} results are to be moved from it", view.worker);
            return Err(Broken::new("S9", text).worker(view.worker));
        }
    }
    if scheduler.copies_under_way() == 0 && scheduler.moves_under_way() > 0 {
        return Err(Broken::new("S9", "results are moved, and no copy is under way".into()));
    }
    let demand = scheduler.demand();
    let busy = scheduler.counts().of(State::Processing) + scheduler.counts().of(State::Queued);
    let tasks = busy + scheduler.counts().of(State::NoWorker);
    match demand.tasks == tasks {
        true => Ok(()),
        false => Err(Broken::new("S16", format!("{demand:?}, and {tasks} tasks run or could run"))),
    }
}

/// Whether an answer is true.
fn is_true(world: &World, task: TaskId, state: State, why: &Why) -> bool {
    let scheduler = world.scheduler();
    match why {
        Why::NotNeeded => state == State::Released,
        Why::DataExpected | Why::BackingOff { .. } => state == State::Waiting,
        Why::Waiting { missing } => {
            let is_missing = |task: &TaskId| scheduler.state_of(*task).is_some_and(|state| state != State::Memory);
            state == State::Waiting && !missing.is_empty() && missing.iter().all(is_missing)
        }
        Why::Queued { ahead, workers, .. } => {
            let queued = scheduler.counts().of(State::Queued);
            state == State::Queued && *ahead < queued && workers.len() == scheduler.workers().count()
        }
        Why::NoWorker { since, .. } => state == State::NoWorker && *since <= world.now(),
        Why::Processing { worker, attempt, .. } => {
            state == State::Processing && scheduler.processing_on(task) == Some((*worker, *attempt))
        }
        Why::InMemory { holders } => state == State::Memory && *holders == scheduler.holders(task),
        Why::Erred { .. } => state == State::Erred,
        _ => false,
    }
}
