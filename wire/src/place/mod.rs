//! A private directory for the sockets of one run, which nobody else can enter and which goes when its owner goes.

mod base;
mod error;

pub use error::PlaceError;
pub use partita_graph::folders::Reclaimed;

use crate::limits::{PLACE_BEING_MADE, SOCKET_PATH_BYTES};
use base::NAME_BYTES;
use partita_graph::folders::{FolderKind, PrivateFolder, reclaim};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// How the names of these directories begin; random digits follow.
pub(crate) const PREFIX: &str = "partita-";

/// What these directories are like.
const KIND: FolderKind = FolderKind { prefix: PREFIX, lock: "owner", strict: true, unlocked: Some(PLACE_BEING_MADE) };

/// A fresh directory of mode 0700 with a random name, held by this process.
///
/// A lock that the system takes back when the process ends, however it ends, says that the owner lives. So
/// [`Place::reclaim`] removes the directories of those that died, and of nobody else.
///
/// ```
/// use partita_wire::Place;
///
/// let place = Place::fresh()?;
/// let path = place.path().to_path_buf();
/// assert!(path.is_dir());
/// drop(place);
/// assert!(!path.exists());
/// # Ok::<(), partita_wire::PlaceError>(())
/// ```
#[derive(Debug)]
pub struct Place(PrivateFolder);

impl Place {
    /// A new one in `XDG_RUNTIME_DIR` if that is private, else in the directory for temporary files, else in `/tmp`: the
    /// first one in which paths of sockets are short enough.
    ///
    /// # Errors
    /// [`PlaceError`] if none can be made.
    pub fn fresh() -> Result<Self, PlaceError> {
        Place::fresh_in(base::choose(&base::candidates())?)
    }

    /// A new one in this directory.
    ///
    /// # Errors
    /// [`PlaceError`] if none can be made there.
    pub fn fresh_in(base: &Path) -> Result<Self, PlaceError> {
        base::choose(&[base.to_path_buf()])?;
        PrivateFolder::make(base, &KIND).map(Place).map_err(|error| PlaceError::of_directory(base, error))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The path of a socket of this name in it.
    ///
    /// # Errors
    /// [`PlaceError::Name`] if the name is not that of a file, [`PlaceError::TooLong`] if the path would be.
    pub fn socket(&self, name: &str) -> Result<PathBuf, PlaceError> {
        let mut parts = Path::new(name).components();
        let is_file_name =
            matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
        if !is_file_name || name.contains('\0') {
            return Err(PlaceError::Name { name: name.chars().take(NAME_BYTES).collect() });
        }
        let path = self.path().join(name);
        let length = path.as_os_str().as_bytes().len();
        if length > SOCKET_PATH_BYTES {
            return Err(PlaceError::TooLong { path, length, most: SOCKET_PATH_BYTES });
        }
        Ok(path)
    }

    /// Removes what runs that have died left behind in all directories that [`Place::fresh`] may choose. To be called once
    /// at the start.
    ///
    /// Removed are directories of this user alone, named as by [`Place::fresh`], that nobody else can enter and whose owner
    /// holds no lock any more. Anything else is left alone, also what cannot be judged.
    pub fn reclaim() -> Reclaimed {
        let mut all = Reclaimed::default();
        for base in base::candidates() {
            all.add(Place::reclaim_in(&base));
        }
        all
    }

    /// As [`Place::reclaim`], in one directory.
    pub fn reclaim_in(base: &Path) -> Reclaimed {
        let done = reclaim(base, &KIND);
        for (path, error) in &done.failed {
            tracing::warn!("the directory {} of a dead run is left behind: {error}", path.display());
        }
        done
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Err(error) = self.0.remove() {
            tracing::warn!("the directory {} is left behind: {error}", self.path().display());
        }
    }
}
