//! W6: when a transfer has ended, well or not, none of its keys counts as under way in it any longer.

use super::{Broken, ensure};
use crate::world::{Trace, World};
use partita_protocol::worker::Event;
use partita_protocol::{TaskId, WorkerId};

/// Looks at the keys of a transfer that ended.
pub(super) fn check(world: &World, trace: &Trace) -> Result<(), Broken> {
    let Trace::Heard { worker, event } = trace else { return Ok(()) };
    match event {
        Event::GatherFailed { peer, tasks } => tasks.iter().try_for_each(|task| ended(world, *worker, *peer, *task)),
        Event::Gathered { peer, found, missing } => {
            let mut tasks = found.iter().map(|(task, _)| task).chain(missing);
            tasks.try_for_each(|task| ended(world, *worker, *peer, *task))
        }
        _ => Ok(()),
    }
}

/// It is here, asked for elsewhere, missing, computed, or not wanted. It may have been asked of the same peer anew only by
/// a transfer that began since.
fn ended(world: &World, worker: WorkerId, peer: WorkerId, task: TaskId) -> Result<(), Broken> {
    let Some(host) = world.host(worker) else { return Ok(()) };
    let is_asked = host.asked.get(&peer).is_some_and(|(_, tasks)| tasks.contains(&task));
    let is_in_flight = host.machine().sender_of(task) == Some(peer);
    ensure!(
        !is_in_flight || is_asked,
        "W6",
        task,
        "{worker} waits for {task} from {peer}, and that transfer has ended"
    );
    Ok(())
}
