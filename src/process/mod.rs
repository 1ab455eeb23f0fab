//! Workers that are processes: this program once more, told apart at the top of `main` by [`init`].
//!
//! The cluster's process has the scheduler, the clients, and a nanny for each worker. A worker's process has the same actor
//! as a worker that is a thread, with the machine, the store and the threads behind it; what it says goes over a socket in a
//! private directory. Values that one worker needs of another go from process to process.

mod briefing;
mod child;
mod desk;
mod lane;
mod message;
mod parcel;
mod peers;
mod remote;
mod uplink;

pub(crate) use briefing::{Briefing, SCHEDULER, Settings};
pub(crate) use message::{Begin, ToChild, ToParent};
pub(crate) use remote::RemoteWorker;

use partita_worker::nanny::process::{Entry, Role};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process is a worker.
static WORKER: AtomicBool = AtomicBool::new(false);

/// Has this program become a worker, if it was started as one. To be called at the top of `main`, before anything else; see
/// [`Builder::processes`](crate::cluster::Builder::processes).
///
/// A worker's process never comes back from here: it works until its cluster has no use for it, and exits. In any other
/// process this returns at once.
///
/// ```
/// fn main() -> partita::Result<()> {
///     partita::init();
///     use partita::prelude::*;
///     let cluster = LocalCluster::builder().workers(2).processes(true).start()?;
///     let three = cluster.client().submit(|a: i64, b: i64| a + b, (1, 2));
///     assert_eq!(three.result()?, 3);
///     Ok(())
/// }
/// ```
pub fn init() {
    become_worker(Entry::Main);
}

/// As [`init`], at the top of a test: the worker's process runs the test harness with this test alone, and becomes a worker
/// when it comes here. Use [`init_test!`](crate::init_test), which finds the name.
pub fn init_named_test(item: &str) {
    become_worker(Entry::of_test(item));
}

/// At the top of a test that starts a cluster with worker processes: what [`init`] is at the top of `main`.
///
/// ```no_run
/// #[test]
/// fn a_cluster_of_processes_works() {
///     partita::init_test!();
///     // …
/// }
/// ```
#[macro_export]
macro_rules! init_test {
    () => {{
        fn here() {}
        $crate::process::init_named_test(::std::any::type_name_of_val(&here));
    }};
}

/// Whether this process is a worker.
pub(crate) fn is_worker() -> bool {
    WORKER.load(Ordering::Relaxed)
}

fn become_worker(entry: Entry) {
    match partita_worker::nanny::process::init(entry) {
        Ok(Role::Main) => {}
        Ok(Role::Worker { briefing }) => {
            WORKER.store(true, Ordering::Relaxed);
            std::process::exit(child::run(&briefing));
        }
        Err(error) => {
            eprintln!("partita: {error}");
            std::process::exit(partita_protocol::limits::UNBORN);
        }
    }
}
