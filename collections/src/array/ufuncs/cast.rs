//! Conversions of element types.

use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Chunk, Element};
use num_complex::Complex;
use partita_graph::Fault;

/// Types that become others. Numbers become others as by Rust's `as`: fractions are cut off, what is out of range becomes
/// the nearest number of the type, NaN becomes 0; integers keep their low bits. `bool` is 0 and 1, and everything but 0
/// is `true`. Complex numbers lose their imaginary part.
pub trait Cast<U>: Element {
    /// The element as another type.
    fn cast(self) -> U;
}

macro_rules! casts {
    ($($from:ty => $($to:ty)*;)*) => {
        $($(impl Cast<$to> for $from {
            #[inline]
            fn cast(self) -> $to {
                self as $to
            }
        })*

        impl Cast<bool> for $from {
            #[inline]
            fn cast(self) -> bool {
                self.is_true()
            }
        }

        impl Cast<$from> for bool {
            #[inline]
            fn cast(self) -> $from {
                u8::from(self) as $from
            }
        }

        impl Cast<Complex<f64>> for $from {
            #[inline]
            fn cast(self) -> Complex<f64> {
                Complex::new(self as f64, 0.0)
            }
        }

        impl Cast<$from> for Complex<f64> {
            #[inline]
            fn cast(self) -> $from {
                self.re as $from
            }
        })*
    };
}

casts! {
    f64 => f64 f32 i64 i32 u8;
    f32 => f64 f32 i64 i32 u8;
    i64 => f64 f32 i64 i32 u8;
    i32 => f64 f32 i64 i32 u8;
    u8 => f64 f32 i64 i32 u8;
}

impl Cast<bool> for bool {
    fn cast(self) -> bool {
        self
    }
}

impl Cast<bool> for Complex<f64> {
    fn cast(self) -> bool {
        self.is_true()
    }
}

impl Cast<Complex<f64>> for bool {
    fn cast(self) -> Complex<f64> {
        Complex::new(f64::from(u8::from(self)), 0.0)
    }
}

impl Cast<Complex<f64>> for Complex<f64> {
    fn cast(self) -> Complex<f64> {
        self
    }
}

impl<T: Element> Array<T> {
    /// The elements as another type; NumPy's `astype`. See [`Cast`] for what does not fit.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.9, -300.0, f64::NAN], 2);
    /// assert_eq!(on_reference(&x.astype::<u8>())?, ndarray::array![1, 0, 0].into_dyn());
    /// assert_eq!(on_reference(&x.gt(0.0).astype::<f64>())?, ndarray::array![1.0, 0.0, 0.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn astype<U: Element>(&self) -> Array<U>
    where
        T: Cast<U>,
    {
        self.named("astype", T::cast)
    }
    /// The bytes of the elements as elements of another type; NumPy's `view`. The last axis is as much longer as they are
    /// smaller, so that complex numbers become pairs of their parts.
    ///
    /// ```
    /// use num_complex::Complex;
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let z = Array::from_array(ndarray::array![Complex::new(1.0, 2.0), Complex::new(3.0, 4.0)], 1);
    /// let parts = z.view_as::<f64>();
    /// assert_eq!(on_reference(&parts)?, ndarray::array![1.0, 2.0, 3.0, 4.0].into_dyn());
    /// assert_eq!(on_reference(&parts.view_as::<Complex<f64>>())?, on_reference(&z)?);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn view_as<U: Element>(&self) -> Array<U> {
        Array::built(self.try_view())
    }

    #[track_caller]
    fn try_view<U: Element>(&self) -> Built<Array<U>> {
        self.sound()?;
        let (operation, from, to) = ("view_as", size_of::<T>(), size_of::<U>());
        let shape = || self.shape().to_vec();
        let mut chunks = self.chunks().to_vec();
        if from != to {
            let wanted = "an array with an axis, along which elements of another size follow each other";
            let last = chunks.last_mut().ok_or_else(|| ArrayError::Dimensions { operation, wanted, shape: shape() })?;
            for length in last.iter_mut().filter(|length| **length != UNKNOWN) {
                if *length % (to / from).max(1) != 0 {
                    let needs = "chunks of whole elements along the last axis";
                    let remedy = format!("`rechunk_axis` it to a multiple of {} first, if it is one", to / from);
                    return Err(
                        ArrayError::Chunking { operation, needs, chunks: self.chunks().to_vec(), remedy }.into()
                    );
                }
                let viewed = (*length / (to / from).max(1)).checked_mul((from / to).max(1));
                *length = viewed.ok_or_else(|| ArrayError::TooManyElements { shape: shape() })?;
            }
        }
        let grid = Grid::new(chunks)?;
        let block = blockwise_with((operation, from, to), |env, _, flows| {
            let (operation, from, to) = **env;
            let [flow] = crate::layer::inputs(flows)?;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let viewed = match chunk.as_slice() {
                Some(elements) => U::from_bytes(&T::bytes_of(elements)),
                None => U::from_bytes(&T::bytes_of(&chunk.to_vec())),
            };
            let mut shape = chunk.shape().to_vec();
            if let Some(last) = shape.last_mut() {
                *last = *last / (to / from).max(1) * (from / to).max(1);
            }
            match viewed.filter(|viewed| viewed.len() == shape.iter().product::<usize>()) {
                Some(viewed) => Ok(Chunk::new(&shape, viewed).into()),
                None => {
                    let value = format!("bytes of {} that are no {}", T::DTYPE, U::DTYPE);
                    let allowed = "rows must be of whole elements, and a bool is a byte of 0 or 1";
                    Err(Fault::failed(ArrayFault::Element { operation, value, allowed }))
                }
            }
        });
        let identity = self.identity(operation).data(&U::DTYPE);
        Ok(Array::blocks(operation, identity, grid, vec![self.node.clone().into()], block).split_like(self))
    }
}
