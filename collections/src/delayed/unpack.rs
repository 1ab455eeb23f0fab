//! Taking a delayed tuple or list apart, as Dask's `nout`.

use super::delayed::{Delayed, delayed, try_delayed};
use partita_graph::{Data, Shared};

/// One part of a delayed tuple, read in place.
#[track_caller]
fn part<T: Data, U: Data + Clone>(tuple: &Delayed<T>, of: impl Fn(&T) -> U + Send + Sync + 'static) -> Delayed<U> {
    delayed(move |tuple: Shared<T>| of(&tuple), (tuple.clone(),))
}

macro_rules! unpack {
    ($($(#[$doc:meta])* $tuple:ty: $($name:ident $index:tt),+;)*) => {
        $(impl<$($name: Data + Clone),+> Delayed<$tuple> {
            $(#[$doc])*
            #[track_caller]
            pub fn unpack(&self) -> ($(Delayed<$name>,)+) {
                ($(part(self, |tuple| tuple.$index.clone()),)+)
            }
        })*
    };
}

unpack! {
    /// The parts of the pair, each delayed.
    (A, B): A 0, B 1;
    /// The parts of the triple, each delayed.
    (A, B, C): A 0, B 1, C 2;
    /// The parts of the quadruple, each delayed.
    (A, B, C, D): A 0, B 1, C 2, D 3;
}

/// A delayed list was taken apart into more elements than it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("element {index} of a list of {len} was asked for")]
pub struct NoSuchElement {
    /// The element.
    pub index: usize,
    /// How many there are.
    pub len: usize,
}

impl<T: Data + Clone> Delayed<Vec<T>> {
    /// The first `count` elements of the list, each delayed. One that the list does not have fails when it runs.
    #[track_caller]
    pub fn unpack(&self, count: usize) -> Vec<Delayed<T>> {
        let element = |list: Shared<Vec<T>>, index: usize| {
            list.get(index).cloned().ok_or(NoSuchElement { index, len: list.len() })
        };
        (0..count).map(|index| try_delayed(element, (self.clone(), index))).collect()
    }
}
