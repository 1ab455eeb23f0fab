//! Bags of tuples: their parts as arguments of a function, or as bags of their own.

use super::error::{BoxError, Users};
use super::{Bag, Element};
use partita_graph::Plain;
use std::convert::Infallible;

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
                self.mapped("starmap", identity, (), move |(), ($($place,)+)| Ok::<_, Infallible>(f($($place),+)))
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
                self.mapped("try_starmap", identity, (), move |(), ($($place,)+)| f($($place),+).map_err(Users::error))
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
                self.mapped("starmap", identity, Plain(env), move |env, ($($place,)+)| Ok::<_, Infallible>(f(env, $($place),+)))
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
    "let bag = Bag::<(i64, i64, i64)>::from_sequence([(1, 2, 3)], 1);\n\
     let bag = bag.try_starmap(|a, b, c| Ok::<_, String>(a + b + c));\n\
     assert_eq!(on_reference(&bag)?, [6]);"
    "let bag = Bag::<(i64, i64, i64)>::from_sequence([(1, 2, 3)], 1);\n\
     let bag = bag.starmap_with(10, |ten, a, b, c| ten * (a + b + c));\n\
     assert_eq!(on_reference(&bag)?, [60]);"
    (A a, B b, C c)
    "let bag = Bag::<(i64, i64, i64, i64)>::from_sequence([(1, 2, 3, 4)], 1).starmap(|a, b, c, d| a * b * c * d);\n\
     assert_eq!(on_reference(&bag)?, [24]);"
    "let bag = Bag::<(i64, i64, i64, i64)>::from_sequence([(1, 2, 3, 4)], 1);\n\
     let bag = bag.try_starmap(|a, b, c, d| Ok::<_, String>(a + b + c + d));\n\
     assert_eq!(on_reference(&bag)?, [10]);"
    "let bag = Bag::<(i64, i64, i64, i64)>::from_sequence([(1, 2, 3, 4)], 1);\n\
     let bag = bag.starmap_with(1, |one, a, b, c, d| one + a + b + c + d);\n\
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
    fn part<U: Element>(&self, name: &'static str, of: impl Fn(&(A, B)) -> U + Send + Sync + 'static) -> Bag<U> {
        self.mapped_ref(name, self.identity(name), (), move |(), pair| Ok::<_, Infallible>(of(pair)))
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
            self.mapped_ref("unzip-0", part("unzip-0"), (), |(), triple| Ok::<_, Infallible>(triple.0.clone())),
            self.mapped_ref("unzip-1", part("unzip-1"), (), |(), triple| Ok::<_, Infallible>(triple.1.clone())),
            self.mapped_ref("unzip-2", part("unzip-2"), (), |(), triple| Ok::<_, Infallible>(triple.2.clone())),
        )
    }
}
