//! Questions to all elements: any, all.

use super::error::{BoxError, Raise, Users};
use super::layer::Names;
use super::steps::Caller;
use super::stream::{MORE, Stream, outcome};
use super::{Bag, Element, Item};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;
use std::ops::ControlFlow;

/// Which answer decides: yes for `any`, no for `all`.
#[derive(Clone, Copy)]
struct Question {
    names: Names,
    decisive: bool,
}

const ANY: Question =
    Question { names: Names { partial: "any", combine: "any-combine", aggregate: "any-aggregate" }, decisive: true };

const ALL: Question =
    Question { names: Names { partial: "all", combine: "all-combine", aggregate: "all-aggregate" }, decisive: false };

impl<T: Element> Bag<T> {
    /// Whether a function says yes to any element; no further one of that partition is made. Dask's `any`, which asks
    /// the elements themselves: `any(|yes| *yes)` for a bag of `bool`. An empty bag gives `false`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert!(on_reference(&Bag::<i64>::from_sequence(0..13, 5).any(|n| *n == 7))?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn any<F>(&self, f: F) -> Item<bool>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("any").function(&f);
        self.asked("any", ANY, identity, (), move |(), element| Ok::<_, Infallible>(f(element)))
    }

    /// As [`Bag::any`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "2"], 2);
    /// assert!(on_reference(&bag.try_any(|text| text.parse().map(|n: i64| n == 2)))?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_any<E, F>(&self, f: F) -> Item<bool>
    where
        E: Into<BoxError>,
        F: Fn(&T) -> Result<bool, E> + Send + Sync + 'static,
    {
        let identity = self.identity("any").function(&f);
        self.asked("try_any", ANY, identity, (), move |(), element| f(element).map_err(Users::error))
    }

    /// As [`Bag::any`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert!(on_reference(&Bag::<i64>::range(13, 5).any_with(12, |limit, n| n >= limit))?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn any_with<V: Element, F>(&self, env: V, f: F) -> Item<bool>
    where
        F: Fn(&V, &T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("any").data(&env).function(&f);
        self.asked("any", ANY, identity, Plain(env), move |env, element| Ok::<_, Infallible>(f(env, element)))
    }

    /// Whether a function says yes to all elements; Dask's `all`, which asks the elements themselves. An empty bag
    /// gives `true`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert!(!on_reference(&Bag::<i64>::from_sequence(0..13, 5).all(|n| *n < 12))?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn all<F>(&self, f: F) -> Item<bool>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("all").function(&f);
        self.asked("all", ALL, identity, (), move |(), element| Ok::<_, Infallible>(f(element)))
    }

    /// As [`Bag::all`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "x"], 2);
    /// assert!(on_reference(&bag.try_all(|text| text.parse().map(|n: i64| n > 0))).is_err());
    /// ```
    #[track_caller]
    pub fn try_all<E, F>(&self, f: F) -> Item<bool>
    where
        E: Into<BoxError>,
        F: Fn(&T) -> Result<bool, E> + Send + Sync + 'static,
    {
        let identity = self.identity("all").function(&f);
        self.asked("try_all", ALL, identity, (), move |(), element| f(element).map_err(Users::error))
    }

    /// As [`Bag::all`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert!(on_reference(&Bag::<i64>::range(13, 5).all_with(13, |limit, n| n < limit))?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn all_with<V: Element, F>(&self, env: V, f: F) -> Item<bool>
    where
        F: Fn(&V, &T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("all").data(&env).function(&f);
        self.asked("all", ALL, identity, Plain(env), move |env, element| Ok::<_, Infallible>(f(env, element)))
    }

    #[track_caller]
    fn asked<V: Travels, E: Raise>(
        &self,
        operation: &'static str,
        question: Question,
        identity: Identity,
        env: V,
        f: impl Fn(&V, &T) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Item<bool> {
        let Question { names, decisive } = question;
        let reduced = self.merged(
            names,
            identity,
            (operation, decisive, env, Func(f)),
            |(operation, decisive, env, f), partition, mut stream: Stream<T>| {
                let mut caller = Caller::new(operation, partition, f);
                let mut decided = false;
                outcome(stream.drive_ref(&mut |element| match caller.call(|f| f(env, element)) {
                    Ok(answer) if answer == *decisive => {
                        decided = true;
                        ControlFlow::Break(None)
                    }
                    Ok(_) => MORE,
                    Err(fault) => ControlFlow::Break(Some(fault)),
                }))?;
                Ok(decided == *decisive)
            },
            |(_, decisive, ..), some: &[&bool]| Ok(some.contains(&decisive) == *decisive),
        );
        reduced.item()
    }
}
