//! The readable form of a report.

use super::{Because, Bid, Candidate, Decision, Deed, Names, Obstacle, Tale, Why, WhyReport};
use crate::fault::{Cause, LossCause};
use crate::ids::{TaskId, WorkerId};
use crate::time::Time;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Names that a list shows; of the others only the number is told.
const SHOWN: usize = 5;

impl Display for WhyReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.key)?;
        if let Some(place) = &self.place {
            write!(f, " ({place})")?;
        }
        f.write_str(": ")?;
        self.names.state(f, &self.state)?;
        for decision in &self.history {
            write!(f, "\n  {} ", Seconds(decision.time))?;
            self.names.decision(f, decision)?;
        }
        Ok(())
    }
}

/// A moment, as seconds with microseconds.
struct Seconds(Time);

impl Display for Seconds {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6} s", self.0.as_secs_f64())
    }
}

impl Names {
    /// Writes a decision with its reason in words.
    ///
    /// # Errors
    /// Those of the formatter.
    pub fn decision(&self, f: &mut Formatter<'_>, decision: &Decision) -> fmt::Result {
        self.deed(f, &decision.deed)?;
        f.write_str(", because ")?;
        self.because(f, &decision.because, decision.task)?;
        if let Deed::Placed { bids, .. } = &decision.deed {
            bids.iter().try_for_each(|bid| self.bid(f, bid))?;
        }
        Ok(())
    }

    fn task(&self, task: TaskId) -> String {
        self.tasks.get(&task).map_or_else(|| task.to_string(), |key| format!("`{key}`"))
    }

    fn worker(&self, worker: WorkerId) -> String {
        self.workers.get(&worker).map_or_else(|| format!("worker {worker}"), |name| format!("worker `{name}`"))
    }

    fn state(&self, f: &mut Formatter<'_>, state: &Why) -> fmt::Result {
        match state {
            Why::NotNeeded => f.write_str("nobody wants it, and nothing that is to be computed depends on it"),
            Why::DataExpected => f.write_str("it is data that was announced and is not there yet"),
            Why::Waiting { missing } => {
                f.write_str("it waits for ")?;
                list(f, missing.iter().map(|task| self.task(*task)))
            }
            Why::BackingOff { until } => write!(f, "it failed, and is run again at {}", Seconds(*until)),
            Why::Queued { ahead, workers, .. } => {
                write!(f, "it waits for a free thread or free resources; {ahead} tasks are ahead of it")?;
                self.candidates(f, workers)
            }
            Why::NoWorker { until, needs, workers, .. } => {
                write!(f, "no running worker may run it: it needs {needs}")?;
                self.candidates(f, workers)?;
                until.map_or(Ok(()), |until| write!(f, "; it is given up at {}", Seconds(until)))
            }
            Why::Processing { worker, attempt, seceded } => {
                let state = if *seceded { "waits there for tasks of its own" } else { "runs or is next there" };
                write!(f, "{} has it (assignment {attempt}): it {state}", self.worker(*worker))
            }
            Why::InMemory { holders } => {
                f.write_str("it has run; its result is held by ")?;
                list(f, holders.iter().map(|holder| self.worker(*holder)))
            }
            Why::Erred { blame, cause } => self.failure(f, *blame, cause),
            Why::Forgotten => f.write_str("it is no longer known: nothing needs it"),
        }
    }

    fn candidates(&self, f: &mut Formatter<'_>, workers: &[Candidate]) -> fmt::Result {
        if workers.is_empty() {
            return f.write_str("; there is no worker");
        }
        f.write_str("; ")?;
        list(f, workers.iter().map(|candidate| format!("{} {}", self.worker(candidate.worker), candidate.obstacle)))
    }

    fn deed(&self, f: &mut Formatter<'_>, deed: &Deed) -> fmt::Result {
        match deed {
            Deed::Needed { missing: 0 } => f.write_str("it is needed, and nothing is missing"),
            Deed::Needed { missing: 1 } => f.write_str("it is needed, and waits for an input"),
            Deed::Needed { missing } => write!(f, "it is needed, and waits for {missing} inputs"),
            Deed::Queued => f.write_str("it waits for a free thread or free resources"),
            Deed::NoWorker { needs } => write!(f, "no running worker may run it, as it needs {needs}"),
            Deed::Placed { worker, attempt, .. } => {
                write!(f, "it was given to {} (assignment {attempt})", self.worker(*worker))
            }
            Deed::StealAsked { from, to, gain_nanos, transfer_nanos } => {
                write!(f, "{} was asked to give it back for {}, where it ", self.worker(*from), self.worker(*to))?;
                match u64::MAX - gain_nanos {
                    // A worker that starts nothing new would keep it for ever.
                    less if less < u64::MAX / 2 => f.write_str("starts")?,
                    _ => write!(f, "starts {:?} earlier", Duration::from_nanos(*gain_nanos))?,
                }
                match transfer_nanos {
                    0 => f.write_str(" (its inputs are there)"),
                    nanos => write!(f, " (its inputs take {:?} to get there)", Duration::from_nanos(*nanos)),
                }
            }
            Deed::TakenBack { worker, attempt } => {
                write!(f, "it was taken back from {} (assignment {attempt})", self.worker(*worker))
            }
            Deed::Retried { left, delay } => {
                write!(f, "it is run again after {delay:?}, {left} times more at the most")
            }
            Deed::InMemory { worker, nbytes } => {
                write!(f, "its result of {nbytes} bytes is held by {}", self.worker(*worker))
            }
            Deed::Lost => f.write_str("the last copy of its result is lost"),
            Deed::Freed => f.write_str("its result was freed, as nothing needs it"),
            Deed::Dropped => f.write_str("it is not run, as nothing needs it"),
            Deed::Erred { blame, cause } => self.failure(f, *blame, cause),
            Deed::Revived => f.write_str("it may run again"),
            Deed::Forgotten => f.write_str("it was forgotten, as nothing depends on it"),
        }
    }

    fn deaths(
        &self,
        f: &mut Formatter<'_>,
        before: &[(WorkerId, LossCause)],
        (last, cause): (WorkerId, &LossCause),
    ) -> fmt::Result {
        before.iter().try_for_each(|(worker, cause)| write!(f, "; {}: {cause}", self.worker(*worker)))?;
        write!(f, "; the last of them {}: {cause}", self.worker(last))
    }

    fn failure(&self, f: &mut Formatter<'_>, blame: TaskId, cause: &Cause) -> fmt::Result {
        write!(f, "it failed, because {} ", self.task(blame))?;
        match cause {
            Cause::Reported(_) => f.write_str("did"),
            Cause::WorkersDied { deaths, last, cause, before } => {
                write!(f, "was running on {deaths} workers that died")?;
                self.deaths(f, before, (*last, cause))
            }
            Cause::NeverBegan { deaths, last, cause, before } => {
                write!(f, "had not begun on {deaths} workers that died with nothing running")?;
                self.deaths(f, before, (*last, cause))
            }
            Cause::Unsatisfiable { needs, best } => write!(f, "needs {needs}, and the best that there is is {best}"),
            Cause::NoWorkers { waited, full: 0 } => write!(f, "found no worker in {waited:?}"),
            Cause::NoWorkers { waited, full } => {
                write!(f, "found no worker in {waited:?}, as the memory of {full} is full")
            }
            Cause::TimedOut { limit } => write!(f, "ran for longer than {limit:?}"),
            Cause::DeadlinePassed { limit } => write!(f, "was not there after {limit:?}"),
            Cause::DataLost => f.write_str("is data that was lost with its worker"),
            Cause::TooLarge { needs, limit } => {
                write!(f, "takes {needs} bytes, and the largest worker that may run it can hold {limit}")
            }
        }
    }

    fn because(&self, f: &mut Formatter<'_>, because: &Because, own: TaskId) -> fmt::Result {
        match because {
            Because::Submitted(client) => write!(f, "client {client} handed in tasks"),
            Because::Wanted(client) => write!(f, "client {client} wants results"),
            Because::Released(client) => write!(f, "client {client} no longer wants results"),
            Because::Cancelled(client) => write!(f, "client {client} cancelled results"),
            Because::ClientLeft(client) => write!(f, "client {client} left"),
            Because::RetryAsked(client) => write!(f, "client {client} asked to run failed tasks again"),
            Because::DataPut(worker) => write!(f, "data was put on {}", self.worker(*worker)),
            Because::WorkerJoined(worker) => write!(f, "{} came", self.worker(*worker)),
            Because::WorkerLost { worker, cause } => write!(f, "{} is gone: {cause}", self.worker(*worker)),
            Because::RetirementAsked(worker) => write!(f, "{} was asked to leave", self.worker(*worker)),
            Because::CopiesAsked => f.write_str("results are spread over the workers anew"),
            Because::Reported { worker, task, tale } => {
                let task = if *task == own { "it".into() } else { self.task(*task) };
                write!(f, "{task} {tale} on {}", self.worker(*worker))
            }
            Because::Copied(worker) => write!(f, "{} got copies of results", self.worker(*worker)),
            Because::Missing { holder } => write!(f, "{} did not have results", self.worker(*holder)),
            Because::Orphaned(worker) => {
                write!(f, "tasks that nobody waits for took threads of {}, or gave them back", self.worker(*worker))
            }
            Because::Paused(worker) => write!(f, "{} was paused", self.worker(*worker)),
            Because::Resumed(worker) => write!(f, "{} starts tasks again", self.worker(*worker)),
            Because::TimePassed => f.write_str("the time had come"),
        }
    }

    fn bid(&self, f: &mut Formatter<'_>, bid: &Bid) -> fmt::Result {
        let Bid { worker, wait_nanos, transfer_nanos, missing_bytes, short_of_memory } = bid;
        let (wait, transfer) = (Duration::from_nanos(*wait_nanos), Duration::from_nanos(*transfer_nanos));
        write!(f, "\n    {}: {wait:?} until a thread is free", self.worker(*worker))?;
        if *transfer_nanos > 0 {
            write!(f, ", {transfer:?} to move {missing_bytes} bytes")?;
        }
        f.write_str(if *short_of_memory { ", and not enough memory" } else { "" })
    }
}

impl Display for Obstacle {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Obstacle::Paused => "is paused",
            Obstacle::Retiring => "is to leave",
            Obstacle::Unsuited => "may not run it",
            Obstacle::ResourcesTaken => "has its resources taken",
            Obstacle::HeldBack => "holds its resources back for others that have waited for long",
            Obstacle::Busy => "is busy",
        })
    }
}

impl Display for Tale {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tale::Finished => "ended",
            Tale::Failed => "failed",
            Tale::Rescheduled => "asked to be run elsewhere",
            Tale::Seceded => "gave its thread back",
            Tale::TimedOut => "ran for too long",
            Tale::GivenBack => "was given back",
            Tale::Kept => "had started, and stayed",
        })
    }
}

/// A list with the first few in full.
fn list(f: &mut Formatter<'_>, mut items: impl ExactSizeIterator<Item = String>) -> fmt::Result {
    let more = items.len().saturating_sub(SHOWN);
    let names: Vec<String> = items.by_ref().take(SHOWN).collect();
    f.write_str(&names.join(", "))?;
    if more > 0 { write!(f, " and {more} more") } else { Ok(()) }
}
