//! Two bags side by side, a bag and a single value, and tuples: zip, map with several inputs, starmap, unzip.

use super::error::{BagError, BagFault, BoxError, Raise, Users};
use super::identity::Identity;
use super::layer::{same, streaming_with, streaming2};
use super::steps::{Caller, Map};
use super::stream::{Fail, Source, Step, Stream};
use super::{Bag, Element, Item};
use partita_graph::{Data, Fault, Kind, Node, Place, Shared};
use smallvec::smallvec;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Two streams walked side by side; one that ends before the other is a fault.
struct Zip<A, B> {
    first: Stream<A>,
    second: Stream<B>,
    operation: &'static str,
    partition: u32,
    pairs: u64,
}

impl<A: 'static, B: 'static> Zip<A, B> {
    #[cold]
    fn uneven(&self, shorter: &'static str) -> Fail {
        let Zip { operation, partition, pairs: length, .. } = *self;
        Box::new(Fault::failed(BagFault::Uneven { operation, partition, shorter, length }))
    }
}

impl<A: 'static, B: 'static> Source<(A, B)> for Zip<A, B> {
    fn next(&mut self) -> Result<Option<(A, B)>, Fail> {
        match (self.first.next()?, self.second.next()?) {
            (Some(a), Some(b)) => {
                self.pairs += 1;
                Ok(Some((a, b)))
            }
            (None, None) => Ok(None),
            (None, Some(_)) => Err(self.uneven("first")),
            (Some(_), None) => Err(self.uneven("second")),
        }
    }

    fn drive(&mut self, sink: &mut dyn FnMut((A, B)) -> Step) -> Step {
        let (second, pairs) = (&mut self.second, &mut self.pairs);
        let mut short = false;
        let step = self.first.drive(&mut |a| match second.next() {
            Ok(Some(b)) => {
                *pairs += 1;
                sink((a, b))
            }
            Ok(None) => {
                short = true;
                ControlFlow::Break(None)
            }
            Err(fault) => ControlFlow::Break(Some(fault)),
        });
        if short {
            return ControlFlow::Break(Some(self.uneven("second")));
        }
        step?;
        match self.second.next() {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(_)) => ControlFlow::Break(Some(self.uneven("first"))),
            Err(fault) => ControlFlow::Break(Some(fault)),
        }
    }

    fn at_least(&self) -> usize {
        self.first.at_least().min(self.second.at_least())
    }
}

impl<T: Element> Bag<T> {
    /// Pairs of the elements that stand at the same place in two bags; Dask's `db.zip`.
    ///
    /// The bags must be partitioned alike: a partition with more elements than its partner fails the task (where Dask
    /// drops the rest).
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(3, 2), Bag::<i64>::range(3, 2).map(|n| n * n));
    /// assert_eq!(on_reference(&a.zip(&b)?)?, [(0, 0), (1, 1), (2, 4)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn zip<U: Element>(&self, other: &Bag<U>) -> Result<Bag<(T, U)>, BagError> {
        let identity = self.identity("zip").node(&other.node);
        let block = streaming2(|partition, first: Stream<T>, second: Stream<U>| {
            Ok(Stream::new(Zip { first, second, operation: "zip", partition, pairs: 0 }))
        });
        self.beside("zip", other)?;
        Ok(self.layer_of("zip", identity, block, vec![self.node.clone(), other.node.clone()]))
    }

    /// The elements that stand at the same place in two bags made into one; Dask's `map` with a second bag.
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(3, 2), Bag::<i64>::range(3, 2).map(|n| n * n));
    /// assert_eq!(on_reference(&a.zip_with(&b, |a, b| b - a)?)?, [0, 0, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn zip_with<U: Element, V: Element, F>(&self, other: &Bag<U>, f: F) -> Result<Bag<V>, BagError>
    where
        F: Fn(T, U) -> V + Send + Sync + 'static,
    {
        let identity = self.identity("zip_with").node(&other.node).function(&f);
        self.zipped("zip_with", identity, other, move |a, b| Ok::<_, Infallible>(f(a, b)))
    }

    /// As [`Bag::zip_with`], with a function that can fail.
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(3, 2), Bag::<i64>::range(3, 2));
    /// let quotients = a.try_zip_with(&b, |a, b| a.checked_div(b).ok_or("division by zero"))?;
    /// assert!(on_reference(&quotients).unwrap_err().to_string().contains("element 0 of partition 0"));
    /// # Ok::<(), partita_collections::bag::BagError>(())
    /// ```
    #[track_caller]
    pub fn try_zip_with<U: Element, V: Element, E, F>(&self, other: &Bag<U>, f: F) -> Result<Bag<V>, BagError>
    where
        E: Into<BoxError>,
        F: Fn(T, U) -> Result<V, E> + Send + Sync + 'static,
    {
        let identity = self.identity("zip_with").node(&other.node).function(&f);
        self.zipped("try_zip_with", identity, other, move |a, b| f(a, b).map_err(Users::error))
    }

    /// Each element, and one value for all of them, made into another element; Dask's `map` with an `Item`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([1, 2, 4], 2);
    /// let shares = bag.map_item(&bag.max(), |n, max| n * 100 / max.unwrap_or(1));
    /// assert_eq!(on_reference(&shares)?, [25, 50, 100]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_item<V: Data + Clone, U: Element, F>(&self, item: &Item<V>, f: F) -> Bag<U>
    where
        F: Fn(T, &V) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map_item").node(item.node()).function(&f);
        let f = Arc::new(f);
        let block = streaming_with(move |_, stream: Stream<T>, value: Shared<V>| {
            let f = f.clone();
            Ok(Stream::new(Map { stream, f: move |element| Ok(f(element, &value)) }))
        });
        let inputs = vec![self.node.clone(), self.beside_each(item)];
        self.layer_of("map", identity, block, inputs)
    }

    /// A node with as many parts as this bag, each the value of an item.
    #[track_caller]
    pub(super) fn beside_each<V: Data + Clone>(&self, item: &Item<V>) -> Arc<Node> {
        let tasks = (0..self.npartitions()).map(|_| (same::<V>(), smallvec![item.input()]));
        let key = Identity::of("share").node(item.node()).data(&self.node.parts()).key::<V>("share");
        Arc::new(Node::new(key, Kind::Tasks(tasks.collect()), Place::here()))
    }

    fn beside<U: Element>(&self, operation: &'static str, other: &Bag<U>) -> Result<(), BagError> {
        let (left, right) = (self.npartitions(), other.npartitions());
        match left == right {
            true => Ok(()),
            false => Err(BagError::PartitionCounts { operation, left, right }),
        }
    }

    #[track_caller]
    fn zipped<U: Element, V: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        other: &Bag<U>,
        f: impl Fn(T, U) -> Result<V, E> + Send + Sync + 'static,
    ) -> Result<Bag<V>, BagError> {
        self.beside(operation, other)?;
        let f = Arc::new(f);
        let block = streaming2(move |partition, first: Stream<T>, second: Stream<U>| {
            let mut caller = Caller::new(operation, partition, f.clone());
            let stream = Stream::new(Zip { first, second, operation, partition, pairs: 0 });
            Ok(Stream::new(Map { stream, f: move |(a, b)| caller.call(|f| f(a, b)) }))
        });
        Ok(self.layer_of("map", identity, block, vec![self.node.clone(), other.node.clone()]))
    }
}

macro_rules! tuples {
    ($($doc:literal $try_doc:literal $with_doc:literal ($($name:ident $place:ident),+))+) => {
        $(impl<$($name: Element),+> Bag<($($name,)+)> {
            /// The parts of each tuple, as arguments, made into another element; Dask's `starmap`.
            ///
            /// ```
            /// use partita_collections::{Bag, bag::on_reference};
            ///
            #[doc = $doc]
            /// # Ok::<(), partita_graph::RunError>(())
            /// ```
            #[track_caller]
            pub fn starmap<U: Element, F>(&self, f: F) -> Bag<U>
            where
                F: Fn($($name),+) -> U + Send + Sync + 'static,
            {
                let identity = self.identity("starmap").function(&f);
                self.mapped("starmap", identity, move |($($place,)+)| Ok::<_, Infallible>(f($($place),+)))
            }

            /// As [`starmap`](Self::starmap), with a function that can fail.
            ///
            /// ```
            /// use partita_collections::{Bag, bag::on_reference};
            ///
            #[doc = $try_doc]
            /// # Ok::<(), partita_graph::RunError>(())
            /// ```
            #[track_caller]
            pub fn try_starmap<U: Element, Error, F>(&self, f: F) -> Bag<U>
            where
                Error: Into<BoxError>,
                F: Fn($($name),+) -> Result<U, Error> + Send + Sync + 'static,
            {
                let identity = self.identity("starmap").function(&f);
                self.mapped("try_starmap", identity, move |($($place,)+)| f($($place),+).map_err(Users::error))
            }

            /// As [`starmap`](Self::starmap), with data that the function needs.
            ///
            /// ```
            /// use partita_collections::{Bag, bag::on_reference};
            ///
            #[doc = $with_doc]
            /// # Ok::<(), partita_graph::RunError>(())
            /// ```
            #[track_caller]
            pub fn starmap_with<Env: Element, U: Element, F>(&self, env: Env, f: F) -> Bag<U>
            where
                F: Fn(&Env, $($name),+) -> U + Send + Sync + 'static,
            {
                let identity = self.identity("starmap").data(&env).function(&f);
                self.mapped("starmap", identity, move |($($place,)+)| Ok::<_, Infallible>(f(&env, $($place),+)))
            }
        })+
    };
}

tuples! {
    "let bag = Bag::<(i64, i64)>::from_sequence([(1, 2), (3, 4)], 2).starmap(|a, b| a * b);\n\
     assert_eq!(on_reference(&bag)?, [2, 12]);"
    "let bag = Bag::<(i64, i64)>::from_sequence([(1, 0)], 1).try_starmap(|a, b| a.checked_div(b).ok_or(\"zero\"));\n\
     assert!(on_reference(&bag).is_err());"
    "let bag = Bag::<(i64, i64)>::from_sequence([(1, 2)], 1).starmap_with(10, |ten, a, b| (a + b) * ten);\n\
     assert_eq!(on_reference(&bag)?, [30]);"
    (A a, B b)
    "let bag = Bag::<(i64, i64, i64)>::from_sequence([(1, 2, 3)], 1).starmap(|a, b, c| a * b * c);\n\
     assert_eq!(on_reference(&bag)?, [6]);"
    "let bag = Bag::<(i64, i64, i64)>::from_sequence([(1, 2, 3)], 1).try_starmap(|a, b, c| Ok::<_, String>(a + b + c));\n\
     assert_eq!(on_reference(&bag)?, [6]);"
    "let bag = Bag::<(i64, i64, i64)>::from_sequence([(1, 2, 3)], 1).starmap_with(10, |ten, a, b, c| ten * (a + b + c));\n\
     assert_eq!(on_reference(&bag)?, [60]);"
    (A a, B b, C c)
    "let bag = Bag::<(i64, i64, i64, i64)>::from_sequence([(1, 2, 3, 4)], 1).starmap(|a, b, c, d| a * b * c * d);\n\
     assert_eq!(on_reference(&bag)?, [24]);"
    "let bag = Bag::<(i64, i64, i64, i64)>::from_sequence([(1, 2, 3, 4)], 1).try_starmap(|a, b, c, d| Ok::<_, String>(a + b + c + d));\n\
     assert_eq!(on_reference(&bag)?, [10]);"
    "let bag = Bag::<(i64, i64, i64, i64)>::from_sequence([(1, 2, 3, 4)], 1).starmap_with(1, |one, a, b, c, d| one + a + b + c + d);\n\
     assert_eq!(on_reference(&bag)?, [11]);"
    (A a, B b, C c, D d)
}

impl<A: Element, B: Element> Bag<(A, B)> {
    /// A bag of pairs as two bags, of the first parts and of the second ones; Dask's `unzip(2)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<(i64, String)>::from_sequence([(1, "a".to_string()), (2, "b".to_string())], 2);
    /// assert_eq!(on_reference(&bag.unzip())?, (vec![1, 2], vec!["a".to_string(), "b".to_string()]));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unzip(&self) -> (Bag<A>, Bag<B>) {
        (self.part("unzip-0", |pair| pair.0.clone()), self.part("unzip-1", |pair| pair.1.clone()))
    }

    #[track_caller]
    fn part<U: Element>(&self, name: &'static str, of: fn(&(A, B)) -> U) -> Bag<U> {
        self.mapped_ref(name, self.identity(name), move |pair| Ok::<_, Infallible>(of(pair)))
    }
}

impl<A: Element, B: Element, C: Element> Bag<(A, B, C)> {
    /// A bag of triples as three bags; Dask's `unzip(3)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<(i64, i64, i64)>::from_sequence([(1, 2, 3), (4, 5, 6)], 2);
    /// assert_eq!(on_reference(&bag.unzip())?, (vec![1, 4], vec![2, 5], vec![3, 6]));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn unzip(&self) -> (Bag<A>, Bag<B>, Bag<C>) {
        let part = |name| self.identity(name);
        (
            self.mapped_ref("unzip-0", part("unzip-0"), |triple| Ok::<_, Infallible>(triple.0.clone())),
            self.mapped_ref("unzip-1", part("unzip-1"), |triple| Ok::<_, Infallible>(triple.1.clone())),
            self.mapped_ref("unzip-2", part("unzip-2"), |triple| Ok::<_, Infallible>(triple.2.clone())),
        )
    }
}
