//! Sums and moments: sum, product of numbers, mean, variance, standard deviation.
//!
//! Whatever the workers do, results have the same bits: they depend on the partitions and on nothing else.

use super::layer::Names;
use super::reduction::with_elements;
use super::stream::Stream;
use super::{Bag, Element, Item};
use serde::{Deserialize, Serialize};
use std::iter::{Product, Sum};

/// A number that means and variances can be made of: any integer or float of the standard library.
pub trait Number {
    /// The nearest float.
    fn to_f64(&self) -> f64;
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl Number for $number {
            fn to_f64(&self) -> f64 {
                *self as f64
            }
        })*
    };
}

numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);

impl<T: Element> Bag<T> {
    /// The sum of all elements, 0 if there are none; Dask's `sum`.
    ///
    /// Integers are added as Rust adds them: too large a sum panics in debug builds, which fails the task, and wraps in
    /// release builds. `map` to a wider type first, or `try_fold` with `checked_add`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence(0..13, 5).sum())?, 78);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn sum(&self) -> Item<T>
    where
        T: Sum,
    {
        let names = Names { partial: "sum", combine: "sum-combine", aggregate: "sum-aggregate" };
        let sum = |(): &(), some: &[&T]| Ok(some.iter().copied().cloned().sum::<T>());
        let reduce = |(): &(), _, stream: Stream<T>| with_elements(stream, |elements| elements.sum::<T>());
        self.merged(names, self.identity("sum"), (), reduce, sum).item()
    }

    /// All elements multiplied, 1 if there are none. (Dask's `product` is [`Bag::product`], all pairs of two bags.)
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence(1..6, 2).prod())?, 120);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn prod(&self) -> Item<T>
    where
        T: Product,
    {
        let names = Names { partial: "prod", combine: "prod-combine", aggregate: "prod-aggregate" };
        let product = |(): &(), some: &[&T]| Ok(some.iter().copied().cloned().product::<T>());
        let reduce = |(): &(), _, stream: Stream<T>| with_elements(stream, |elements| elements.product::<T>());
        self.merged(names, self.identity("prod"), (), reduce, product).item()
    }

    /// The mean, or `None` if there are no elements (where Dask divides by zero); Dask's `mean`.
    ///
    /// Sums are compensated for rounding, so that the mean of a billion numbers is as good as that of ten.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence([1, 2, 6], 2).mean())?, Some(3.0));
    /// assert_eq!(on_reference(&Bag::<i64>::range(0, 1).mean())?, None);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn mean(&self) -> Item<Option<f64>>
    where
        T: Number,
    {
        let names = Names { partial: "mean", combine: "mean-combine", aggregate: "mean-aggregate" };
        let reduce = |(): &(), _, stream: Stream<T>| {
            let mut total = Total::default();
            stream.for_each_ref(|element| total.add(element.to_f64()))?;
            Ok(total)
        };
        let merge = |some: &[&Total]| some.iter().copied().fold(Total::default(), Total::merged);
        let combine = move |(): &(), some: &[&Total]| Ok(merge(some));
        let finish = move |(): &(), some: &[&Total]| Ok(merge(some).mean());
        self.reduced(names, self.identity("mean"), (), reduce, combine, finish).item()
    }

    /// The variance, or `None` if there are no more elements than `ddof`; Dask's `var(ddof=0)`.
    ///
    /// `ddof` is taken from the number of elements in the divisor: 0 for the variance of all there is, 1 for an
    /// estimate from a sample. Means and squares are updated together (Welford 1962, merged as by Chan et al. 1979), so
    /// numbers far from 0 lose nothing.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<f64>::from_sequence([1e9, 1e9 + 1.0, 1e9 + 2.0], 2);
    /// assert_eq!(on_reference(&(bag.var(0), bag.var(1), bag.var(3)))?, (Some(2.0 / 3.0), Some(1.0), None));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn var(&self, ddof: u64) -> Item<Option<f64>>
    where
        T: Number,
    {
        self.moments("var", ddof, |variance| variance)
    }

    /// The standard deviation: the root of [`Bag::var`]; Dask's `std(ddof=0)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence([1, 3], 2).std(0))?, Some(1.0));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn std(&self, ddof: u64) -> Item<Option<f64>>
    where
        T: Number,
    {
        self.moments("std", ddof, f64::sqrt)
    }

    #[track_caller]
    fn moments(
        &self,
        aggregate: &'static str,
        ddof: u64,
        of: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Item<Option<f64>>
    where
        T: Number,
    {
        let names = Names { partial: "moments", combine: "moments-combine", aggregate };
        let reduce = |_: &u64, _, stream: Stream<T>| {
            let mut moments = Moments::default();
            stream.for_each_ref(|element| moments.add(element.to_f64()))?;
            Ok(moments)
        };
        let merge = |some: &[&Moments]| some.iter().copied().fold(Moments::default(), Moments::merged);
        let combine = move |_: &u64, some: &[&Moments]| Ok(merge(some));
        let finish = move |ddof: &u64, some: &[&Moments]| Ok(merge(some).variance(*ddof).map(&of));
        self.reduced(names, self.identity("moments").data(&ddof), ddof, reduce, combine, finish).item()
    }
}

/// A sum with what rounding took from it (Neumaier 1974).
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Total {
    count: u64,
    sum: f64,
    lost: f64,
}

impl Total {
    fn add(&mut self, x: f64) {
        self.count += 1;
        self.add_part(x);
    }

    fn add_part(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost += match self.sum.abs() >= x.abs() {
            true => (self.sum - sum) + x,
            false => (x - sum) + self.sum,
        };
        self.sum = sum;
    }

    fn merged(mut self, other: &Total) -> Total {
        self.count += other.count;
        self.add_part(other.sum);
        self.lost += other.lost;
        self
    }

    fn mean(&self) -> Option<f64> {
        // After an infinity, what rounding took is not a number.
        let sum = if self.sum.is_finite() { self.sum + self.lost } else { self.sum };
        (self.count > 0).then(|| sum / self.count as f64)
    }
}

/// Count, mean and the sum of squared distances from it.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, x: f64) {
        self.count += 1;
        let distance = x - self.mean;
        self.mean += distance / self.count as f64;
        self.squares += distance * (x - self.mean);
    }

    fn merged(self, other: &Moments) -> Moments {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { *other } else { self };
        }
        let count = self.count + other.count;
        let (ours, theirs, all) = (self.count as f64, other.count as f64, count as f64);
        let distance = other.mean - self.mean;
        Moments {
            count,
            mean: self.mean + distance * (theirs / all),
            squares: self.squares + other.squares + distance * distance * (ours * theirs / all),
        }
    }

    fn variance(&self, ddof: u64) -> Option<f64> {
        (self.count > ddof).then(|| self.squares / (self.count - ddof) as f64)
    }
}
