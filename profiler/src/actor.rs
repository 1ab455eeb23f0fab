//! The profiler's actor.

use crate::aggregate::Aggregates;
use crate::backlog::Backlog;
use crate::meter::{Meter, PERIOD};
use crate::priority::give_way;
use crate::worker_meter::WorkerMeter;
use actix::{Actor, AsyncContext, Context, Handler, Message};
use partita_protocol::Time;
use partita_protocol::telemetry::{Batch, Listeners, Record, Usage};
use partita_protocol::threads::Threads;
use std::sync::Arc;
use std::time::Instant;

/// A message to the profiler.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Mail {
    /// Records.
    Batch(Batch),
    /// Somebody wants to see all records from now on, until it answers false; the names that are known come first.
    Tap(Tap),
    /// Somebody wants to see the sums.
    Look(Box<dyn FnOnce(&Aggregates) + Send>),
}

/// Sees each batch of records; false if it has seen enough.
pub type Tap = Box<dyn FnMut(&Batch) -> bool + Send>;

/// The profiler.
pub struct ProfilerActor {
    aggregates: Aggregates,
    taps: Vec<Tap>,
    /// The moment that times are counted from.
    start: Instant,
    /// What asks for what the process uses, while somebody listens.
    meter: Option<Meter>,
    /// What it said last.
    last: Option<Usage>,
    /// What asks for what the threads of workers use.
    workers: WorkerMeter,
    /// Records that are on the way, counted down as they are taken in.
    backlog: Arc<Backlog>,
    listeners: Listeners,
}

impl ProfilerActor {
    /// A profiler that counts down what it took in and who listens no longer, that measures these threads of workers while
    /// somebody listens, and whose times are counted from a moment.
    pub fn new(backlog: Arc<Backlog>, listeners: Listeners, threads: Threads, start: Instant) -> Self {
        let (aggregates, workers) = (Aggregates::default(), WorkerMeter::new(threads));
        ProfilerActor { aggregates, taps: Vec::new(), start, meter: None, last: None, workers, backlog, listeners }
    }

    fn hand_on(&mut self, batch: &Batch) {
        let before = self.taps.len();
        self.taps.retain_mut(|tap| tap(batch));
        self.listeners.leave(before - self.taps.len());
    }

    /// Tells those who listen what the process uses, again and again until nobody does.
    fn measure(&mut self, context: &mut Context<Self>) {
        if self.taps.is_empty() {
            self.meter = None;
            self.workers.rest();
            return;
        }
        let usage = self.meter.get_or_insert_with(|| Meter::new(self.start)).read();
        self.last = Some(usage);
        let mut records = vec![Record::Usage(usage)];
        records.extend(self.workers.read(usage.time));
        self.hand_on(&Batch { records, dropped: 0 });
        context.run_later(PERIOD, Self::measure);
    }
}

impl Actor for ProfilerActor {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        give_way();
    }
}

impl Handler<Mail> for ProfilerActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, context: &mut Self::Context) {
        match mail {
            Mail::Batch(batch) => {
                self.aggregates.add(&batch);
                self.hand_on(&batch);
                if let Some(line) = self.aggregates.excuse() {
                    let line = Batch { records: vec![line], dropped: 0 };
                    self.aggregates.add(&line);
                    self.hand_on(&line);
                }
                self.backlog.taken(batch.weight());
            }
            Mail::Tap(mut tap) => {
                let mut records = self.aggregates.names();
                // Whoever joins others sees at once what they saw last.
                let time = Time(self.start.elapsed().as_nanos() as u64);
                records.extend(
                    self.last.filter(|_| self.meter.is_some()).map(|last| Record::Usage(Usage { time, ..last })),
                );
                if !tap(&Batch { records, dropped: 0 }) {
                    return self.listeners.leave(1);
                }
                self.taps.push(tap);
                if self.meter.is_none() {
                    self.measure(context);
                }
            }
            Mail::Look(look) => look(&self.aggregates),
        }
    }
}
