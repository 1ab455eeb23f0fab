//! Elementwise operations: functions of each element, of pairs and of triples.

use crate::array::align::{fit, pair_grids};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::{Lazy, paired};
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::Travels;

impl<T: Element> Array<T> {
    /// A function of each element; Dask's `frompyfunc`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 3], 2);
    /// assert_eq!(on_reference(&x.map(|x| x % 2 == 1))?, ndarray::array![true, false, true].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map<U: Element>(&self, f: impl Fn(T) -> U + Clone + Send + Sync + 'static) -> Array<U> {
        let identity = self.identity("map").function(&f);
        self.unary("map", identity, f)
    }

    /// A function of each element and of that of another array in its place; shapes are stretched to each other's.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![3.0, 5.0], 2);
    /// let y = Array::<i64>::from_array(ndarray::array![[1], [2]], 2);
    /// let powers = x.zip_with(&y, |x, n| x.powi(n as i32));
    /// assert_eq!(on_reference(&powers)?, ndarray::array![[3.0, 5.0], [9.0, 25.0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn zip_with<B: Element, U: Element>(
        &self,
        other: &Array<B>,
        f: impl Fn(T, B) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        let identity = Identity::of("zip_with").function(&f);
        Array::built(self.try_binary("zip_with", identity, other, f))
    }

    /// A layer of one function of each element.
    #[track_caller]
    pub(crate) fn unary<U: Element>(
        &self,
        name: &'static str,
        identity: Identity,
        f: impl Fn(T) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        match self.sound() {
            Ok(array) => array.each_block(name, identity, move |_, lazy| lazy.map(f.clone())),
            Err(stop) => Array::built(Err(stop)),
        }
    }

    /// As [`Array::unary`], of a function of what it needs and an element, so that it can run in another process.
    #[track_caller]
    pub(crate) fn unary_with<E: Travels + Copy, U: Element>(
        &self,
        name: &'static str,
        identity: Identity,
        env: E,
        f: impl Fn(E, T) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        match self.sound() {
            Ok(array) => array.each_block_with(name, identity, env, move |env, _, lazy| {
                let (env, f) = (**env, f.clone());
                lazy.map(move |x| f(env, x))
            }),
            Err(stop) => Array::built(Err(stop)),
        }
    }

    /// A function of each element that the name alone tells.
    #[track_caller]
    pub(crate) fn named<U: Element>(
        &self,
        name: &'static str,
        f: impl Fn(T) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        self.unary(name, self.identity(name), f)
    }

    /// A function of pairs that the name alone tells.
    #[track_caller]
    pub(crate) fn named2<B: Element, U: Element>(
        &self,
        name: &'static str,
        other: &Array<B>,
        f: impl Fn(T, B) -> U + Clone + Send + Sync + 'static,
    ) -> Array<U> {
        Array::built(self.try_binary(name, Identity::of(name), other, f))
    }

    /// A layer of a function of pairs; the identity is told of both arrays here.
    #[track_caller]
    pub(crate) fn try_binary<B: Element, U: Element>(
        &self,
        name: &'static str,
        identity: Identity,
        other: &Array<B>,
        f: impl Fn(T, B) -> U + Clone + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.try_binary_with(name, identity, other, (), move |(), x, y| f(x, y))
    }

    /// As [`Array::try_binary`], of a function of what it needs and two elements, so that it can run in another process.
    #[track_caller]
    pub(crate) fn try_binary_with<E: Travels + Copy, B: Element, U: Element>(
        &self,
        name: &'static str,
        identity: Identity,
        other: &Array<B>,
        env: E,
        f: impl Fn(E, T, B) -> U + Clone + Send + Sync + 'static,
    ) -> Built<Array<U>> {
        self.sound()?;
        other.sound()?;
        let grid = pair_grids(name, &self.grid, &other.grid)?;
        let (left, place_left) = fit(self, &grid).split();
        let (right, place_right) = fit(other, &grid).split();
        let block = blockwise_with((place_left, place_right, env), move |env, index, flows| {
            let [a, b] = crate::layer::inputs(flows)?;
            let (left, right, env) = &**env;
            let (a, b) = (left.of(index, Lazy::of(a, 0)?)?, right.of(index, Lazy::of(b, 1)?)?);
            let (env, f) = (*env, f.clone());
            a.zip(b, move |x, y| f(env, x, y))
        });
        let identity = identity.node(&self.node).node(&other.node);
        Ok(Array::blocks(name, identity, grid, vec![left, right], block).split_like(self))
    }

    /// Elements of `yes` where a condition holds, and of `no` elsewhere; NumPy's `where`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![-1.0, 4.0], 2);
    /// let y = Array::where_(&x.lt(0.0), &Array::zeros(2, 2), &x);
    /// assert_eq!(on_reference(&y)?, ndarray::array![0.0, 4.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn where_(condition: &Array<bool>, yes: &Array<T>, no: &Array<T>) -> Self {
        Array::built(condition.try_where(yes, no))
    }
}

impl Array<bool> {
    #[track_caller]
    fn try_where<T: Element>(&self, yes: &Array<T>, no: &Array<T>) -> Built<Array<T>> {
        self.sound()?;
        yes.sound()?;
        no.sound()?;
        let both = pair_grids("where", &yes.grid, &no.grid)?;
        let grid = pair_grids("where", &self.grid, &both)?;
        let (condition, place_condition) = fit(self, &grid).split();
        let (first, place_first) = fit(yes, &grid).split();
        let (second, place_second) = fit(no, &grid).split();
        let block = blockwise_with((place_condition, place_first, place_second), |env, index, flows| {
            let [condition, yes, no] = crate::layer::inputs(flows)?;
            let condition = env.0.of(index, Lazy::<bool>::of(condition, 0)?)?;
            let yes = env.1.of(index, Lazy::<T>::of(yes, 1)?)?;
            let no = env.2.of(index, Lazy::<T>::of(no, 2)?)?;
            let (yes, no) = paired(yes, no)?;
            let (condition, yes) = paired(condition, yes)?;
            let no = no.stretched(condition.shape())?;
            select(condition, yes, no)
        });
        let identity = Identity::of("where").node(&self.node).node(&yes.node).node(&no.node);
        Ok(Array::blocks("where", identity, grid, vec![condition, first, second], block).split_like(yes))
    }
}

/// Elements of `yes` or of `no`, of blocks of one shape.
fn select<T: Element>(condition: Lazy<bool>, yes: Lazy<T>, no: Lazy<T>) -> Result<Lazy<T>, partita_graph::Fault> {
    Lazy::zip3(condition, yes, no, |condition, yes, no| if condition { yes } else { no })
}
