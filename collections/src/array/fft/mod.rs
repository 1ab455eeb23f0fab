//! Discrete Fourier transforms along axes that are one chunk, by rustfft; as in NumPy's and Dask's `fft`.
//!
//! A transform is part of the task of each block. It takes `n` elements of an axis, cut or filled with zeros if the axis
//! is longer or shorter, and gives `y[k] = Σ x[j] · exp(−2πi · jk / n)`; the inverse has the other sign and is divided
//! by `n`, unless [`Scaling`] says otherwise. Results are `Complex<f64>`, or `f64` where they are real.
//!
//! ```
//! use partita_collections::{Array, array::fft, bag::on_reference};
//!
//! let wave = Array::<f64>::from_array(ndarray::array![1.0, 0.0, -1.0, 0.0], 4);
//! let spectrum = on_reference(&fft::rfft(&wave))?;
//! assert!((spectrum[[1]].re - 2.0).abs() < 1e-12 && spectrum[[0]].norm() < 1e-12);
//! # Ok::<(), partita_graph::RunError>(())
//! ```

mod frequencies;
mod lines;
mod options;
mod transforms;

pub use frequencies::{fftfreq, fftshift, ifftshift, rfftfreq};
pub use options::{RealSignal, Scaling, Signal, Transform, Transforms};
pub use transforms::{
    fft, fft_with, fft2, fft2_with, fftn, fftn_with, hfft, hfft_with, ifft, ifft_with, ifft2, ifft2_with, ifftn,
    ifftn_with, ihfft, ihfft_with, irfft, irfft_with, irfft2, irfft2_with, irfftn, irfftn_with, rfft, rfft_with, rfft2,
    rfft2_with, rfftn, rfftn_with,
};
