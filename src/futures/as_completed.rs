//! Futures in the order in which they end.

use futures_util::Stream;
use parking_lot::{Condvar, Mutex};
use partita_collections::Future;
use partita_graph::{Data, RunError};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct Ended {
    order: VecDeque<usize>,
    waker: Option<Waker>,
}

/// Futures in the order in which they end: an iterator that blocks for the next one, and a stream for async code.
///
/// Each future comes once for each time that it was given. More can be added while it is read.
pub struct AsCompleted<T> {
    futures: Vec<Option<Future<T>>>,
    waiting: usize,
    ended: Arc<(Mutex<Ended>, Condvar)>,
}

/// Gives futures as they end.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let futures = cluster.client().map(|x: i64| x * x, [1, 2, 3]);
/// let mut results: Vec<i64> = as_completed(futures).map(|done| done.result()).collect::<Result<_, _>>()?;
/// results.sort();
/// assert_eq!(results, [1, 4, 9]);
/// # Ok::<(), partita::Error>(())
/// ```
pub fn as_completed<T>(futures: impl IntoIterator<Item = Future<T>>) -> AsCompleted<T> {
    let mut all = AsCompleted { futures: Vec::new(), waiting: 0, ended: Arc::default() };
    all.update(futures);
    all
}

impl<T> AsCompleted<T> {
    /// Adds a future.
    pub fn add(&mut self, future: Future<T>) {
        let (index, ended) = (self.futures.len(), self.ended.clone());
        self.waiting += 1;
        let cell = future.cell().clone();
        self.futures.push(Some(future));
        cell.on_end(Box::new(move |_| {
            let mut state = ended.0.lock();
            state.order.push_back(index);
            let waker = state.waker.take();
            drop(state);
            ended.1.notify_one();
            if let Some(waker) = waker {
                waker.wake();
            }
        }));
    }

    /// Adds futures.
    pub fn update(&mut self, futures: impl IntoIterator<Item = Future<T>>) {
        futures.into_iter().for_each(|future| self.add(future));
    }

    /// How many futures are still to come; Dask's `count`.
    pub fn remaining(&self) -> usize {
        self.waiting
    }

    /// Whether none is still to come.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Whether the next one is there without waiting.
    pub fn has_ready(&self) -> bool {
        !self.ended.0.lock().order.is_empty()
    }

    /// Forgets all that are still to come.
    pub fn clear(&mut self) {
        *self = as_completed([]);
    }

    /// All that are there now, waiting for one at the least; empty if none is still to come.
    pub fn next_batch(&mut self) -> Vec<Future<T>> {
        let mut batch: Vec<Future<T>> = self.next().into_iter().collect();
        while self.has_ready() {
            batch.extend(self.next());
        }
        batch
    }

    /// Gives each future with its result.
    pub fn with_results(self) -> impl Iterator<Item = (Future<T>, Result<T, RunError>)>
    where
        T: Data + Clone,
    {
        self.map(|future| {
            let result = future.result();
            (future, result)
        })
    }

    /// The next one that ended and was not given yet.
    fn pop(&mut self) -> Option<Future<T>> {
        loop {
            let index = self.ended.0.lock().order.pop_front()?;
            if let Some(future) = self.futures[index].take() {
                self.waiting -= 1;
                return Some(future);
            }
        }
    }

    /// Blocks until something ended; false if this thread must not block.
    fn wait(&self) -> bool {
        let mut wait = || {
            let mut state = self.ended.0.lock();
            while state.order.is_empty() {
                self.ended.1.wait(&mut state);
            }
        };
        let Some(first) = self.futures.iter().flatten().next() else { return false };
        first.host().block("as_completed", "StreamExt::next(&mut as_completed(..))", &mut wait).is_ok()
    }
}

impl<T> Iterator for AsCompleted<T> {
    type Item = Future<T>;

    /// On a thread that must not block, the futures come without waiting, and their `result()` says so.
    fn next(&mut self) -> Option<Future<T>> {
        while self.waiting > 0 {
            if let Some(future) = self.pop() {
                return Some(future);
            }
            if !self.wait() {
                self.waiting -= 1;
                return self.futures.iter_mut().find_map(Option::take);
            }
        }
        None
    }
}

impl<T> Stream for AsCompleted<T> {
    type Item = Future<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Future<T>>> {
        if self.waiting == 0 {
            return Poll::Ready(None);
        }
        if let Some(future) = self.pop() {
            return Poll::Ready(Some(future));
        }
        self.ended.0.lock().waker = Some(context.waker().clone());
        // Something may have ended between the look and the note.
        match self.pop() {
            Some(future) => Poll::Ready(Some(future)),
            None => Poll::Pending,
        }
    }
}
