//! Tests of the partition store.

use super::{Found, Gone, Store};
use partita_protocol::TaskId;
use std::sync::{Arc, Barrier};

fn t(index: u32) -> TaskId {
    TaskId::new(index, 0)
}

#[test]
fn what_is_put_in_is_found_and_given_back() {
    let store: Store<_> = Store::new();
    assert_eq!(store.insert(t(1), "one", 10).value, None);
    assert_eq!(store.insert(t(2), "two", 20).value, None);
    assert_eq!((store.get(t(1)), store.get_sized(t(2))), (Some("one"), Some(("two", 20))));
    assert!(store.contains(t(1)) && !store.contains(TaskId::new(1, 1)), "generations are told apart");
    assert_eq!((store.count(), store.nbytes()), (2, 30));
    assert_eq!(store.insert(t(1), "uno", 1).value, Some("one"));
    assert_eq!((store.count(), store.nbytes()), (2, 21));
    assert_eq!((store.remove(t(1)).value, store.remove(t(1)).value), (Some("uno"), None));
    assert_eq!((store.count(), store.nbytes()), (1, 20));
}

#[test]
fn drain_takes_all() {
    let store: Store<_> = Store::new();
    for index in 0..1_000 {
        store.insert(t(index), index, 3);
    }
    let mut values: Vec<u32> = store.drain().into_iter().filter_map(|gone| gone.value).collect();
    values.sort_unstable();
    assert_eq!(values, (0..1_000).collect::<Vec<_>>());
    assert_eq!((store.count(), store.nbytes(), store.drain().len()), (0, 0, 0));
}

/// A value that is dropped inside the store would deadlock if it came back to the store under a lock.
#[test]
fn a_value_may_use_the_store_when_it_is_dropped() {
    #[derive(Clone)]
    struct Nosy(Arc<Store<Option<Nosy>>>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            self.0.contains(t(1));
        }
    }
    let store: Arc<Store<_>> = Arc::default();
    store.insert(t(1), Some(Nosy(store.clone())), 1);
    drop(store.insert(t(1), Some(Nosy(store.clone())), 1));
    drop(store.get(t(1)));
    drop(store.drain());
    assert_eq!(store.count(), 0);
}

#[test]
fn totals_are_right_whatever_threads_do() {
    const THREADS: u32 = 4;
    const ROUNDS: u32 = 20_000;
    let store: Store<_> = Store::new();
    let barrier = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                // All threads use the same few tasks, each in an order of its own.
                for round in 0..ROUNDS {
                    let task = t(round.wrapping_mul(7 + thread) % 64);
                    match (round + thread) % 3 {
                        0 => drop(store.insert(task, Arc::new(round), u64::from(round % 100))),
                        1 => drop(store.remove(task)),
                        _ => assert!(store.get(task).is_none_or(|value| *value < ROUNDS)),
                    }
                }
            });
        }
    });
    let left: Vec<(Arc<u32>, u64)> = (0..64).filter_map(|index| store.get_sized(t(index))).collect();
    assert_eq!(store.count(), left.len() as u64);
    assert_eq!(store.nbytes(), left.iter().map(|(_, nbytes)| nbytes).sum::<u64>());
    store.drain();
    assert_eq!((store.count(), store.nbytes()), (0, 0));
}

/// FAULTS ST1: a value is in memory, on disk, or in both; what was written of another version is not taken for it.
#[test]
fn a_value_is_in_memory_on_disk_or_in_both() {
    let store: Store<&str, u8> = Store::new();
    store.insert(t(1), "one", 10);
    let (value, version) = store.unwritten(t(1)).unwrap();
    assert_eq!((value, store.evict(t(1))), ("one", None), "what is not on disk stays");
    assert!(store.written(t(1), version, 7) && !store.written(t(1), version, 8), "written once");
    assert_eq!((store.unwritten(t(1)), store.on_disk()), (None, 0));
    assert_eq!((store.evict(t(1)), store.evict(t(1)), store.on_disk()), (Some("one"), None, 10));
    assert_eq!((store.get(t(1)), store.get_sized(t(1)), store.nbytes()), (None, None, 10));
    assert_eq!(store.find(t(1)), Some(Found::OnDisk(7, version)));
    // Who only looks does not bring it back.
    store.restore(t(1), version, &"one");
    assert_eq!(store.get(t(1)), None);
    assert_eq!(store.want(t(1)), Some(Found::OnDisk(7, version)));
    store.restore(t(1), version + 1, &"other");
    assert_eq!(store.get(t(1)), None);
    // It leaves memory before it came back: it is not expected any longer.
    assert_eq!(store.evict(t(1)), None);
    store.restore(t(1), version, &"one");
    assert_eq!(store.get(t(1)), None);
    store.want(t(1));
    store.restore(t(1), version, &"one");
    assert_eq!((store.want(t(1)), store.on_disk()), (Some(Found::Value("one")), 0));
    assert_eq!(store.evict(t(1)), Some("one"), "it is on disk still");
    // A new one has nothing on disk.
    store.insert(t(1), "new", 5);
    assert_eq!((store.on_disk(), store.nbytes(), store.evict(t(1))), (0, 5, None));
    assert!(!store.written(t(1), version, 7));
    assert_eq!(store.remove(t(1)), Gone { value: Some("new"), on_disk: None });
    assert!(!store.written(t(1), version, 7) && store.want(t(1)).is_none());
}
