//! A run that grows while it is looked at: who adds to it never waits for who looks.

use super::{Limits, Run};
use parking_lot::{Mutex, RwLock, RwLockWriteGuard};
use partita_protocol::telemetry::Batch;
use std::sync::atomic::{AtomicU64, Ordering};

/// Records that may wait while somebody looks: about as many as come within a second at full speed, 60 MB. Beyond it, who
/// adds does wait.
const LATE: usize = 1_000_000;

/// A run that grows on one thread, and is looked at on others.
///
/// ```
/// use partita_profiler::run::{Limits, Live};
/// use partita_protocol::Time;
/// use partita_protocol::telemetry::{Batch, Level, Log};
///
/// let live = Live::new(Limits::default());
/// live.add(&Batch { records: vec![Log::record(Time(5), Level::Info, None, "hello")], dropped: 0 });
/// assert_eq!(live.look(|run| run.logs().count), 1);
/// ```
#[derive(Debug)]
pub struct Live {
    run: RwLock<Run>,
    /// What came while somebody looked, in order. It is taken in before anything else.
    late: Mutex<Late>,
    /// Records that came, also those that wait.
    came: AtomicU64,
    /// Nanoseconds that the run took so far.
    duration: AtomicU64,
}

#[derive(Debug, Default)]
struct Late {
    batches: Vec<Batch>,
    records: usize,
}

impl Live {
    /// A run of which nothing is known, and this much will be kept.
    pub fn new(limits: Limits) -> Self {
        let (came, duration) = Default::default();
        Live { run: Run::new(limits).into(), late: Mutex::default(), came, duration }
    }

    /// Adds records; on one thread only, as their order matters.
    pub fn add(&self, batch: &Batch) {
        if let Some(mut run) = self.run.try_write() {
            self.catch_up(&mut run);
            run.add(batch);
            self.tell(&run);
        } else if self.wait(batch) > LATE {
            self.catch_up(&mut self.run.write());
        } else {
            // Whoever looked may have gone just before the records were put there.
            self.settle();
        }
        self.came.fetch_add(batch.records.len() as u64, Ordering::Release);
    }

    /// Looks at the run, with all records in it that had come. Several threads may look at once; who looks must not look
    /// again meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&Run) -> T) -> T {
        let some_wait = !self.late.lock().batches.is_empty();
        let run = if some_wait {
            let mut run = self.run.write();
            self.catch_up(&mut run);
            RwLockWriteGuard::downgrade(run)
        } else {
            self.run.read()
        };
        let seen = look(&run);
        drop(run);
        self.settle();
        seen
    }

    /// The run, with all records in it that had come; it begins anew.
    pub fn take(&self) -> Run {
        let mut run = self.run.write();
        self.catch_up(&mut run);
        std::mem::take(&mut run)
    }

    /// Records that came, and nanoseconds that the run took so far.
    pub fn news(&self) -> (u64, u64) {
        (self.came.load(Ordering::Acquire), self.duration.load(Ordering::Relaxed))
    }

    /// Has records wait; says how many do.
    fn wait(&self, batch: &Batch) -> usize {
        let mut late = self.late.lock();
        late.records += batch.records.len();
        late.batches.push(batch.clone());
        late.records
    }

    /// Takes in what waits, unless somebody holds the run: then they do, as they go.
    fn settle(&self) {
        while !self.late.lock().batches.is_empty() {
            let Some(mut run) = self.run.try_write() else { return };
            self.catch_up(&mut run);
        }
    }

    fn catch_up(&self, run: &mut Run) {
        let late = std::mem::take(&mut *self.late.lock());
        late.batches.iter().for_each(|batch| run.add(batch));
        self.tell(run);
    }

    fn tell(&self, run: &Run) {
        self.duration.store(u64::try_from(run.duration().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::Time;
    use partita_protocol::telemetry::{Level, Log};
    use std::sync::mpsc::channel;
    use std::thread::scope;

    fn line(number: u64) -> Batch {
        Batch { records: vec![Log::record(Time(number), Level::Info, None, number)], dropped: 0 }
    }

    fn lines(run: &Run) -> Vec<u64> {
        run.logs().kept().map(|line| line.time.0).collect()
    }

    #[test]
    fn who_adds_does_not_wait_for_who_looks_and_nothing_is_lost_or_out_of_order() {
        let live = Live::new(Limits::default());
        live.add(&line(0));
        let (entered, inside) = channel();
        let (go, may_go) = channel();
        scope(|scope| {
            let looks = scope.spawn(|| {
                live.look(move |run| {
                    entered.send(()).unwrap();
                    // Until it was added meanwhile, which would never be if that waited.
                    may_go.recv().unwrap();
                    lines(run)
                })
            });
            inside.recv().unwrap();
            (1..100).for_each(|number| live.add(&line(number)));
            assert_eq!(live.news().0, 100);
            assert_eq!(live.late.lock().records, 99, "it is not taken in while somebody looks");
            go.send(()).unwrap();
            assert_eq!(looks.join().unwrap(), [0]);
        });
        assert_eq!(lines(&live.run.read()).len(), 100, "who looked last took it in");
        live.add(&line(100));
        assert_eq!(live.look(lines), (0..=100).collect::<Vec<u64>>());
    }

    #[test]
    fn many_may_look_while_it_grows() {
        const LINES: u64 = 5_000;
        let live = Live::new(Limits::default());
        scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let mut seen = 0;
                    while seen < LINES as usize {
                        let lines = live.look(lines);
                        assert!(lines.iter().copied().eq(0..lines.len() as u64), "in order, without gaps");
                        assert!(lines.len() >= seen, "nothing that was seen is gone");
                        seen = lines.len();
                    }
                });
            }
            (0..LINES).for_each(|number| live.add(&line(number)));
        });
        assert_eq!(live.news().0, LINES);
    }
}
