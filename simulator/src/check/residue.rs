//! X9, L6: when all clients have gone, nothing is left; and a worker that was asked to leave has left, or was told why not.

use super::Broken;
use crate::world::World;

/// Looks for what is left.
pub(super) fn check(world: &World) -> Result<(), Broken> {
    let left = |text: String| Err(Broken::new("X9", text));
    if !world.is_idle() {
        return left("something still goes on".into());
    }
    if let Some((task, state)) = world.scheduler().tasks().next() {
        let count = world.scheduler().counts().total();
        return Err(Broken::new("X9", format!("the scheduler knows {count} tasks, {task} as {state:?}")).task(task));
    }
    leavers(world)?;
    for view in world.scheduler().workers() {
        if (view.processing, view.seceded, view.held, view.nbytes, view.occupancy_nanos) != (0, 0, 0, 0, 0) {
            return left(format!("the scheduler has {view:?}"));
        }
    }
    for (id, host) in world.hosts() {
        let machine = host.machine();
        if !machine.is_empty() {
            let tasks: Vec<_> = machine.tasks().take(3).collect();
            let broken = Broken::new("X9", format!("{id} has {tasks:?} and {} orphans", machine.orphans()));
            return Err(tasks.iter().fold(broken, |broken, (task, _)| broken.task(*task)).worker(id));
        }
        if let Some((task, _)) = host.store().next() {
            return Err(Broken::new("X9", format!("{id} keeps the value of {task}")).task(task).worker(id));
        }
        if host.running() > 0 || host.nbytes() > 0 {
            return left(format!("{id} runs {} and holds {} bytes", host.running(), host.nbytes()));
        }
        if machine.next_timeout().is_some() {
            return left(format!("{id} waits for a moment"));
        }
    }
    if world.faults_kept() > 0 {
        return left(format!("{} errors are kept", world.faults_kept()));
    }
    match world.scheduler().next_timeout() {
        Some(time) => left(format!("the scheduler waits for {time:?}")),
        None => Ok(()),
    }
}

/// L6: while nothing goes on, nobody is about to leave. Whoever holds what others can take or compute again has left, and
/// whoever holds anything else has been told that it must stay.
pub(super) fn leavers(world: &World) -> Result<(), Broken> {
    match world.scheduler().workers().find(|view| view.retiring) {
        Some(view) => Err(Broken::new("L6", format!("{} is still to leave", view.worker)).worker(view.worker)),
        None => Ok(()),
    }
}
