//! Variables that all clients and tasks of a cluster share by name.

use super::machine::{Answer, Call, Kind, Object, Tag};
use super::parcel::Parcel;
use super::reply::Reply;
use crate::client::Client;
use std::fmt;
use std::marker::PhantomData;

/// A value that all clients and tasks of a cluster share by name; as Dask's `Variable`.
///
/// Its values are of any type that can be cloned and shared between threads, futures too: a variable that holds a future
/// keeps its result wanted.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let stop = cluster.client().variable::<bool>("stop");
/// stop.set(false).wait()?;
/// stop.set(true).wait()?;
/// assert!(stop.get().wait()?);
/// # Ok::<(), partita::Error>(())
/// ```
pub struct Variable<T> {
    client: Client,
    object: Object,
    values: PhantomData<fn(T) -> T>,
}

impl<T: Clone + Send + Sync + 'static> Variable<T> {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Variable { client, object: Object::new(Kind::Variable, name), values: PhantomData }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name
    }

    /// Sets it, whatever it was before.
    pub fn set(&self, value: T) -> Reply<()> {
        let words = ("Variable::set", "variable.set(value).await");
        let call = move |link: &super::service::CoordinationLink| {
            let item = Parcel::new(value, link.garbage.clone());
            Call::Replace { item, tag: Tag::of::<T>() }
        };
        Reply::call(&self.client, self.object.clone(), words, call, |_, _| Some(()))
    }

    /// Its value, once it is set.
    pub fn get(&self) -> Reply<T> {
        let words = ("Variable::get", "variable.get().await");
        let call = Call::Get { tag: Tag::of::<T>(), count: 1, limit: None };
        Reply::call(
            &self.client,
            self.object.clone(),
            words,
            |_| call,
            |answer, _| match answer {
                Answer::Value(value) => value?.open(),
                _ => None,
            },
        )
    }

    /// Takes its value away; whoever asks for it waits for the next one.
    pub fn delete(&self) -> Reply<()> {
        let words = ("Variable::delete", "variable.delete().await");
        Reply::call(&self.client, self.object.clone(), words, |_| Call::Close, |_, _| Some(()))
    }
}

impl<T> Clone for Variable<T> {
    fn clone(&self) -> Self {
        Variable { client: self.client.clone(), object: self.object.clone(), values: PhantomData }
    }
}

impl<T> fmt::Debug for Variable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.object)
    }
}
