//! Whom a task waits for: from the task down to what keeps it, by the scheduler's and the workers' word.

use crate::world::World;
use partita_protocol::telemetry::State;
use partita_protocol::{TaskId, WorkerId};

/// Steps of a chain, at the most.
const MOST_STEPS: usize = 40;

/// From the task down to what keeps it.
pub(super) fn chain(world: &World, task: TaskId) -> Vec<String> {
    let (mut lines, mut next) = (Vec::new(), Some(task));
    while let Some(task) = next.take() {
        if lines.len() > MOST_STEPS {
            lines.push("…".into());
            break;
        }
        let scheduler = world.scheduler();
        let name = world.universe().name(world.number_of(task));
        let Some(why) = scheduler.why(task) else {
            lines.push(format!("{name} ({task}) is not known to the scheduler"));
            break;
        };
        lines.push(format!("{name} ({task}): {why:?}"));
        if let Some((worker, _)) = scheduler.processing_on(task) {
            lines.extend(on_worker(world, worker, task));
        }
        if scheduler.state_of(task) == Some(State::Waiting) {
            let unfinished = |id: &&TaskId| scheduler.state_of(**id) != Some(State::Memory);
            next = scheduler.dependencies(task).iter().find(unfinished).copied();
        }
    }
    lines
}

/// What a worker says of a task that it has to run.
fn on_worker(world: &World, worker: WorkerId, task: TaskId) -> Vec<String> {
    let Some(host) = world.host(worker) else { return vec![format!("  {worker} is gone")] };
    let machine = host.machine();
    let state = machine.state_of(task);
    let mut lines = vec![format!(
        "  {worker}: {state:?} as {:?}, running {}, ready {}, transfers {}, paused {}, frozen {}, linked {}",
        machine.attempt_of(task),
        machine.executing(),
        machine.ready(),
        machine.transfers(),
        machine.is_paused(),
        host.is_frozen(),
        host.is_linked(),
    )];
    for input in world.scheduler().dependencies(task) {
        let holders = world.scheduler().holders(*input);
        lines.push(format!("    {input} is {:?} there, held by {holders:?}", machine.state_of(*input)));
    }
    lines
}
