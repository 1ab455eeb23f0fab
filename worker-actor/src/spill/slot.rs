//! A value's place on disk, and the file that it is in.

use super::disk::Disk;
use super::form::{self, Owner, SpillError};
use partita_graph::{Reader, Value};
use partita_protocol::TaskId;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// A file of values. It is removed when nobody has a place in it any longer.
pub struct SpillFile {
    path: PathBuf,
    nbytes: u64,
    disk: Arc<dyn Disk>,
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        self.disk.remove(&self.path, self.nbytes);
    }
}

/// A file that is being written. Unless it is finished, it is removed.
pub(crate) struct NewFile {
    file: SpillFile,
    sink: Box<dyn Write + Send>,
}

impl NewFile {
    pub(crate) fn create(disk: Arc<dyn Disk>) -> io::Result<Self> {
        let (path, sink) = disk.create()?;
        Ok(NewFile { file: SpillFile { path, nbytes: 0, disk }, sink })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.disk.take(bytes.len() as u64)?;
        self.file.nbytes += bytes.len() as u64;
        self.sink.write_all(bytes)
    }

    /// Writes a value in its written form, and says where it will be.
    pub(crate) fn add(&mut self, task: TaskId, version: u64, value: &Value, written: &[u8]) -> io::Result<Place> {
        let task = ((task.generation() as u64) << 32) | task.index() as u64;
        let place = Place {
            offset: self.file.nbytes,
            owner: Owner { task, version, nbytes: written.len() as u64 },
            reader: value.reader(),
        };
        form::write(self, place.owner, written)?;
        Ok(place)
    }

    /// All is written.
    pub(crate) fn finish(mut self) -> io::Result<Arc<SpillFile>> {
        self.sink.flush()?;
        Ok(Arc::new(self.file))
    }
}

/// Writes values of tasks into one new file, each of a version.
///
/// ```
/// use partita_graph::Value;
/// use partita_protocol::TaskId;
/// use partita_worker::spill::{SpillFolder, write};
/// use std::sync::Arc;
///
/// let folder = Arc::new(SpillFolder::new(std::env::temp_dir(), 1 << 20));
/// let numbers = Value::new(vec![1u64, 2, 3]);
/// let slots = write(folder.clone(), &[(TaskId::new(0, 0), 7, numbers)])?;
/// assert_eq!(slots[0].read()?.get::<Vec<u64>>()?, &[1, 2, 3]);
/// drop(slots);
/// assert_eq!(folder.used(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of the disk, and if a value cannot be written. Then nothing is left of the file.
pub fn write(disk: Arc<dyn Disk>, values: &[(TaskId, u64, Value)]) -> io::Result<Vec<Slot>> {
    let mut file = NewFile::create(disk)?;
    let mut places = Vec::with_capacity(values.len());
    for (task, version, value) in values {
        let written = value.bytes().map_err(io::Error::other)?;
        places.push(file.add(*task, *version, value, &written)?);
    }
    let file = file.finish()?;
    Ok(places.into_iter().map(|place| Slot::new(file.clone(), place)).collect())
}

/// Where in a file a value is.
pub(crate) struct Place {
    offset: u64,
    owner: Owner,
    reader: Reader,
}

/// A value on disk.
#[derive(Clone)]
pub struct Slot {
    file: Arc<SpillFile>,
    place: Arc<Place>,
}

impl Slot {
    pub(crate) fn new(file: Arc<SpillFile>, place: Place) -> Self {
        Slot { file, place: Arc::new(place) }
    }

    /// Reads it.
    ///
    /// # Errors
    /// If it is not there as it was written. It can be computed again.
    pub fn read(&self) -> Result<Value, SpillError> {
        let SpillFile { disk, path, .. } = &*self.file;
        let Place { offset, owner, reader } = &*self.place;
        let size = usize::try_from(owner.nbytes).map_err(|_| SpillError::Damaged("it is larger than memory"))?;
        let mut file = disk.open(path, *offset)?;
        let mut room = reader.room(size)?;
        form::read(&mut *file, *owner, room.bytes())?;
        // Reading is code of the user's type.
        match partita_graph::catch(|| room.value()) {
            Ok(value) => Ok(value?),
            Err(_) => Err(SpillError::Damaged("its type panicked when it was read")),
        }
    }

    /// Bytes of its file.
    pub fn file_nbytes(&self) -> u64 {
        self.file.nbytes
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slot({}, {})", self.file.path.display(), self.place.offset)
    }
}
