//! Accumulators: one value for each group, to which rows are added block by block. What they make is of the type that
//! Polars makes.

use super::numbering::Valid;
use super::simple::Kind;
use polars::prelude::{
    ChunkedArray, DataType, IdxCa, IdxSize, IntoSeries, NamedFrom, NewChunkedArray, PlSmallStr, PolarsNumericType,
    Series,
};
use std::ops::Range;

/// One value for each group.
pub(crate) trait Accumulator {
    /// Adds rows, whose groups' numbers these are, all below `groups`.
    fn add(&mut self, rows: Range<usize>, numbers: &[u32], groups: usize);

    /// The values of all groups.
    fn finish(self: Box<Self>, name: PlSmallStr) -> Series;
}

/// The accumulator of an aggregate over a column of one chunk, if its type is known here.
pub(crate) fn accumulator(kind: Kind, input: &Series) -> Option<Box<dyn Accumulator + '_>> {
    match (kind, input.dtype()) {
        (Kind::Len, _) => Some(Box::new(Count { valid: Valid(None), counts: Vec::new() })),
        (Kind::Count, _) => {
            Some(Box::new(Count { valid: Valid(input.chunks().first()?.validity()), counts: Vec::new() }))
        }
        (_, DataType::Int8) => numbers::<_, i64>(kind, input.i8().ok()?),
        (_, DataType::Int16) => numbers::<_, i64>(kind, input.i16().ok()?),
        (_, DataType::Int32) => numbers::<_, i32>(kind, input.i32().ok()?),
        (_, DataType::Int64) => numbers::<_, i64>(kind, input.i64().ok()?),
        (_, DataType::UInt8) => numbers::<_, i64>(kind, input.u8().ok()?),
        (_, DataType::UInt16) => numbers::<_, i64>(kind, input.u16().ok()?),
        (_, DataType::UInt32) => numbers::<_, u32>(kind, input.u32().ok()?),
        (_, DataType::UInt64) => numbers::<_, u64>(kind, input.u64().ok()?),
        (_, DataType::Float32) => numbers::<_, Wide>(kind, input.f32().ok()?),
        (_, DataType::Float64) => numbers::<_, f64>(kind, input.f64().ok()?),
        _ => None,
    }
}

fn numbers<T, S>(kind: Kind, input: &ChunkedArray<T>) -> Option<Box<dyn Accumulator + '_>>
where
    T: PolarsNumericType<Native: Value + To<S>>,
    S: Total + 'static,
{
    let array = input.downcast_iter().next()?;
    let (values, valid) = (array.values().as_slice(), Valid(array.validity()));
    match kind {
        Kind::Sum => Some(Box::new(Sum { values, valid, sums: Vec::<S>::new() })),
        Kind::Min => Some(Box::new(Best::<T, _> { values, valid, best: Vec::new(), better: T::Native::below })),
        Kind::Max => Some(Box::new(Best::<T, _> { values, valid, best: Vec::new(), better: T::Native::above })),
        Kind::Len | Kind::Count => None,
    }
}

/// How many rows there are, or how many that are no nulls.
struct Count<'a> {
    valid: Valid<'a>,
    counts: Vec<IdxSize>,
}

impl Accumulator for Count<'_> {
    fn add(&mut self, rows: Range<usize>, numbers: &[u32], groups: usize) {
        self.counts.resize(groups, 0);
        for (row, &number) in rows.zip(numbers) {
            self.counts[number as usize] += IdxSize::from(self.valid.is(row));
        }
    }

    fn finish(self: Box<Self>, name: PlSmallStr) -> Series {
        IdxCa::from_vec(name, self.counts).into_series()
    }
}

/// What numbers are summed in.
trait Total: Copy + Default {
    fn plus(self, other: Self) -> Self;
    fn series(name: PlSmallStr, totals: Vec<Self>) -> Series;
}

/// A number as what it is summed in.
trait To<S> {
    fn to(self) -> S;
}

/// What floats of single precision are summed in.
#[derive(Clone, Copy, Default)]
struct Wide(f64);

impl Total for Wide {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Wide(self.0 + other.0)
    }

    fn series(name: PlSmallStr, totals: Vec<Self>) -> Series {
        ChunkedArray::<polars::prelude::Float32Type>::from_iter_values(name, totals.into_iter().map(|x| x.0 as f32))
            .into_series()
    }
}

impl To<Wide> for f32 {
    #[inline(always)]
    fn to(self) -> Wide {
        Wide(self.into())
    }
}

impl Total for f64 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn series(name: PlSmallStr, totals: Vec<Self>) -> Series {
        Series::new(name, totals)
    }
}

impl To<f64> for f64 {
    #[inline(always)]
    fn to(self) -> f64 {
        self
    }
}

macro_rules! totals {
    ($($total:ty: $($from:ty),*;)*) => {
        $(
            impl Total for $total {
                #[inline(always)]
                fn plus(self, other: Self) -> Self {
                    self.wrapping_add(other)
                }

                fn series(name: PlSmallStr, totals: Vec<Self>) -> Series {
                    Series::new(name, totals)
                }
            }
            $(impl To<$total> for $from {
                #[inline(always)]
                fn to(self) -> $total {
                    self.into()
                }
            })*
        )*
    };
}

totals! {
    i64: i8, i16, i64, u8, u16;
    i32: i32;
    u32: u32;
    u64: u64;
}

/// Sums.
struct Sum<'a, N, S> {
    values: &'a [N],
    valid: Valid<'a>,
    sums: Vec<S>,
}

impl<N: Copy + To<S>, S: Total> Accumulator for Sum<'_, N, S> {
    fn add(&mut self, rows: Range<usize>, numbers: &[u32], groups: usize) {
        self.sums.resize(groups, S::default());
        let values = &self.values[rows.clone()];
        let sums = &mut self.sums[..];
        if self.valid.all() {
            for (&value, &number) in values.iter().zip(numbers) {
                let sum = &mut sums[number as usize];
                *sum = sum.plus(value.to());
            }
            return;
        }
        for ((row, &value), &number) in rows.zip(values).zip(numbers) {
            if self.valid.is(row) {
                let sum = &mut sums[number as usize];
                *sum = sum.plus(value.to());
            }
        }
    }

    fn finish(self: Box<Self>, name: PlSmallStr) -> Series {
        S::series(name, self.sums)
    }
}

/// Numbers in their order, in which NaN are none.
trait Value: Copy {
    fn below(self, other: Self) -> bool;
    fn above(self, other: Self) -> bool;
}

macro_rules! values {
    ($is_nan:expr, $($type:ty),*) => {
        $(impl Value for $type {
            #[inline(always)]
            fn below(self, other: Self) -> bool {
                self < other || $is_nan(other as f64)
            }

            #[inline(always)]
            fn above(self, other: Self) -> bool {
                self > other || $is_nan(other as f64)
            }
        })*
    };
}
values!(|_| false, i8, i16, i32, i64, u8, u16, u32, u64);
values!(f64::is_nan, f32, f64);

/// The least or the largest of values.
struct Best<'a, T: PolarsNumericType, F> {
    values: &'a [T::Native],
    valid: Valid<'a>,
    best: Vec<Option<T::Native>>,
    better: F,
}

impl<T: PolarsNumericType, F: Fn(T::Native, T::Native) -> bool> Accumulator for Best<'_, T, F> {
    fn add(&mut self, rows: Range<usize>, numbers: &[u32], groups: usize) {
        self.best.resize(groups, None);
        for (row, &number) in rows.zip(numbers) {
            let best = &mut self.best[number as usize];
            let value = self.values[row];
            if self.valid.is(row) && best.is_none_or(|best| (self.better)(value, best)) {
                *best = Some(value);
            }
        }
    }

    fn finish(self: Box<Self>, name: PlSmallStr) -> Series {
        ChunkedArray::<T>::from_iter_options(name, self.best.into_iter()).into_series()
    }
}
