//! What is for a worker's process, in order: what takes long to write is written on a thread of its own, and the rest waits.

use super::parcel::SMALL;
use parking_lot::Mutex;
use partita_graph::{Value, Work, catch};
use partita_protocol::message::ToWorker;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::Builder;

/// The order in which messages are written.
#[derive(Default)]
pub(super) struct Lane(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    /// Whether another thread writes, and then takes what waits.
    busy: bool,
    waiting: VecDeque<ToWorker>,
}

/// Who writes.
pub(super) trait Writes: Send + Sync + 'static {
    /// Its lane.
    fn lane(&self) -> &Lane;

    /// Writes a message; `patient` is who may wait until there is room for it.
    fn write(&self, message: ToWorker, patient: bool);

    /// Writing panicked: nothing can be said any longer.
    fn broken(&self);
}

/// Has this written after all that came before: at once, or by another thread, if it or something before it is large.
pub(super) fn pass<W: Writes>(writer: &Arc<W>, message: ToWorker) {
    let mut queue = writer.lane().0.lock();
    if !queue.busy && !is_large(&message) {
        drop(queue);
        return writer.write(message, false);
    }
    queue.waiting.push_back(message);
    if std::mem::replace(&mut queue.busy, true) {
        return;
    }
    drop(queue);
    let writes = writer.clone();
    if let Err(error) = Builder::new().name("partita-write".into()).spawn(move || write_all(&*writes, true)) {
        tracing::warn!(%error, "no thread to write large data with: this one does it");
        write_all(&**writer, false);
    }
}

/// Writes what waits, and whatever comes meanwhile.
fn write_all(writer: &impl Writes, patient: bool) {
    loop {
        let mut queue = writer.lane().0.lock();
        let Some(message) = queue.waiting.pop_front() else {
            queue.busy = false;
            return;
        };
        drop(queue);
        if catch(|| writer.write(message, patient)).is_err() {
            writer.broken();
        }
    }
}

/// Whether values in it have more than [`SMALL`] bytes.
fn is_large(message: &ToWorker) -> bool {
    let nbytes: usize = match message {
        ToWorker::Orders { works, .. } => works.iter().filter_map(at_hand).map(Value::nbytes).sum(),
        ToWorker::Put { values } => values.iter().map(|(_, value)| value.nbytes()).sum(),
        _ => 0,
    };
    nbytes > SMALL
}

fn at_hand(work: &Work) -> Option<&Value> {
    match work {
        Work::Value(value) => Some(value),
        Work::Call(_) | Work::Held(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::TaskId;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread::{self, ThreadId};

    /// Notes who wrote what, and writes large values only when it is let.
    struct Notes {
        lane: Lane,
        let_on: Mutex<Receiver<()>>,
        written: Mutex<Vec<(usize, ThreadId)>>,
        broken: Mutex<usize>,
        done: Sender<()>,
    }

    impl Writes for Notes {
        fn lane(&self) -> &Lane {
            &self.lane
        }

        fn write(&self, message: ToWorker, _: bool) {
            if is_large(&message) {
                self.let_on.lock().recv().unwrap();
            }
            let ToWorker::Put { values } = message else { panic!("not a value") };
            self.written.lock().push((values[0].0.index(), thread::current().id()));
            self.done.send(()).unwrap();
        }

        fn broken(&self) {
            *self.broken.lock() += 1;
            self.done.send(()).unwrap();
        }
    }

    fn notes() -> (Arc<Notes>, Sender<()>, Receiver<()>) {
        let ((go, let_on), (done, ends)) = (channel(), channel());
        let (lane, written, broken) = Default::default();
        (Arc::new(Notes { lane, let_on: Mutex::new(let_on), written, broken, done }), go, ends)
    }

    fn put(task: u32, nbytes: usize) -> ToWorker {
        ToWorker::Put { values: vec![(TaskId::new(task, 0), Value::new(vec![0u8; nbytes]))] }
    }

    #[test]
    fn small_messages_wait_for_large_ones_and_the_sender_for_none() {
        let (notes, go, ends) = notes();
        pass(&notes, put(1, 8));
        assert_eq!(ends.recv(), Ok(()));
        let sizes = [(2, 2 * SMALL), (3, 8), (4, 2 * SMALL), (5, 8)];
        sizes.iter().for_each(|(task, nbytes)| pass(&notes, put(*task, *nbytes)));
        assert_eq!(notes.written.lock().len(), 1, "none of them is written yet, and this thread goes on");
        (0..2).for_each(|_| go.send(()).unwrap());
        (0..4).for_each(|_| ends.recv().unwrap());
        let written = notes.written.lock();
        assert_eq!(written.iter().map(|(task, _)| *task).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        let here = thread::current().id();
        assert_eq!(written[0].1, here, "a small message with nothing before it");
        assert!(written[1..].iter().all(|(_, thread)| *thread != here));
    }

    #[test]
    fn a_writer_that_panics_is_told_of_and_does_not_stop_the_rest() {
        let (notes, go, ends) = notes();
        pass(&notes, put(1, 2 * SMALL));
        pass(&notes, ToWorker::Leave);
        pass(&notes, put(2, 8));
        go.send(()).unwrap();
        (0..3).for_each(|_| ends.recv().unwrap());
        assert_eq!(*notes.broken.lock(), 1);
        assert_eq!(notes.written.lock().iter().map(|(task, _)| *task).collect::<Vec<_>>(), [1, 2]);
    }
}
