//! Mail to the scheduler that waits: two lanes, of which one goes first.
//!
//! Who comes, who is gone, and what is cancelled does not wait behind the work of others. Nothing overtakes what the same
//! client or worker said before and what it builds on: a worker's loss stays behind its reports, as what it has done is done,
//! a join behind the losses that wait, and a client's cancellation behind the graphs, releases and retries of that client.
//!
//! How much waits is bounded by who sends: a worker's reports by the tasks that it was handed, which saturation bounds, and a
//! client's graphs by what its program made. A graph comes in pieces, one in each turn of its client.

use partita_protocol::message::{Submission, ToScheduler};
use partita_protocol::{ClientId, Closed, WorkerId};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The mail of a scheduler, shared by its actor and all who write to it.
#[derive(Clone, Default)]
pub(super) struct Lanes(Arc<Mutex<Waiting>>);

/// Mail that waits.
#[derive(Default)]
struct Waiting {
    /// Goes first.
    urgent: VecDeque<ToScheduler>,
    /// All else.
    usual: VecDeque<ToScheduler>,
    /// How many messages of each client and each worker are among the usual ones.
    senders: FxHashMap<Sender, usize>,
    /// How many losses of workers are among the usual ones.
    losses: usize,
    /// Whether the actor was woken, and has not found the lanes empty since.
    awake: bool,
    /// Whether the actor is gone.
    closed: bool,
}

/// Whose words must not be overtaken by its own later ones.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Sender {
    Client(ClientId),
    Worker(WorkerId),
}

/// Who says this, of what a cancellation or a loss must not overtake.
fn sender_of(message: &ToScheduler) -> Option<Sender> {
    let client = match message {
        ToScheduler::Reported { worker, .. }
        | ToScheduler::WorkerJoined { worker, .. }
        | ToScheduler::WorkerLost { worker, .. } => return Some(Sender::Worker(*worker)),
        ToScheduler::Submit(Submission { client, .. })
        | ToScheduler::Release { client, .. }
        | ToScheduler::Cancel { client, .. }
        | ToScheduler::Retry { client, .. }
        | ToScheduler::ClientLeft { client } => *client,
        ToScheduler::Scatter(scatter) => scatter.client,
        _ => return None,
    };
    Some(Sender::Client(client))
}

impl Waiting {
    /// Whether a message goes first.
    fn is_urgent(&self, message: &ToScheduler) -> bool {
        match message {
            ToScheduler::ClientJoined { .. } => true,
            // A place's next worker comes after the last one is gone.
            ToScheduler::WorkerJoined { .. } => self.losses == 0,
            ToScheduler::WorkerLost { worker, .. } => !self.senders.contains_key(&Sender::Worker(*worker)),
            ToScheduler::Cancel { client, .. } => !self.senders.contains_key(&Sender::Client(*client)),
            _ => false,
        }
    }

    /// The next message.
    fn next(&mut self) -> Option<ToScheduler> {
        if let Some(message) = self.urgent.pop_front() {
            return Some(message);
        }
        let message = self.usual.pop_front()?;
        self.losses -= usize::from(matches!(message, ToScheduler::WorkerLost { .. }));
        if let Some(sender) = sender_of(&message)
            && let Some(count) = self.senders.get_mut(&sender)
        {
            *count -= 1;
            if *count == 0 {
                self.senders.remove(&sender);
            }
        }
        Some(message)
    }
}

impl Lanes {
    /// A thread that panicked while it held the lock left the lanes whole: nothing in between can panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message into its lane. True if the actor has to be woken.
    ///
    /// # Errors
    /// The message, if the actor is gone.
    pub(super) fn put(&self, message: ToScheduler) -> Result<bool, Closed<ToScheduler>> {
        let mut waiting = self.lock();
        if waiting.closed {
            drop(waiting);
            return Err(Closed(message));
        }
        if waiting.is_urgent(&message) {
            waiting.urgent.push_back(message);
        } else {
            waiting.losses += usize::from(matches!(message, ToScheduler::WorkerLost { .. }));
            if let Some(sender) = sender_of(&message) {
                *waiting.senders.entry(sender).or_default() += 1;
            }
            waiting.usual.push_back(message);
        }
        Ok(!std::mem::replace(&mut waiting.awake, true))
    }

    /// The next message for the actor. After a `None` it has to be woken again.
    pub(super) fn next(&self) -> Option<ToScheduler> {
        let mut waiting = self.lock();
        let message = waiting.next();
        waiting.awake = message.is_some();
        message
    }

    /// Whether the actor was woken and has not found them empty since.
    #[cfg(test)]
    pub(super) fn are_awake(&self) -> bool {
        self.lock().awake
    }
}

/// The actor's hold on its lanes: they end with it.
pub(super) struct Reader(pub(super) Lanes);

impl Drop for Reader {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        let left = (std::mem::take(&mut waiting.urgent), std::mem::take(&mut waiting.usual));
        // Whoever is told by the end of a message may write again.
        drop(waiting);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::message::ToWorker;
    use partita_protocol::scheduler::WorkerInfo;
    use partita_protocol::{Begun, Link, LossCause, Resources, TaskId};

    /// The way to a worker that is not there.
    struct Nobody;

    impl Link<ToWorker> for Nobody {
        fn send(&self, message: ToWorker) -> Result<(), Closed<ToWorker>> {
            Err(Closed(message))
        }
    }

    /// A word for each message that waits, in the order in which they come.
    fn order(messages: impl IntoIterator<Item = ToScheduler>) -> String {
        let lanes = Lanes::default();
        let mut woken = 0;
        for message in messages {
            woken += usize::from(lanes.put(message).unwrap_or(false));
        }
        assert_eq!(woken, 1, "it is woken once");
        let word = |message| match message {
            ToScheduler::Release { client, .. } => format!("r{}", client.0),
            ToScheduler::Cancel { client, .. } => format!("c{}", client.0),
            ToScheduler::WorkerLost { worker, .. } => format!("l{}", worker.0),
            ToScheduler::Reported { worker, .. } => format!("f{}", worker.0),
            ToScheduler::WorkerJoined { worker, .. } => format!("j{}", worker.0),
            _ => "?".into(),
        };
        let words: Vec<String> = std::iter::from_fn(|| lanes.next()).map(word).collect();
        assert!(lanes.lock().senders.is_empty());
        words.join(" ")
    }

    fn release(client: u32) -> ToScheduler {
        ToScheduler::Release { client: ClientId(client), tasks: Vec::new() }
    }

    fn cancel(client: u32) -> ToScheduler {
        ToScheduler::Cancel { client: ClientId(client), tasks: vec![TaskId::new(0, 0)], force: false }
    }

    fn lost(worker: u32) -> ToScheduler {
        ToScheduler::WorkerLost {
            worker: WorkerId(worker),
            cause: LossCause::Died("gone".into()),
            begun: Begun::none(),
        }
    }

    fn reported(worker: u32) -> ToScheduler {
        ToScheduler::Reported { worker: WorkerId(worker), reports: Vec::new(), failures: Vec::new() }
    }

    fn joined(worker: u32) -> ToScheduler {
        let info = WorkerInfo {
            name: "worker".into(),
            host: "here".into(),
            threads: 1,
            memory_limit: 0,
            resources: Resources::default(),
        };
        ToScheduler::WorkerJoined { worker: WorkerId(worker), info, link: Arc::new(Nobody) }
    }

    /// FAULTS M15: what must not wait overtakes others, and nothing that its sender said before.
    #[test]
    fn cancellations_and_losses_go_first_and_nobody_overtakes_oneself() {
        assert_eq!(order([release(0), release(0), cancel(1), lost(0), lost(1)]), "c1 l0 l1 r0 r0");
        assert_eq!(order([release(0), release(1), cancel(1), cancel(1), release(1)]), "r0 r1 c1 c1 r1");
        assert_eq!(order([cancel(0), release(0)]), "c0 r0");
        assert_eq!(order([release(0), reported(1), lost(1), lost(0)]), "l0 r0 f1 l1", "what it has done is done");
        assert_eq!(order([release(0), reported(1), lost(1), joined(2), lost(2)]), "r0 f1 l1 j2 l2");
        assert_eq!(order([release(0), lost(1), joined(2), lost(2)]), "l1 j2 l2 r0");
    }

    #[test]
    fn lanes_end_with_their_reader_and_wake_it_once_for_each_rest() {
        let lanes = Lanes::default();
        let reader = Reader(lanes.clone());
        assert!(lanes.put(release(0)).unwrap_or(false) && !lanes.put(release(0)).unwrap_or(true));
        assert!(lanes.next().is_some() && !lanes.put(lost(0)).unwrap_or(true));
        while lanes.next().is_some() {}
        assert!(lanes.put(release(0)).unwrap_or(false), "it has rested");
        drop(reader);
        assert!(lanes.put(release(0)).is_err() && lanes.lock().usual.is_empty());
    }
}
