//! Volumes: files without names, each for the rows of many partitions, as a file for each would be more than may be open.

use parking_lot::Mutex;
use std::fs::File;
use std::io::{Error, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Weak};

/// Bytes of a volume after which another one is begun. Their room is given back by volumes.
const FULL: u64 = 256 << 20;

/// A file without a name, which is gone with the last that has it open.
pub(super) struct Volume {
    file: File,
    /// Where what was written ends.
    end: Mutex<u64>,
}

impl Volume {
    pub(super) fn new(file: File) -> Self {
        Volume { file, end: Mutex::new(0) }
    }

    /// Writes bytes at the end, and says where they are. What could not be written whole is written over.
    pub(super) fn append(&self, bytes: &[u8]) -> Result<Range<u64>, Error> {
        let mut end = self.end.lock();
        let start = *end;
        (&self.file).seek(SeekFrom::Start(start))?;
        (&self.file).write_all(bytes)?;
        *end = start + bytes.len() as u64;
        Ok(start..*end)
    }

    /// The bytes that are there.
    pub(super) fn read(&self, range: &Range<u64>) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        self.fill(&mut bytes, range.start)?;
        Ok(bytes)
    }

    /// Readers wait for nobody.
    #[cfg(unix)]
    fn fill(&self, bytes: &mut [u8], at: u64) -> Result<(), Error> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, bytes, at)
    }

    #[cfg(not(unix))]
    fn fill(&self, bytes: &mut [u8], at: u64) -> Result<(), Error> {
        let _end = self.end.lock();
        (&self.file).seek(SeekFrom::Start(at))?;
        std::io::Read::read_exact(&mut &self.file, bytes)
    }

    fn is_full(&self) -> bool {
        *self.end.lock() >= FULL
    }
}

/// The volume that is written to now, while somebody needs it.
#[derive(Default)]
pub(super) struct Volumes(Mutex<Weak<Volume>>);

impl Volumes {
    /// A volume that is not full.
    pub(super) fn current(&self, directory: &Path) -> Result<Arc<Volume>, Error> {
        let mut current = self.0.lock();
        if let Some(volume) = current.upgrade().filter(|volume| !volume.is_full()) {
            return Ok(volume);
        }
        let volume = Arc::new(Volume::new(tempfile::tempfile_in(directory)?));
        *current = Arc::downgrade(&volume);
        Ok(volume)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_shared_and_gone_with_their_last_reader() {
        let directory = tempfile::tempdir().unwrap();
        let volumes = Volumes::default();
        let (one, two) = (volumes.current(directory.path()).unwrap(), volumes.current(directory.path()).unwrap());
        assert!(Arc::ptr_eq(&one, &two));
        let (first, second) = (one.append(b"some").unwrap(), two.append(b"more").unwrap());
        assert_eq!((first.clone(), second.clone()), (0..4, 4..8));
        assert_eq!((two.read(&first).unwrap(), one.read(&second).unwrap()), (b"some".to_vec(), b"more".to_vec()));
        *one.end.lock() = FULL;
        assert!(!Arc::ptr_eq(&one, &volumes.current(directory.path()).unwrap()));
        let weak = Arc::downgrade(&one);
        drop((one, two));
        assert!(weak.upgrade().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let volume = Volume::new(full);
        assert_eq!(volume.append(b"some").unwrap_err().kind(), std::io::ErrorKind::StorageFull);
        assert_eq!(*volume.end.lock(), 0);
    }
}
