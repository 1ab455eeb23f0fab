//! Which tasks something that happened is about, and how it is told.

use crate::universe::Number;
use crate::world::{Trace, about_order, about_report};
use partita_protocol::TaskId;
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::Record;
use partita_protocol::worker::{self, Order, Report};

/// Whether this is about the task.
pub(super) fn mentions(trace: &Trace, number: Number) -> bool {
    let is = |task: &TaskId| task.index() as Number == number;
    match trace {
        Trace::Told(event) => match event {
            Event::GraphSubmitted { piece, .. } => {
                piece.tasks.iter().any(|new| is(&new.task)) || piece.withdrawn.iter().any(|(task, _)| is(task))
            }
            Event::KeysWanted { tasks, .. }
            | Event::KeysReleased { tasks, .. }
            | Event::KeysCancelled { tasks, .. }
            | Event::TasksRetried { tasks, .. }
            | Event::CopiesAsked { tasks, .. } => tasks.iter().any(is),
            Event::DataScattered { tasks, .. } => tasks.iter().any(|(task, _)| is(task)),
            Event::WorkerReported { report, .. } => reports(report, number),
            Event::WorkerJoined { .. } | Event::WorkerLost { .. } | Event::ClientLeft { .. } => true,
            _ => false,
        },
        Trace::Ordered { order, .. } => orders(order, number),
        Trace::Heard { event, .. } => match event {
            worker::Event::Ordered(order) => orders(order, number),
            worker::Event::Executed { task, .. } | worker::Event::Seceded { task, .. } => is(task),
            worker::Event::Gathered { found, missing, .. } => {
                found.iter().any(|(task, _)| is(task)) || missing.iter().any(is)
            }
            worker::Event::GatherFailed { tasks, .. } => tasks.iter().any(is),
            worker::Event::Vanished { tasks } => tasks.iter().any(is),
            worker::Event::DataPut { tasks } => tasks.iter().any(|(task, _)| is(task)),
            _ => false,
        },
        Trace::Reported { report, .. } => reports(report, number),
        Trace::Started { task, .. } | Trace::Ended { task, .. } | Trace::Holds { task, .. } => is(task),
        Trace::Notified { task, .. } => is(task),
        Trace::Learned { number: learned, .. } => *learned == number,
        Trace::Recorded(Record::Transition { task, .. }) => is(task),
        Trace::Came(_) | Trace::Died(_) => true,
        _ => false,
    }
}

fn orders(order: &Order, number: Number) -> bool {
    let is = |task: TaskId| task.index() as Number == number;
    let is_input = match order {
        Order::Compute(assignment) => assignment.inputs.iter().any(|input| is(input.task)),
        _ => false,
    };
    let mut is_about = is_input;
    about_order(order, |task| is_about |= is(task));
    is_about
}

fn reports(report: &Report, number: Number) -> bool {
    let mut is_about = false;
    about_report(report, |task| is_about |= task.index() as Number == number);
    is_about
}

/// How it is told. A graph is told by its tasks' number, or by the task of the story.
pub(super) fn line(trace: &Trace, of: Option<Number>) -> String {
    match trace {
        Trace::Told(Event::GraphSubmitted { client, piece }) => {
            let own = piece.tasks.iter().find(|new| Some(new.task.index() as Number) == of);
            match own {
                Some(new) => {
                    let range = new.dependencies.start as usize..new.dependencies.end as usize;
                    let inputs = piece.dependencies.get(range);
                    format!("scheduler: {client} submits {} tasks, among them {new:?} of {inputs:?}", piece.tasks.len())
                }
                None => format!("scheduler: {client} submits {} tasks", piece.tasks.len()),
            }
        }
        Trace::Told(event) => format!("scheduler is told {event:?}"),
        Trace::Ordered { worker, order } => format!("  orders {worker}: {order:?}"),
        Trace::Heard { worker, event } => format!("{worker} is told {event:?}"),
        Trace::Reported { worker, report } => format!("  {worker} reports {report:?}"),
        Trace::Recorded(Record::Transition { task, from, to, .. }) => format!("  {task}: {from:?} -> {to:?}"),
        Trace::Notified { client, task, notice } => format!("  tells {client} of {task}: {notice:?}"),
        Trace::Learned { client, number, notice } => format!("{client} learns of {number}: {notice:?}"),
        other => format!("  {other:?}"),
    }
}
