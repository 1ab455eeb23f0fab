//! The thread that writes values to disk, and reads those that others than tasks want.
//!
//! It starts when it is first needed. What is to be read goes before all else: somebody waits for it. Files that are no longer
//! needed are removed before others are written, so that there is room for them, and here, as it takes long: memory that is
//! given back does not wait for it.

use super::job::Done;
use crate::spill::{Disk, NewFile, Slot};
use crate::store::Store;
use parking_lot::{Condvar, Mutex};
use partita_graph::{Value, catch};
use partita_protocol::message::Delivery;
use partita_protocol::worker::Unspilled;
use partita_protocol::{Link, TaskId, WorkerId};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Values that somebody waits for.
pub(super) struct Reading {
    pub(super) holder: WorkerId,
    pub(super) found: Vec<(TaskId, Value)>,
    pub(super) on_disk: Vec<(TaskId, Slot)>,
    pub(super) missing: Vec<TaskId>,
    pub(super) reply: Arc<dyn Link<Delivery>>,
}

/// What became of a file.
pub(super) struct Spilled {
    pub(super) file: u32,
    pub(super) written: Vec<TaskId>,
    pub(super) kept: Vec<(TaskId, Unspilled)>,
    /// Why the disk did not take it.
    pub(super) refused: Option<String>,
}

/// The way to the thread.
pub(super) struct Spiller {
    room: Arc<Room>,
    started: bool,
    ended: Ended,
    name: String,
}

/// Whether the thread has ended, and let go of everything.
#[derive(Clone, Default)]
pub(super) struct Ended(Arc<(Mutex<bool>, Condvar)>);

impl Ended {
    fn tell(&self) {
        *self.0.0.lock() = true;
        self.0.1.notify_all();
    }

    /// Waits for that, but not for ever: a disk may hang. Whether it has.
    pub(super) fn wait(&self, most: Duration) -> bool {
        let mut ended = self.0.0.lock();
        self.0.1.wait_while_for(&mut ended, |ended| !*ended, most);
        *ended
    }
}

struct Room {
    queue: Mutex<Queue>,
    called: Condvar,
    store: Arc<Store<Value>>,
    disk: Arc<dyn Disk>,
    done: UnboundedSender<Done>,
}

#[derive(Default)]
struct Queue {
    reads: VecDeque<Reading>,
    writes: VecDeque<(u32, Vec<TaskId>)>,
    /// Places of values that nobody needs any longer.
    waste: Vec<Slot>,
    closed: bool,
}

impl Spiller {
    pub(super) fn new(
        name: String,
        store: Arc<Store<Value>>,
        disk: Arc<dyn Disk>,
        done: UnboundedSender<Done>,
    ) -> Self {
        let room = Room { queue: Mutex::default(), called: Condvar::new(), store, disk, done };
        Spiller { room: Arc::new(room), started: false, ended: Ended::default(), name }
    }

    /// Writes values as one file.
    pub(super) fn write(&mut self, file: u32, tasks: Vec<TaskId>) {
        self.put(|queue| queue.writes.push_back((file, tasks)));
    }

    /// Reads values and hands them over.
    pub(super) fn read(&mut self, reading: Reading) {
        self.put(|queue| queue.reads.push_back(reading));
    }

    /// Lets go of places on disk; files without any are removed.
    pub(super) fn discard(&mut self, slots: Vec<Slot>) {
        self.put(|queue| queue.waste.extend(slots));
    }

    fn put(&mut self, put: impl FnOnce(&mut Queue)) {
        put(&mut self.room.queue.lock());
        self.room.called.notify_one();
        if self.started {
            return;
        }
        let (room, ended) = (self.room.clone(), self.ended.clone());
        let work = move || {
            room.work();
            // The folder of the files goes with the last who knows it.
            drop(room);
            ended.tell();
        };
        let spawned = std::thread::Builder::new().name(self.name.clone()).spawn(work);
        match spawned {
            Ok(_) => self.started = true,
            // The next call tries again; what waits is not lost.
            Err(error) => tracing::error!(%error, "no thread to write values with"),
        }
    }
}

impl Spiller {
    /// Nothing more is to be done but to remove files. Tells when the thread has ended, if there is one.
    pub(super) fn close(&mut self) -> Option<Ended> {
        let mut queue = self.room.queue.lock();
        // Who waits for values is told by the worker's end.
        let waste = std::mem::take(&mut queue.waste);
        let left = std::mem::replace(&mut *queue, Queue { waste, closed: true, ..Queue::default() });
        drop(queue);
        drop(left);
        self.room.called.notify_one();
        self.started.then(|| self.ended.clone())
    }
}

impl Drop for Spiller {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the thread does next.
enum Next {
    Read(Reading),
    Discard(Vec<Slot>),
    Write(u32, Vec<TaskId>),
}

impl Room {
    fn work(&self) {
        while let Some(next) = self.next() {
            let done = match next {
                Next::Read(reading) => self.read(reading),
                Next::Discard(slots) => {
                    drop(slots);
                    None
                }
                Next::Write(file, tasks) => Some(Done::Spilled(self.write(file, &tasks))),
            };
            if let Some(done) = done {
                // If the worker is gone, nobody keeps count any longer.
                drop(self.done.send(done));
            }
        }
    }

    fn next(&self) -> Option<Next> {
        let mut queue = self.queue.lock();
        loop {
            if let Some(reading) = queue.reads.pop_front() {
                return Some(Next::Read(reading));
            }
            if !queue.waste.is_empty() {
                return Some(Next::Discard(std::mem::take(&mut queue.waste)));
            }
            if queue.closed {
                return None;
            }
            if let Some((file, tasks)) = queue.writes.pop_front() {
                return Some(Next::Write(file, tasks));
            }
            self.called.wait(&mut queue);
        }
    }

    /// Reads values and hands them over; those that cannot be read are missing, and the worker is told.
    fn read(&self, reading: Reading) -> Option<Done> {
        let Reading { holder, mut found, on_disk, mut missing, reply } = reading;
        let mut lost = Vec::new();
        for (task, slot) in on_disk {
            match slot.read() {
                Ok(value) => found.push((task, value)),
                Err(error) => {
                    tracing::warn!(%task, %error, "a value on disk is lost");
                    lost.push(task);
                }
            }
        }
        missing.extend(&lost);
        drop(reply.send(Delivery { holder, found, missing }));
        (!lost.is_empty()).then_some(Done::Vanished(lost))
    }

    fn write(&self, file: u32, tasks: &[TaskId]) -> Spilled {
        let mut kept = Vec::new();
        match self.write_all(tasks, &mut kept) {
            Ok(written) => Spilled { file, written, kept, refused: None },
            Err(error) => {
                let others = tasks.iter().filter(|task| !kept.iter().any(|(known, _)| known == *task));
                let others: Vec<_> = others.map(|task| (*task, Unspilled::Disk)).collect();
                kept.extend(others);
                Spilled { file, written: Vec::new(), kept, refused: Some(error.to_string()) }
            }
        }
    }

    /// Writes values into one file, whole or not at all; those that are not to be had, or cannot be written, are added to
    /// `kept`.
    fn write_all(&self, tasks: &[TaskId], kept: &mut Vec<(TaskId, Unspilled)>) -> io::Result<Vec<TaskId>> {
        let mut file = NewFile::create(self.disk.clone())?;
        let mut places = Vec::with_capacity(tasks.len());
        for task in tasks {
            let Some((value, version)) = self.store.unwritten(*task) else {
                kept.push((*task, Unspilled::Gone));
                continue;
            };
            // To be written is code of the user's type.
            match catch(|| value.bytes()) {
                Ok(Ok(bytes)) => places.push((*task, version, file.add(*task, version, &value, &bytes)?)),
                Ok(Err(error)) => {
                    tracing::debug!(%task, %error, "a value cannot be written, and stays in memory");
                    kept.push((*task, Unspilled::Unwritable));
                }
                Err(_) => kept.push((*task, Unspilled::Unwritable)),
            }
        }
        let file = file.finish()?;
        let mut written = Vec::with_capacity(places.len());
        for (task, version, place) in places {
            match self.store.written(task, version, Slot::new(file.clone(), place)) {
                true => written.push(task),
                false => kept.push((task, Unspilled::Gone)),
            }
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spill::testing::{Asked, FAILURES, Faulty};
    use crate::store::Found;
    use partita_graph::Local;
    use tokio::sync::mpsc::unbounded_channel;

    fn task(index: u32) -> TaskId {
        TaskId::new(index, 0)
    }

    /// A room whose store has three values, of which the second cannot be written.
    fn room() -> (Room, Arc<Faulty>) {
        let disk = Arc::new(Faulty::default());
        let store = Arc::new(Store::new());
        let values = [Value::new(vec![1u64; 500]), Value::new(Local::new(2)), Value::new("three".to_string())];
        for (index, value) in (0..).zip(values) {
            store.insert(task(index), value.clone(), value.nbytes() as u64);
        }
        let (done, _) = unbounded_channel();
        let room = Room { queue: Mutex::default(), called: Condvar::new(), store, disk: disk.clone(), done };
        (room, disk)
    }

    fn tasks() -> [TaskId; 4] {
        [0, 1, 2, 3].map(task)
    }

    #[test]
    fn what_can_be_written_is_on_disk_and_the_rest_is_told() {
        let (room, disk) = room();
        let spilled = room.write(1, &tasks());
        assert_eq!(spilled.written, [task(0), task(2)]);
        assert_eq!(spilled.kept, [(task(1), Unspilled::Unwritable), (task(3), Unspilled::Gone)]);
        assert_eq!((spilled.file, spilled.refused), (1, None));
        for task in spilled.written {
            assert!(matches!(room.store.find(task), Some(Found::Value(_))), "till it is evicted it is in both");
            drop(room.store.evict(task));
            let Some(Found::OnDisk(slot, _)) = room.store.find(task) else { panic!("{task} is on disk") };
            assert!(slot.read().is_ok());
        }
        assert!(room.store.evict(task(1)).is_none() && room.store.get(task(1)).is_some());
        drop(room.store.drain());
        assert_eq!(disk.used(), (0, 0));
    }

    /// FAULTS D1, D5, ST1: a disk that fails, at whatever step, loses no value and keeps no bytes.
    #[test]
    fn whatever_fails_the_values_stay_in_memory() {
        for asked in FAILURES {
            if matches!(asked, Asked::Open | Asked::Read) {
                continue;
            }
            for after in 0.. {
                let (room, disk) = room();
                disk.fail(asked, after);
                let spilled = room.write(1, &tasks());
                if !disk.failed() {
                    assert!(after > 0 && spilled.refused.is_none(), "{asked:?} is never asked");
                    break;
                }
                assert!(spilled.written.is_empty() || spilled.refused.is_none(), "{asked:?} {after}");
                if let Some(why) = &spilled.refused {
                    assert!(why.contains("fails"), "{why}");
                    let mut kept: Vec<_> = spilled.kept.iter().map(|(task, _)| *task).collect();
                    kept.sort_unstable();
                    assert_eq!(kept, tasks(), "each is told of once");
                    assert_eq!(disk.used(), (0, 0), "{asked:?} {after}");
                }
                for index in [0, 1, 2] {
                    assert!(room.store.get(task(index)).is_some(), "{asked:?} {after}: {index} is lost");
                }
                // And once it takes them again, they are written.
                disk.mend();
                if spilled.refused.is_some() {
                    assert_eq!(room.write(2, &tasks()).written, [task(0), task(2)]);
                }
            }
        }
    }

    /// A value that left the store while it was written needs no file.
    #[test]
    fn a_file_of_what_is_gone_is_removed() {
        let (room, disk) = room();
        drop(room.store.remove(task(0)));
        drop(room.store.remove(task(2)));
        let spilled = room.write(1, &tasks());
        assert!(spilled.written.is_empty() && spilled.refused.is_none());
        assert_eq!(disk.used(), (0, 0));
    }
}
