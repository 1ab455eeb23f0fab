//! A worker whose disk takes its time.

use super::{Parts, WorkerActor, WorkerLink};
use crate::executor::Settings;
use crate::machine::{Config, MemoryLimits};
use crate::spill::Disk;
use crate::spill::testing::Faulty;
use crate::store::{Found, Store};
use actix::{Actor, System};
use parking_lot::{Condvar, Mutex};
use partita_graph::{Value, Work};
use partita_protocol::message::{Delivery, ToScheduler, ToWorker};
use partita_protocol::scheduler::Assignment;
use partita_protocol::telemetry::Batch;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, ClientId, Closed, Link, Priority, TaskId, WorkerId};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Longer than anything takes on a machine that is busy with other things.
const LONG: Duration = Duration::from_secs(60);

/// A disk that does nothing while it is shut.
#[derive(Default)]
struct Slow {
    disk: Faulty,
    is_shut: Mutex<bool>,
    opens: Condvar,
}

impl Slow {
    fn shut(&self) {
        *self.is_shut.lock() = true;
    }

    fn open_again(&self) {
        *self.is_shut.lock() = false;
        self.opens.notify_all();
    }

    fn pass(&self) {
        self.opens.wait_while(&mut self.is_shut.lock(), |is_shut| *is_shut);
    }
}

impl Disk for Slow {
    fn create(&self) -> io::Result<(PathBuf, Box<dyn Write + Send>)> {
        self.pass();
        self.disk.create()
    }

    fn open(&self, path: &Path, offset: u64) -> io::Result<Box<dyn Read>> {
        self.pass();
        self.disk.open(path, offset)
    }

    fn remove(&self, path: &Path, nbytes: u64) {
        self.disk.remove(path, nbytes);
    }

    fn take(&self, nbytes: u64) -> io::Result<()> {
        self.disk.take(nbytes)
    }
}

/// What is said to this link is heard.
struct Ear<M>(UnboundedSender<M>);

impl<M: Send> Link<M> for Ear<M> {
    fn send(&self, message: M) -> Result<(), Closed<M>> {
        self.0.send(message).map_err(|unheard| Closed(unheard.0))
    }
}

/// What is said to this link is dropped.
struct Deaf;

impl Link<Batch> for Deaf {
    fn send(&self, _: Batch) -> Result<(), Closed<Batch>> {
        Ok(())
    }
}

impl Link<Box<dyn Send>> for Deaf {
    fn send(&self, _: Box<dyn Send>) -> Result<(), Closed<Box<dyn Send>>> {
        Ok(())
    }
}

/// A worker of one thread that may hold 1,000 bytes, and what it says.
struct Stage {
    worker: WorkerLink,
    store: Arc<Store<Value>>,
    said: UnboundedReceiver<ToScheduler>,
    attempts: u64,
}

fn task(index: u32) -> TaskId {
    TaskId::new(index, 0)
}

impl Stage {
    fn new(disk: Arc<dyn Disk>) -> Self {
        let (sender, said) = unbounded_channel();
        let memory = MemoryLimits { least: 1, file: 10_000, ..MemoryLimits::of(1000) };
        let parts = Parts {
            id: WorkerId(0),
            machine: Config { memory, ..Config::new(1) },
            executor: Settings::new("slow".to_string(), 1),
            start: Instant::now(),
            home: Arc::new(()),
            scheduler: Arc::new(Ear(sender)),
            profiler: Arc::new(Deaf),
            garbage: Arc::new(Deaf),
            disk,
            threads: Default::default(),
            validate: true,
            record: false,
            listeners: Default::default(),
            grace: LONG,
            ledger: None,
            runaways: None,
            process: None,
            on_death: Box::new(drop),
        };
        let actor = WorkerActor::new(parts).unwrap();
        let store = actor.holdings();
        Stage { worker: WorkerLink(actor.start()), store, said, attempts: 0 }
    }

    fn put(&self, index: u32, nbytes: usize) {
        let values = vec![(task(index), Value::new(vec![index as u8; nbytes]))];
        Link::<ToWorker>::send(&self.worker, ToWorker::Put { values }).unwrap();
    }

    fn get(&self, index: u32) -> UnboundedReceiver<Delivery> {
        let (sender, receiver) = unbounded_channel();
        Link::<ToWorker>::send(&self.worker, ToWorker::Get { tasks: vec![task(index)], reply: Arc::new(Ear(sender)) })
            .unwrap();
        receiver
    }

    /// Has a task run whose result is this number.
    async fn compute(&mut self, index: u32) {
        self.attempts += 1;
        let order = Order::Compute(Assignment {
            task: task(index),
            client: ClientId(0),
            attempt: Attempt(self.attempts),
            priority: Priority::default(),
            expected_nanos: u64::MAX,
            expected_nbytes: 0,
            inputs: Vec::new(),
            resources: None,
            timeout_nanos: None,
        });
        let works = vec![Work::Value(Value::new(index))];
        Link::<ToWorker>::send(&self.worker, ToWorker::Orders { orders: vec![order], works }).unwrap();
        loop {
            let said = tokio::time::timeout(LONG, self.said.recv()).await.expect("it runs").expect("the worker lives");
            let ToScheduler::Reported { reports, .. } = said else { continue };
            if reports
                .iter()
                .any(|report| matches!(report, Report::Finished { task: done, .. } if *done == task(index)))
            {
                return;
            }
        }
    }

    /// Waits until a value is on disk alone.
    async fn on_disk(&self, index: u32) {
        let leaves = async {
            while !matches!(self.store.find(task(index)), Some(Found::OnDisk(..))) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, leaves).await.expect("it goes to disk");
    }
}

/// FAULTS D5: a disk that writes or reads nothing for as long as it likes stops neither tasks nor answers of what is in memory.
#[test]
fn a_disk_that_takes_its_time_keeps_nobody_waiting_but_who_needs_it() {
    System::new().block_on(async {
        let disk = Arc::new(Slow::default());
        let mut stage = Stage::new(disk.clone());

        disk.shut();
        (0..6).for_each(|index| stage.put(index, 100));
        stage.compute(20).await;
        let delivery = stage.get(5).recv().await.expect("it is in memory");
        assert_eq!(delivery.found[0].1.get::<Vec<u8>>().unwrap(), &vec![5u8; 100]);
        let delivery = stage.get(0).recv().await.expect("it is to be written, and still in memory");
        assert_eq!(delivery.found.len(), 1);
        assert_eq!(disk.disk.used().0, 0, "nothing is written");
        disk.open_again();
        stage.on_disk(0).await;

        disk.shut();
        let mut read = stage.get(0);
        stage.compute(21).await;
        assert_eq!(stage.get(5).recv().await.expect("it is in memory").found.len(), 1);
        assert!(read.try_recv().is_err(), "nothing is read");
        disk.open_again();
        let delivery = tokio::time::timeout(LONG, read.recv()).await.expect("it is read").expect("it is told");
        assert_eq!(delivery.found[0].1.get::<Vec<u8>>().unwrap(), &vec![0u8; 100]);

        Link::<ToWorker>::send(&stage.worker, ToWorker::Leave).unwrap();
    });
}
