//! NumPy's files: `.npy`, and stacks of them as Dask writes them.

mod file;
mod info;
mod runs;
mod stack;
mod write;

use super::super::chunks::Chunks;
use super::super::{Array, Element};
use super::error::StoreError;
use super::sink::Shared;
use crate::Item;
use crate::identity::Identity;
use crate::staged::Target;
use file::{NpyFile, written_header};
use partita_graph::Fault;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use write::NpySink;

impl<T: Element> Array<T> {
    /// An array of a `.npy` file, as `numpy.save` writes them. Its header is read now, and its elements when they are
    /// needed: of each block its own bytes, and small gaps between them.
    ///
    /// Files in C order and in Fortran's, of either order of bytes, and of versions 1 to 3 of the format are read. The
    /// array knows size and time of the file, and reading it fails if it changed since.
    ///
    /// # Errors
    /// [`StoreError`] if the file is not there, is cut short or no `.npy` file, holds elements of another type than `T`,
    /// or if the chunks do not fit its shape.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("x.npy");
    /// let x = Array::<f64>::from_array(ndarray::array![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], 2);
    /// on_reference(&x.to_npy(&path)?)?;
    /// let back = Array::<f64>::from_npy(&path, [1, 3])?;
    /// assert_eq!(on_reference(&back)?, on_reference(&x)?);
    /// let error = Array::<f32>::from_npy(&path, 1).unwrap_err().to_string();
    /// assert!(error.contains("holds float64, and was to be read as float32"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn from_npy(path: impl AsRef<Path>, chunks: impl Into<Chunks>) -> Result<Self, StoreError> {
        let npy = NpyFile::open::<T>(path.as_ref())?;
        let grid = chunks.into().grid(npy.shape(), size_of::<T>());
        let grid = grid.map_err(|error| StoreError::array(npy.path(), error))?;
        let identity = npy.identify(Identity::of("from_npy"));
        let read = |npy: &NpyFile, _, ranges: &[_]| npy.read(ranges).map_err(Fault::failed);
        Ok(Array::read_parts("from_npy", Some(identity), grid, npy, read))
    }

    /// Writes the array to one `.npy` file, in C order. The lazy result is the file's path; nothing is written before it
    /// is computed.
    ///
    /// Blocks are written to their places by their own tasks, in a file beside it that gets the name when it is whole.
    /// If something fails, nothing stands under the name, or what stood there before. Blocks that are as long as the
    /// array on all axes but the first are written in one piece, others in many small ones.
    ///
    /// # Errors
    /// [`StoreError`] if the directory is not there, or a file is and was not to be [`overwrite`]n. Lengths of chunks
    /// must be known; if they are not, computing the result tells, before any work starts.
    ///
    /// [`overwrite`]: super::overwrite
    #[track_caller]
    pub fn to_npy(&self, target: impl Into<Target>) -> Result<Item<PathBuf>, StoreError> {
        let target = target.into().file()?;
        let (path, shape) = (target.path().to_path_buf(), self.shape().to_vec());
        if self.grid.is_known() {
            // A shape that no file can hold is found now.
            written_header::<T>(&path, &shape)?;
        }
        let open = move || {
            let sink: Shared<T> = Arc::new(NpySink::new::<T>(target.clone(), shape.clone())?);
            Ok(sink)
        };
        Ok(self.stored("to_npy", open, path))
    }
}
