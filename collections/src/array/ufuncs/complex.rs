//! Complex numbers: their parts, angles and conjugates.

use crate::array::{Array, Element, Number};
use num_complex::Complex;

impl Array<Complex<f64>> {
    /// The real parts.
    ///
    /// ```
    /// use num_complex::Complex;
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let z = Array::from_array(ndarray::array![Complex::new(3.0, 4.0), Complex::new(0.0, -1.0)], 1);
    /// assert_eq!(on_reference(&z.real())?, ndarray::array![3.0, 0.0].into_dyn());
    /// assert_eq!(on_reference(&z.abs())?, ndarray::array![5.0, 1.0].into_dyn());
    /// assert_eq!(on_reference(&z.imag())?, ndarray::array![4.0, -1.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn real(&self) -> Array<f64> {
        self.named("real", |z| z.re)
    }

    /// The imaginary parts.
    #[track_caller]
    pub fn imag(&self) -> Array<f64> {
        self.named("imag", |z| z.im)
    }

    /// The angles to the real axis, in (-π, π].
    #[track_caller]
    pub fn angle(&self) -> Array<f64> {
        self.named("angle", |z| z.arg())
    }

    /// Where elements have no imaginary part.
    #[track_caller]
    pub fn isreal(&self) -> Array<bool> {
        self.named("isreal", |z| z.im == 0.0)
    }

    /// Where elements have an imaginary part.
    #[track_caller]
    pub fn iscomplex(&self) -> Array<bool> {
        self.named("iscomplex", |z| z.im != 0.0)
    }

    /// Complex numbers of their real and imaginary parts.
    #[track_caller]
    pub fn from_parts_of(real: &Array<f64>, imaginary: &Array<f64>) -> Self {
        real.named2("complex", imaginary, Complex::new)
    }

    /// Each element to the power of a real number.
    #[track_caller]
    pub fn powf(&self, exponent: f64) -> Self {
        self.beside_number("powf", exponent, |z, exponent| z.powf(exponent))
    }
}

impl<T: Number> Array<T> {
    /// The complex conjugates; real elements as they are. NumPy's `conj`.
    #[track_caller]
    pub fn conj(&self) -> Self {
        self.named("conj", T::conjugate)
    }
}

impl<T: Element> Array<T> {
    /// Where elements are NaN; nowhere for types that have none.
    #[track_caller]
    pub fn is_missing(&self) -> Array<bool> {
        self.named("is_missing", T::is_nan)
    }
}
