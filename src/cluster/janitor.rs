//! The janitor: drops what others are done with, on a thread of its own.
//!
//! Dropping a large result takes long, and a user's `Drop` may do anything. So values and functions are handed over, and
//! dropped here with their panics caught. Small things are gathered first: waking a thread costs more than dropping them.

use parking_lot::{Condvar, Mutex};
use partita_graph::catch;
use partita_protocol::{Closed, Link};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long things may lie before they are dropped.
const NAP: Duration = Duration::from_millis(2);

#[derive(Default)]
struct Heap {
    things: Vec<Box<dyn Send>>,
    /// The janitor sleeps until somebody wakes him.
    asleep: bool,
    closed: bool,
    /// The janitor has dropped everything and goes.
    ended: bool,
}

type Room = (Mutex<Heap>, Condvar);

/// The way to the janitor.
#[derive(Clone)]
pub(crate) struct JanitorLink(Arc<Room>);

/// The janitor's thread.
pub(crate) struct Janitor {
    room: Arc<Room>,
    thread: Option<JoinHandle<()>>,
}

impl Janitor {
    pub(crate) fn start() -> std::io::Result<Self> {
        let room: Arc<Room> = Arc::default();
        let inside = room.clone();
        let thread = std::thread::Builder::new().name("partita-janitor".into()).spawn(move || work(&inside))?;
        Ok(Janitor { room, thread: Some(thread) })
    }

    pub(crate) fn link(&self) -> JanitorLink {
        JanitorLink(self.room.clone())
    }

    /// Drops what is left, and ends the thread; does not wait for a `Drop` that takes longer than `grace`.
    pub(crate) fn close(&mut self, grace: Duration) {
        self.room.0.lock().closed = true;
        self.room.1.notify_all();
        let Some(thread) = self.thread.take() else { return };
        let mut heap = self.room.0.lock();
        self.room.1.wait_while_for(&mut heap, |heap| !heap.ended, grace);
        let ended = heap.ended;
        drop(heap);
        if ended {
            drop(thread.join());
        }
    }
}

fn work(room: &Room) {
    let mut things = Vec::new();
    loop {
        {
            let mut heap = room.0.lock();
            while heap.things.is_empty() {
                if heap.closed {
                    heap.ended = true;
                    room.1.notify_all();
                    return;
                }
                heap.asleep = true;
                room.1.wait(&mut heap);
                heap.asleep = false;
            }
            if !heap.closed {
                // Whoever brings more meanwhile need not wake anybody.
                room.1.wait_for(&mut heap, NAP);
            }
            std::mem::swap(&mut things, &mut heap.things);
        }
        for thing in things.drain(..) {
            // A panic of a user's `Drop` concerns nobody any longer.
            drop(catch(move || drop(thing)));
        }
    }
}

impl Link<Box<dyn Send>> for JanitorLink {
    fn send(&self, thing: Box<dyn Send>) -> Result<(), Closed<Box<dyn Send>>> {
        let mut heap = self.0.0.lock();
        if heap.closed {
            drop(heap);
            return Err(Closed(thing));
        }
        heap.things.push(thing);
        let wake = std::mem::replace(&mut heap.asleep, false);
        drop(heap);
        if wake {
            self.0.1.notify_one();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// FAULTS T15.
    #[test]
    fn a_drop_that_panics_does_not_stop_the_janitor() {
        struct Say(std::sync::mpsc::Sender<std::thread::ThreadId>, bool);
        impl Drop for Say {
            fn drop(&mut self) {
                self.0.send(std::thread::current().id()).unwrap();
                assert!(!self.1, "a panic in a drop");
            }
        }
        let mut janitor = Janitor::start().unwrap();
        let (said, heard) = channel();
        for bad in [true, false] {
            janitor.link().send(Box::new(Say(said.clone(), bad))).unwrap();
        }
        drop(said);
        let threads: Vec<_> = heard.iter().collect();
        assert_eq!(threads.len(), 2);
        assert!(threads.iter().all(|thread| *thread != std::thread::current().id()));
        janitor.close(Duration::from_secs(5));
        assert!(janitor.link().send(Box::new(())).is_err());
    }
}
