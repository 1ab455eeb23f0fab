//! Queues, variables, locks, events and semaphores on a cluster, between clients and tasks.

use partita::coordination::CoordinationError;
use partita::prelude::*;
use partita::{Error, RunError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

fn small() -> LocalCluster {
    LocalCluster::builder().workers(1).threads_per_worker(1).validate(true).without_default().start().unwrap()
}

fn pair() -> LocalCluster {
    LocalCluster::builder().workers(2).threads_per_worker(2).validate(true).without_default().start().unwrap()
}

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(5);

#[test]
fn tasks_wait_for_each_other_on_one_thread() {
    let cluster = small();
    let client = cluster.client();
    let queue = client.queue::<i64>("jobs");
    let (takes, puts) = (queue.clone(), queue);
    let sum = client.try_submit(move || (0..100).map(|_| takes.get().wait()).sum::<partita::Result<i64>>(), ());
    let put = client.try_submit(move || (0..100).try_for_each(|item| puts.put(item).wait()), ());
    assert_eq!(sum.result_timeout(LONG).unwrap(), 4950);
    put.result().unwrap();
}

#[test]
fn a_queue_with_room_for_two_holds_givers_back() {
    let cluster = small();
    let queue = cluster.client().queue::<String>("words").max_size(2);
    queue.put("a".into()).wait().unwrap();
    queue.put("b".into()).wait().unwrap();
    let late = queue.put("c".into()).wait_timeout(SHORT).unwrap_err();
    assert!(matches!(late, Error::Coordination(CoordinationError::Timeout { .. })), "{late}");
    assert!(late.to_string().contains("queue `words`: `Queue::put` did not come through within"), "{late}");
    assert_eq!(queue.get_batch(2).wait().unwrap(), ["a", "b"]);
    assert_eq!(queue.size().wait().unwrap(), 0, "the item that came late was not put in");
    let again = queue.put("d".into());
    again.wait().unwrap();
    assert_eq!(queue.get_all().wait().unwrap(), ["d"]);
}

#[test]
fn a_waiter_that_gives_up_takes_nothing_with_it() {
    let cluster = small();
    let queue = cluster.client().queue::<i64>("q");
    let (dropped, late) = (queue.get(), queue.get());
    drop(dropped);
    assert!(late.wait_timeout(SHORT).is_err());
    let unread = queue.get();
    queue.put(1).wait().unwrap();
    queue.put(2).wait().unwrap();
    drop(unread);
    assert_eq!((queue.get().wait().unwrap(), queue.get().wait().unwrap()), (1, 2));
}

#[test]
fn a_queue_keeps_the_results_of_its_futures() {
    let cluster = small();
    let client = cluster.client();
    let (queue, variable) = (client.queue::<Future<i64>>("futures"), client.variable::<Future<i64>>("best"));
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let future = client.submit(move |x: i64| (counted.fetch_add(1, Ordering::SeqCst), x * 2).1, (21,));
    queue.put(future.clone()).wait().unwrap();
    variable.set(future).wait().unwrap();
    let other = cluster.new_client().unwrap();
    let got = other.queue::<Future<i64>>("futures").get().wait().unwrap();
    assert_eq!((got.result().unwrap(), variable.get().wait().unwrap().result().unwrap()), (42, 42));
    assert_eq!(runs.load(Ordering::SeqCst), 1, "it was not computed again");
}

#[test]
fn a_lock_lets_one_in_at_a_time() {
    let cluster = pair();
    let client = cluster.client().impure();
    let inside = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (count, seen) = (inside.clone(), most.clone());
    let futures = client.try_map(
        move |_: i64| {
            let guard = partita::get_client()?.lock("one").acquire().wait()?;
            seen.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            count.fetch_sub(1, Ordering::SeqCst);
            drop(guard);
            Ok::<(), Error>(())
        },
        0..50,
    );
    client.gather(&futures).unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 1);
    assert!(!client.lock("one").is_locked().wait().unwrap());
}

#[test]
fn a_panicking_task_gives_its_lock_back() {
    let cluster = small();
    let client = cluster.client();
    let lock = client.lock("l");
    let inside = lock.clone();
    let task = client.try_submit(
        move || {
            let _guard = inside.acquire().wait()?;
            if inside.name() == "l" {
                panic!("with the lock held");
            }
            Ok::<(), Error>(())
        },
        (),
    );
    assert!(task.result().unwrap_err().to_string().contains("with the lock held"));
    drop(lock.acquire().wait_timeout(LONG).unwrap());
}

/// FAULTS P16.
/// R34: no lock is held by the dead.
#[test]
fn a_lock_of_a_worker_that_died_is_free() {
    let cluster = LocalCluster::builder().names(["doomed", "other"]).threads_per_worker(1).start().unwrap();
    let client = cluster.client();
    let (lock, leases) = (client.lock("l"), client.semaphore("s", 2));
    let (holds, both) = (lock.clone(), leases.clone());
    let (held, wait_held) = channel();
    let (go, wait_go) = channel::<()>();
    let wait_go = std::sync::Mutex::new(wait_go);
    let pinned = client.with_options(TaskOptions::new().workers(["doomed"]));
    let task = pinned.try_submit(
        move || {
            let guards = (holds.acquire().wait()?, both.acquire(2).wait()?);
            held.send(()).ok();
            // The thread of a worker that died goes on until its task ends.
            wait_go.lock().map(|wait| wait.recv().ok()).ok();
            drop(guards);
            Ok::<(), Error>(())
        },
        (),
    );
    wait_held.recv_timeout(LONG).unwrap();
    assert!(lock.is_locked().wait().unwrap());
    let next = lock.acquire();
    cluster.panic_worker("doomed", "it dies");
    let guard = next.wait_timeout(LONG).unwrap();
    drop((guard, leases.acquire(2).wait_timeout(LONG).unwrap()));
    // Both the dead thread and the task's second run go on.
    drop(go);
    task.result_timeout(LONG).unwrap();
    assert_eq!(leases.in_use().wait().unwrap(), 0);
    assert!(!lock.is_locked().wait().unwrap());
    cluster.close().unwrap();
}

#[test]
fn a_client_that_leaves_gives_its_locks_back() {
    let cluster = small();
    let (stays, leaves) = (cluster.client(), cluster.new_client().unwrap());
    let held = leaves.lock("l").acquire().wait().unwrap();
    let (next, never) = (stays.lock("l").acquire(), leaves.event("never").wait());
    leaves.close().unwrap();
    drop(next.wait_timeout(LONG).unwrap());
    assert!(never.wait_timeout(LONG).is_err());
    drop(held);
    assert!(!stays.lock("l").is_locked().wait().unwrap());
    let future = leaves.submit(|x: i64| x, (1,));
    assert!(matches!(future.result(), Err(RunError::Closed)));
    assert!(matches!(stays.close(), Err(Error::Coordination(CoordinationError::OwnClient))));
}

#[test]
fn closing_the_cluster_ends_every_wait() {
    let cluster = small();
    let client = cluster.client();
    let waits = [client.event("e").wait(), client.queue::<()>("q").get(), client.variable::<()>("v").get()];
    let late = client.event("e");
    cluster.close().unwrap();
    for wait in waits {
        assert!(matches!(wait.wait(), Err(Error::Run(RunError::Closed))));
    }
    assert!(matches!(late.set().wait(), Err(Error::Run(RunError::Closed))));
}

#[test]
fn replies_can_be_awaited_and_blocking_in_async_code_is_refused() {
    let cluster = small();
    let client = cluster.client();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let queue = client.queue::<i64>("q");
        let reply = queue.get();
        queue.put(5).await.unwrap();
        assert_eq!(reply.await.unwrap(), 5);
        let refused = queue.get().wait().unwrap_err().to_string();
        assert!(refused.contains("queue.get().await"), "{refused}");
        // A wait that another one overtakes takes nothing with it.
        let event = client.event("go");
        tokio::select! {
            biased;
            item = queue.get() => panic!("{item:?}"),
            set = event.set() => set.unwrap(),
        }
        queue.put(6).await.unwrap();
        assert_eq!(queue.get().await.unwrap(), 6);
        let counter = client.actor(|| 1i64);
        assert_eq!(counter.call(|n| *n + 1).await.unwrap(), 2);
    });
}

#[test]
fn datasets_outlive_their_publisher() {
    let cluster = small();
    let publisher = cluster.new_client().unwrap();
    let numbers = Bag::<i64>::from_sequence(0..100, 4).map(|x| x + 1).persist_on(&publisher).unwrap();
    publisher.publish_dataset("numbers", numbers).wait().unwrap();
    publisher.publish_dataset("answer", publisher.submit(|x: i64| x, (42,))).wait().unwrap();
    drop(publisher);
    let client = cluster.client();
    let numbers = client.get_dataset::<Bag<i64>>("numbers").wait().unwrap();
    assert_eq!(numbers.sum().compute_on(&client).unwrap(), 5050);
    assert_eq!(client.get_dataset::<Future<i64>>("answer").wait().unwrap().result().unwrap(), 42);

    let error = |reply: partita::Reply<Bag<i64>>| reply.wait().unwrap_err().to_string();
    assert_eq!(error(client.get_dataset("number")), "there is no dataset `number`; did you mean `numbers`?");
    assert!(error(client.get_dataset("answer")).contains("dataset `answer` holds"));
    let taken = client.publish_dataset("answer", 1u8).wait().unwrap_err();
    assert!(matches!(taken, Error::Coordination(CoordinationError::Taken { .. })), "{taken}");
    client.replace_dataset("answer", 1u8).wait().unwrap();
    client.unpublish_dataset("answer").wait().unwrap();
    assert_eq!(client.list_datasets().wait().unwrap(), ["numbers".into()]);
    assert!(client.unpublish_dataset("answer").wait().is_err());
}

#[test]
fn wait_for_workers_sees_them_come() {
    let cluster = small();
    let client = cluster.client();
    let three = client.wait_for_workers(3);
    assert!(client.wait_for_workers(3).wait_timeout(SHORT).is_err());
    cluster.scale(3).unwrap();
    three.wait_timeout(LONG).unwrap();
    assert_eq!(client.nthreads().unwrap().len(), 3);
    assert_eq!(client.processing().unwrap().values().sum::<usize>(), 0);
}
