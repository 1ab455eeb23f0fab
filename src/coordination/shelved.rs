//! The calls on a catalogue: put, get, list, take away.

use super::machine::{Answer, Call, Object, Tag};
use super::parcel::Parcel;
use super::reply::Reply;
use super::service::CoordinationLink;
use crate::client::Client;
use std::sync::Arc;

/// A place in a catalogue, as a client sees it.
pub(crate) struct Shelved<'a>(pub(crate) &'a Client, pub(crate) Object);

/// What to write instead of a blocking call.
const INSTEAD: &str = "reply.await";

impl Shelved<'_> {
    pub(crate) fn put<T: Send + Sync + 'static>(self, value: T, call: &'static str, replace: bool) -> Reply<()> {
        let make = move |link: &CoordinationLink| {
            let (item, tag) = (Parcel::new(value, link.garbage.clone()), Tag::of::<T>());
            if replace { Call::Replace { item, tag } } else { Call::Put { item, tag, limit: None } }
        };
        Reply::call(self.0, self.1, (call, INSTEAD), make, |_, _| Some(()))
    }

    pub(crate) fn get<T: Clone + Send + Sync + 'static>(self, call: &'static str) -> Reply<T> {
        let get = Call::Get { tag: Tag::of::<T>(), count: 1, limit: None };
        Reply::call(
            self.0,
            self.1,
            (call, INSTEAD),
            |_| get,
            |answer, _| match answer {
                Answer::Value(value) => value?.open(),
                _ => None,
            },
        )
    }

    pub(crate) fn list(self, call: &'static str) -> Reply<Vec<Arc<str>>> {
        let list = Call::List { prefix: self.1.name.clone() };
        Reply::call(
            self.0,
            self.1,
            (call, INSTEAD),
            |_| list,
            |answer, _| match answer {
                Answer::Names(names) => Some(names),
                _ => None,
            },
        )
    }

    pub(crate) fn take(self, call: &'static str) -> Reply<()> {
        Reply::call(self.0, self.1, (call, INSTEAD), |_| Call::Close, |_, _| Some(()))
    }

    /// Comes once there are so many; of workers.
    pub(crate) fn wait(self, count: usize, call: &'static str) -> Reply<()> {
        Reply::call(self.0, self.1, (call, INSTEAD), |_| Call::Wait { count }, |_, _| Some(()))
    }
}
