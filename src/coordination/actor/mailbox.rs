//! An actor's mailbox: its calls in order, and its state, which one thread at a time takes out to run them.
//!
//! Calls run in *turns*. A turn is a task that may run only on the worker that made the state, before any other task
//! there; it runs the calls that wait, one after the other. There is one turn at a time, asked for when a call comes and
//! none is under way. A worker that is started again is another worker: the state is gone with the first.

use super::error::ActorError;
use crate::client::Client;
use crate::coordination::service::{CoordinationLink, Mail, Mourner};
use parking_lot::Mutex;
use partita_collections::call::Callable;
use partita_collections::future::State as CellState;
use partita_graph::{RunError, TaskOptions};
use partita_protocol::WorkerId;
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

/// How many calls one turn runs; then other tasks of the worker have a chance.
const CALLS: usize = 256;

thread_local! {
    /// The mailbox whose call runs on this thread.
    static CALLING: Cell<usize> = const { Cell::new(0) };
}

/// A call that waits.
pub(super) trait Call<S>: Send {
    /// Runs it.
    fn run(self: Box<Self>, state: &mut S);

    /// Says that it will not run.
    fn fail(&mut self, error: ActorError);
}

/// Where the state is.
enum Stage<S> {
    /// It is being made.
    New,
    /// It waits for calls.
    Idle { worker: WorkerId, state: Box<S> },
    /// A turn has it.
    Busy { worker: WorkerId },
    /// It is gone.
    Lost(ActorError),
}

struct Inner<S> {
    calls: VecDeque<Box<dyn Call<S>>>,
    stage: Stage<S>,
    /// Whether a turn was asked for that has not ended.
    turn: bool,
    /// The name of the worker that holds the state.
    worker: Arc<str>,
}

/// An actor's mailbox.
pub(super) struct Mailbox<S> {
    inner: Mutex<Inner<S>>,
    pub(super) name: Arc<str>,
    pub(super) client: Client,
    link: Option<CoordinationLink>,
}

impl<S: Send + 'static> Mailbox<S> {
    /// The mailbox of an actor whose state `make` makes on some worker.
    pub(super) fn start(client: &Client, name: String, make: impl Fn() -> S + Send + Sync + 'static) -> Arc<Self> {
        let inner = Inner { calls: VecDeque::new(), stage: Stage::New, turn: true, worker: "".into() };
        let (link, client) = (client.coordination(), client.impure());
        let mailbox = Arc::new(Mailbox { inner: Mutex::new(inner), name: name.into(), client, link });
        mailbox.submit(&mailbox.client, Birth { mailbox: mailbox.clone(), make });
        mailbox
    }

    /// Puts a call at the end of the line.
    pub(super) fn push(self: &Arc<Self>, mut call: Box<dyn Call<S>>) {
        let mut inner = self.inner.lock();
        if let Stage::Lost(error) = &inner.stage {
            let error = error.clone();
            drop(inner);
            return call.fail(error);
        }
        inner.calls.push_back(call);
        let idle = !std::mem::replace(&mut inner.turn, true);
        drop(inner);
        if idle {
            self.ask_for_turn();
        }
    }

    /// Whether this thread runs a call of this actor.
    pub(super) fn is_calling(&self) -> bool {
        CALLING.get() == self.address()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn ask_for_turn(self: &Arc<Self>) {
        let worker = self.inner.lock().worker.clone();
        let options = TaskOptions::new().priority(i32::MAX).workers([worker.as_ref()]);
        self.submit(&self.client.with_options(options), ActorCalls { mailbox: self.clone() });
    }

    /// Runs a task of the actor; if it fails, the actor is lost.
    fn submit(self: &Arc<Self>, client: &Client, task: impl Callable<(), Output = ()>) {
        let future = client.submit(task, ());
        client.fire_and_forget(&future);
        let mailbox = self.clone();
        future.cell().on_end(Box::new(move |state| {
            let (actor, key) = (mailbox.name.clone(), "an actor's turn");
            match state {
                CellState::Pending | CellState::Finished => {}
                CellState::Erred(cause) => mailbox.lose(ActorError::NotMade { actor, cause: cause.clone() }),
                CellState::Ended(cause) => mailbox.lose(ActorError::Ended { actor, cause: cause.clone() }),
                CellState::Cancelled(reason) => {
                    let cause = RunError::Cancelled { key: partita_graph::Key::named(key), reason: reason.clone() };
                    mailbox.lose(ActorError::Ended { actor, cause });
                }
            }
        }));
    }

    /// The state was made on a worker, which holds it from now on; the calls that came meanwhile run at once.
    fn born(self: &Arc<Self>, state: S) {
        let (Some((running, _)), Some(link)) = (partita_worker::actor::current(), &self.link) else { return };
        let worker = running.worker;
        let mut inner = self.inner.lock();
        match &inner.stage {
            Stage::New => {
                inner.stage = Stage::Idle { worker, state: Box::new(state) };
                inner.worker = link.name_of(worker);
            }
            // It was made before, on a worker that died right then.
            Stage::Idle { .. } | Stage::Busy { .. } | Stage::Lost(_) => {
                drop(inner);
                return self.lost();
            }
        }
        drop(inner);
        let weak: Weak<Self> = Arc::downgrade(self);
        link.send(Mail::Watch { worker, mourner: weak });
        self.turn();
    }

    /// Runs the calls that wait, in order.
    fn turn(self: &Arc<Self>) {
        let Some(mut state) = self.take_state() else { return };
        let before = CALLING.replace(self.address());
        let mut again = true;
        for _ in 0..CALLS {
            let call = self.inner.lock().calls.pop_front();
            match call {
                Some(call) => call.run(&mut state),
                None => {
                    again = false;
                    break;
                }
            }
        }
        CALLING.set(before);
        if self.put_state(state, again) {
            self.ask_for_turn();
        }
    }

    /// Takes the state out for a turn, if it is this thread's worker that holds it.
    fn take_state(&self) -> Option<Box<S>> {
        let (running, _) = partita_worker::actor::current()?;
        let mut inner = self.inner.lock();
        let holder = match &inner.stage {
            Stage::Idle { worker, .. } | Stage::Busy { worker } => *worker,
            Stage::New | Stage::Lost(_) => return None,
        };
        if holder != running.worker {
            drop(inner);
            self.lost();
            return None;
        }
        match std::mem::replace(&mut inner.stage, Stage::Busy { worker: holder }) {
            Stage::Idle { state, .. } => Some(state),
            _ => None,
        }
    }

    /// Puts the state back after a turn, unless the actor was lost meanwhile. True if there is more to do.
    fn put_state(&self, state: Box<S>, again: bool) -> bool {
        let mut inner = self.inner.lock();
        let Stage::Busy { worker } = inner.stage else { return false };
        inner.stage = Stage::Idle { worker, state };
        // A call may have come between the last look and now.
        inner.turn = again || !inner.calls.is_empty();
        inner.turn
    }

    /// The actor is gone: every call that waits, and every later one, is told why.
    fn lose(&self, error: ActorError) {
        let mut inner = self.inner.lock();
        if matches!(inner.stage, Stage::Lost(_)) {
            return;
        }
        let stage = std::mem::replace(&mut inner.stage, Stage::Lost(error.clone()));
        let mut calls = std::mem::take(&mut inner.calls);
        drop(inner);
        calls.iter_mut().for_each(|call| call.fail(error.clone()));
        let waste = (calls, stage);
        if let Some(link) = &self.link {
            // The janitor drops what the user made.
            drop(link.garbage.send(Box::new(waste)));
        }
    }
}

impl<S: Send + 'static> Mourner for Mailbox<S> {
    fn lost(&self) {
        let worker = self.inner.lock().worker.clone();
        self.lose(ActorError::WorkerLost { actor: self.name.clone(), worker });
    }
}

/// The task that makes the state.
struct Birth<S, F> {
    mailbox: Arc<Mailbox<S>>,
    make: F,
}

impl<S, F> Callable<()> for Birth<S, F>
where
    S: Send + 'static,
    F: Fn() -> S + Send + Sync + 'static,
{
    type Output = ();

    fn invoke(&self, (): ()) {
        self.mailbox.born((self.make)());
    }
}

/// The task that runs the calls that wait.
struct ActorCalls<S> {
    mailbox: Arc<Mailbox<S>>,
}

impl<S: Send + 'static> Callable<()> for ActorCalls<S> {
    type Output = ();

    fn invoke(&self, (): ()) {
        self.mailbox.turn();
    }
}
