//! Running folds: each element is replaced by the fold of all up to it.

use super::error::{BoxError, Raise, Users};
use super::steps::Caller;
use super::stream::Stream;
use super::{Bag, Element};
use crate::identity::Identity;
use crate::layer::{same, task};
use partita_graph::{Fault, Func, Input, Inputs, Kind, Node, Place, Plain, Travels, Value};
use smallvec::smallvec;
use std::convert::Infallible;
use std::sync::Arc;

impl<T: Element> Bag<T> {
    /// Each element replaced by the fold of all up to it, the first one as it is; Dask's `accumulate`.
    ///
    /// A partition starts from the last value of the one before, so they are computed one after the other.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(1..=5, 2);
    /// assert_eq!(on_reference(&bag.accumulate(|sum, n| sum + n))?, [1, 3, 6, 10, 15]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn accumulate<F>(&self, binop: F) -> Bag<T>
    where
        F: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let identity = self.identity("accumulate").function(&binop);
        self.accumulated("accumulate", identity, None, (), move |(), so_far, element| match so_far {
            Some(so_far) => Ok::<_, Infallible>(binop(so_far, element)),
            None => Ok(element),
        })
    }

    /// As [`Bag::accumulate`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<u8>::from_sequence([100, 100, 100], 3);
    /// let sums = bag.try_accumulate(|sum, n| sum.checked_add(n).ok_or("the sum is too large"));
    /// assert!(on_reference(&sums).unwrap_err().to_string().contains("element 0 of partition 2"));
    /// ```
    #[track_caller]
    pub fn try_accumulate<E, F>(&self, binop: F) -> Bag<T>
    where
        E: Into<BoxError>,
        F: Fn(T, T) -> Result<T, E> + Send + Sync + 'static,
    {
        let identity = self.identity("accumulate").function(&binop);
        self.accumulated("try_accumulate", identity, None, (), move |(), so_far, element| match so_far {
            Some(so_far) => binop(so_far, element).map_err(Users::error),
            None => Ok(element),
        })
    }

    /// As [`Bag::accumulate`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([1, 2, 3], 2);
    /// assert_eq!(on_reference(&bag.accumulate_with(10, |base, sum, n| sum * base + n))?, [1, 12, 123]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn accumulate_with<V: Element, F>(&self, env: V, binop: F) -> Bag<T>
    where
        F: Fn(&V, T, T) -> T + Send + Sync + 'static,
    {
        let identity = self.identity("accumulate").data(&env).function(&binop);
        self.accumulated("accumulate", identity, None, Plain(env), move |env, so_far, element| match so_far {
            Some(so_far) => Ok::<_, Infallible>(binop(env, so_far, element)),
            None => Ok(element),
        })
    }

    /// As [`Bag::accumulate`], from a first value, which is the first element of the result; Dask's
    /// `accumulate(initial=…)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(1..=5, 2);
    /// assert_eq!(on_reference(&bag.accumulate_from(-1, |sum, n| sum + n))?, [-1, 0, 2, 5, 9, 14]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn accumulate_from<A: Element, F>(&self, initial: A, binop: F) -> Bag<A>
    where
        F: Fn(A, T) -> A + Send + Sync + 'static,
    {
        let identity = self.identity("accumulate").data(&initial).function(&binop);
        let start = initial.clone();
        self.accumulated("accumulate_from", identity, Some(initial), Plain(start), move |start, so_far, element| {
            Ok::<_, Infallible>(binop(so_far.unwrap_or_else(|| start.0.clone()), element))
        })
    }

    /// As [`Bag::accumulate_from`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "x"], 2);
    /// let sums = bag.try_accumulate_from(0, |sum, text| text.parse().map(|n: i64| sum + n));
    /// assert!(on_reference(&sums).unwrap_err().to_string().contains("element 0 of partition 1"));
    /// ```
    #[track_caller]
    pub fn try_accumulate_from<A: Element, E, F>(&self, initial: A, binop: F) -> Bag<A>
    where
        E: Into<BoxError>,
        F: Fn(A, T) -> Result<A, E> + Send + Sync + 'static,
    {
        let identity = self.identity("accumulate").data(&initial).function(&binop);
        let start = initial.clone();
        self.accumulated("try_accumulate_from", identity, Some(initial), Plain(start), move |start, so_far, element| {
            binop(so_far.unwrap_or_else(|| start.0.clone()), element).map_err(Users::error)
        })
    }

    /// As [`Bag::accumulate_from`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([1, 1], 2);
    /// assert_eq!(on_reference(&bag.accumulate_from_with(10, 0, |base, sum, n| sum * base + n))?, [0, 1, 11]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn accumulate_from_with<V: Element, A: Element, F>(&self, env: V, initial: A, binop: F) -> Bag<A>
    where
        F: Fn(&V, A, T) -> A + Send + Sync + 'static,
    {
        let identity = self.identity("accumulate").data(&env).data(&initial).function(&binop);
        let env = (Plain(env), Plain(initial.clone()));
        self.accumulated("accumulate_from", identity, Some(initial), env, move |(env, start), so_far, element| {
            Ok::<_, Infallible>(binop(env, so_far.unwrap_or_else(|| start.0.clone()), element))
        })
    }

    /// For each partition a task that makes its values, and one that finds the last value so far.
    #[track_caller]
    fn accumulated<V: Travels, A: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        initial: Option<A>,
        env: V,
        binop: impl Fn(&V, Option<A>, T) -> Result<A, E> + Send + Sync + 'static,
    ) -> Bag<A> {
        let shared = Arc::new((operation, env, Func(binop)));
        let place = Place::here();
        let call = |name: &str, part: u64, function, inputs: Inputs| {
            let key = identity.clone().data(&part).key::<A>(name);
            Input { node: Arc::new(Node::new(key, Kind::Call { function, inputs }, place)), part: 0 }
        };
        let mut last: Option<Input> = None;
        let mut outputs = Vec::with_capacity(self.npartitions());
        for (part, input) in self.inputs().into_iter().enumerate() {
            let first = Plain(initial.clone().filter(|_| part == 0));
            let values = task((shared.clone(), first, part as u32), |(shared, first, part), values| {
                let (operation, env, binop) = &**shared;
                let binop = |so_far, element| binop(env, so_far, element);
                run(values, first.0.clone(), &mut Caller::new(operation, *part, &binop))
            });
            let mut inputs: Inputs = smallvec![input];
            inputs.extend(last.clone());
            let made = call("accumulate-part", part as u64, values, inputs);
            let mut inputs: Inputs = smallvec![made.clone()];
            inputs.extend(last);
            last = Some(call("accumulate-last", part as u64, task((), |(), values| last_of::<A>(values)), inputs));
            outputs.push((same::<Vec<A>>(), smallvec![made]));
        }
        let node = Node::new(identity.key::<Vec<A>>("accumulate"), Kind::Tasks(outputs), place);
        Bag::new(Arc::new(node), self.split_every)
    }
}

/// The values of a partition, given its elements and, but for the first, the last value before.
fn run<T: Element, A: Element, E: Raise>(
    values: &[Value],
    first: Option<A>,
    caller: &mut Caller<&impl Fn(Option<A>, T) -> Result<A, E>>,
) -> Result<Vec<A>, Fault> {
    let [elements, before @ ..] = values else { return Err(Fault::failed("a task was given no input")) };
    let before = before.first().map(Value::get::<Option<A>>).transpose();
    let before = before.map_err(|mismatch| Fault::Type { input: 1, mismatch })?;
    let stream = Stream::<T>::of_value(elements).map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
    let mut made: Vec<A> = first.clone().into_iter().collect();
    let start = first.or_else(|| before.cloned().flatten());
    stream.fold(start, |so_far, element| {
        let value = caller.call(|binop| binop(so_far, element))?;
        made.push(value.clone());
        Ok(Some(value))
    })?;
    Ok(made)
}

/// The last value of a partition, or the one before it if it has none.
fn last_of<A: Element>(values: &[Value]) -> Result<Option<A>, Fault> {
    let [made, before @ ..] = values else { return Err(Fault::failed("a task was given no input")) };
    let made = made.get::<Vec<A>>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
    if let Some(last) = made.last() {
        return Ok(Some(last.clone()));
    }
    let before = before.first().map(Value::get::<Option<A>>).transpose();
    Ok(before.map_err(|mismatch| Fault::Type { input: 1, mismatch })?.cloned().flatten())
}
