//! Queues that all clients and tasks of a cluster share by name.

use super::machine::{Answer, Call, Kind, Object, Tag};
use super::parcel::Parcel;
use super::reply::Reply;
use super::service::CoordinationLink;
use crate::client::Client;
use std::fmt;
use std::marker::PhantomData;

/// A queue that all clients and tasks of a cluster share by name; as Dask's `Queue`.
///
/// Items are of any type that can be cloned and shared between threads, futures too: a queue that holds a future keeps
/// its result wanted. Whoever asked first is served first. Handles are cheap; closures may capture them.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).threads_per_worker(1).start()?;
/// let client = cluster.client();
/// let jobs = client.queue::<i64>("jobs").max_size(2);
/// let inside = jobs.clone();
/// let sum = client.try_submit(move || Ok::<i64, partita::Error>(inside.get().wait()? + inside.get().wait()?), ());
/// jobs.put(1).wait()?;
/// jobs.put(2).wait()?;
/// assert_eq!(sum.result()?, 3);
///
/// let results = client.queue::<Future<i64>>("results");
/// results.put(client.submit(|x: i64| x * 2, (21,))).wait()?;
/// assert_eq!(results.get().wait()?.result()?, 42);
/// # Ok::<(), partita::Error>(())
/// ```
pub struct Queue<T> {
    client: Client,
    object: Object,
    limit: Option<usize>,
    items: PhantomData<fn(T) -> T>,
}

impl<T: Clone + Send + Sync + 'static> Queue<T> {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Queue { client, object: Object::new(Kind::Queue, name), limit: None, items: PhantomData }
    }

    /// The same queue, with room for so many items; 0 for any number, as if it is not said. All who name a size must
    /// name the same.
    #[must_use]
    pub fn max_size(mut self, items: usize) -> Self {
        self.limit = (items > 0).then_some(items);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name
    }

    /// Puts an item at the end, once there is room.
    pub fn put(&self, item: T) -> Reply<()> {
        let limit = self.limit;
        let call = move |link: &CoordinationLink| {
            let item = Parcel::new(item, link.garbage.clone());
            Call::Put { item, tag: Tag::of::<T>(), limit }
        };
        self.ask(("Queue::put", "queue.put(item).await"), call, |_, _| Some(()))
    }

    /// Takes the first item, once there is one.
    pub fn get(&self) -> Reply<T> {
        let call = Call::Get { tag: Tag::of::<T>(), count: 1, limit: self.limit };
        self.ask(("Queue::get", "queue.get().await"), |_| call, |answer, _| items(answer)?.pop())
    }

    /// Takes the first `count` items, once there are so many; nobody else gets some of them meanwhile.
    pub fn get_batch(&self, count: usize) -> Reply<Vec<T>> {
        let call = Call::Get { tag: Tag::of::<T>(), count, limit: self.limit };
        self.ask(("Queue::get_batch", "queue.get_batch(n).await"), |_| call, |answer, _| items(answer))
    }

    /// Takes all items that are there now, without waiting for any.
    pub fn get_all(&self) -> Reply<Vec<T>> {
        let call = Call::Drain { tag: Tag::of::<T>() };
        self.ask(("Queue::get_all", "queue.get_all().await"), |_| call, |answer, _| items(answer))
    }

    /// How many items there are now; as Dask's `qsize`.
    pub fn size(&self) -> Reply<usize> {
        self.ask(
            ("Queue::size", "queue.size().await"),
            |_| Call::Count,
            |answer, _| match answer {
                Answer::Count(count) => Some(count),
                _ => None,
            },
        )
    }

    /// Ends the queue and gives what is left in it. Whoever waits is told; the name is free for another queue.
    pub fn close(&self) -> Reply<Vec<T>> {
        self.ask(("Queue::close", "queue.close().await"), |_| Call::Close, |answer, _| items(answer))
    }

    fn ask<R>(
        &self,
        words: super::reply::Words,
        call: impl FnOnce(&CoordinationLink) -> Call<Parcel>,
        read: super::reply::Read<R>,
    ) -> Reply<R> {
        Reply::call(&self.client, self.object.clone(), words, call, read)
    }
}

fn items<T: Clone + Send + Sync + 'static>(answer: Answer<Parcel>) -> Option<Vec<T>> {
    match answer {
        Answer::Items { items, .. } => items.into_iter().map(Parcel::open).collect(),
        _ => None,
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Queue { client: self.client.clone(), object: self.object.clone(), limit: self.limit, items: PhantomData }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.object)
    }
}
