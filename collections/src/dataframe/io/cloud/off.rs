//! No stores: what stands for them in builds without the feature `cloud`. There are no objects, so nothing is ever done
//! with one.

use super::error::{CloudError, url};
use super::options::StorageOptions;
use crate::dataframe::io::faults::FileError;
use crate::staged::Target;
use polars_io::mmap::MmapBytesReader;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What cannot be.
#[derive(Clone, Copy, Debug)]
enum Never {}

/// A file of a store; there is none.
#[derive(Clone, Debug)]
pub(in crate::dataframe::io) struct Object(Never);

/// A file of a store that is open; there is none.
pub struct Reading(Never);

/// Finds no files.
pub(in crate::dataframe::io) struct Finder;

/// A file that was found, and how many parts of its path stand above those that may tell of columns.
pub(in crate::dataframe::io) type Found = (Object, usize);

impl Finder {
    pub(in crate::dataframe::io) fn new(_: &[PathBuf], _: &StorageOptions) -> Self {
        Finder
    }

    pub(in crate::dataframe::io) fn one(&mut self, path: &Path) -> Result<Vec<Object>, CloudError> {
        Err(CloudError::Off { url: url(path) })
    }

    pub(in crate::dataframe::io) fn below(&mut self, path: &Path, _: &[&str]) -> Result<Vec<Found>, CloudError> {
        Err(CloudError::Off { url: url(path) })
    }
}

impl Object {
    pub(in crate::dataframe::io) fn path(&self) -> &Path {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn name(&self) -> &Path {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn size(&self) -> u64 {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn changed(&self) -> SystemTime {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn described(&self) -> (String, String, Option<String>) {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn open(&self) -> Reading {
        match self.0 {}
    }
}

impl Reading {
    pub(in crate::dataframe::io) fn again(&self) -> Self {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn reads_on(&mut self, _: u64, _: u64) {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn expect(&mut self, _: bool) {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn failure(&self) -> Option<CloudError> {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn ranges(&self, _: Vec<Range<u64>>) -> io::Result<Vec<Vec<u8>>> {
        match self.0 {}
    }
}

impl Read for Reading {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl Seek for Reading {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        match self.0 {}
    }
}

impl MmapBytesReader for Reading {}

/// Where objects are written to; there is none.
#[derive(Clone)]
pub(in crate::dataframe::io) struct Destination(Never);

/// Objects of one run; there are none.
pub(in crate::dataframe::io) struct Uploads(Never);

/// An object that is being written; there is none.
pub(in crate::dataframe::io) struct Upload(Never);

impl Destination {
    pub(in crate::dataframe::io) fn of(
        target: &Target,
        _: &StorageOptions,
        _: bool,
        _: &str,
    ) -> Result<Self, FileError> {
        Err(CloudError::Off { url: url(target.path()) }.into())
    }

    pub(in crate::dataframe::io) fn path(&self, _: &Path) -> PathBuf {
        match self.0 {}
    }
}

impl Uploads {
    pub(in crate::dataframe::io) fn new(destination: Destination) -> Self {
        match destination.0 {}
    }

    pub(in crate::dataframe::io) fn file(&self, _: &Path) -> io::Result<Upload> {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn keep(&self, _: &Path, _: Upload) -> io::Result<u64> {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn size(&self, _: &Path) -> io::Result<u64> {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn finish(&self) -> Result<(), FileError> {
        match self.0 {}
    }

    pub(in crate::dataframe::io) fn abandon(&self) {
        match self.0 {}
    }
}

impl Write for Upload {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0 {}
    }
}
