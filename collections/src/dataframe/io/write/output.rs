//! Outputs: the files of one run, under other names until all are whole.

use super::super::cloud::{CloudError, Destination, Uploads};
use super::super::faults::FileError;
use super::append::Append;
use super::formats::Format;
use super::split::split;
use super::written::WrittenFile;
use crate::bag::{BoxError, Compression, Encoder};
use crate::staged::{Ending, Staged, Target, TargetError};
use parking_lot::Mutex;
use polars::prelude::{self as pl, PlSmallStr, PolarsError};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What is written, and where.
#[derive(Clone)]
pub(super) struct Job<F> {
    pub(super) target: Target,
    /// Where it is in a store, if it is not of this machine.
    pub(super) stored: Option<Destination>,
    pub(super) format: F,
    /// The parts of a file's name around the partition's number.
    pub(super) name: (String, String),
    pub(super) partition_by: Vec<PlSmallStr>,
    /// Whether all partitions go to one file.
    pub(super) single: bool,
    /// Whether files are put to those that are there.
    pub(super) append: Option<Append>,
}

impl<F: Format> Job<F> {
    /// The number of the first file: that after those of files to which others are put, if they are of the same columns.
    pub(super) fn first(&self) -> Result<Option<u64>, FileError> {
        match &self.append {
            Some(append) => append.first(&self.target, &self.name, &self.partition_by),
            None => Ok(None),
        }
    }

    /// Where a file of this name is at the end.
    fn path(&self, name: &Path) -> PathBuf {
        match &self.stored {
            Some(stored) => stored.path(name),
            None if self.single => self.target.path().to_path_buf(),
            None => self.target.path().join(name),
        }
    }
}

/// The files of one run.
pub(super) struct Output<F> {
    pub(super) job: Job<F>,
    sink: Sink,
    /// The number of the first partition's file.
    first: u64,
    /// Files of partitions that become one.
    parts: Mutex<BTreeMap<u32, PathBuf>>,
}

/// Where files are until all are whole.
enum Sink {
    /// In a directory beside the target.
    Local(Staged),
    /// In a store, where nobody sees them.
    Stored(Uploads),
    /// In a directory of this machine, before they become one object.
    Gathered(Uploads, Mutex<Option<TempDir>>, PathBuf),
}

/// Why a partition could not be written.
pub(super) enum Failure {
    /// The place is at fault.
    Target(TargetError),
    /// The store is at fault.
    Cloud(CloudError),
    /// Polars could not.
    Polars(PolarsError),
}

impl Failure {
    /// What the system or the store said when something was to be written.
    fn writing(path: &Path, error: &io::Error) -> Self {
        match CloudError::within(error) {
            Some(error) => Failure::Cloud(error.clone()),
            None => Failure::Target(TargetError::writing(path, error)),
        }
    }
}

impl From<PolarsError> for Failure {
    fn from(error: PolarsError) -> Self {
        Failure::Polars(error)
    }
}

impl<F: Format> Output<F> {
    pub(super) fn new(job: Job<F>) -> Result<Self, BoxError> {
        let first = job.first()?;
        let sink = match (&job.stored, first, job.single) {
            (None, Some(_), _) => Sink::Local(Staged::within(job.target.clone())?),
            (None, None, _) => Sink::Local(Staged::empty(job.target.clone())?),
            (Some(stored), _, false) => Sink::Stored(Uploads::new(stored.clone())),
            (Some(stored), _, true) => {
                let directory = tempfile::tempdir()?;
                let path = directory.path().to_path_buf();
                Sink::Gathered(Uploads::new(stored.clone()), Mutex::new(Some(directory)), path)
            }
        };
        Ok(Output { job, sink, first: first.unwrap_or(0), parts: Mutex::new(BTreeMap::new()) })
    }

    /// Writes a partition; only looks at what was written if that is at its end.
    pub(super) fn write(
        &self,
        partition: u32,
        frame: &pl::DataFrame,
        is_finished: bool,
    ) -> Result<Vec<WrittenFile>, Failure> {
        let Job { target, single, partition_by, name, .. } = &self.job;
        let file_name = format!("{}{}{}", name.0, self.first + u64::from(partition), name.1);
        let mut files = Vec::new();
        for (directory, mut frame) in split(frame, partition_by)? {
            let name = directory.join(&file_name);
            let failed = |error: io::Error| Failure::writing(&self.job.path(&name), &error);
            let explained = |failure| match failure {
                Ok(error) => failed(error),
                Err(error) => Failure::Polars(error),
            };
            let rows = frame.height();
            let path = self.job.path(&name);
            let staged = match &self.sink {
                Sink::Local(staged) => staged.file(&name),
                Sink::Gathered(_, _, directory) => directory.join(&name),
                Sink::Stored(uploads) => {
                    let bytes = match is_finished {
                        true => uploads.size(&name).map_err(failed)?,
                        false => {
                            let file = uploads.file(&name).map_err(failed)?;
                            let file = self.write_file(file, &name, &mut frame, true).map_err(explained)?;
                            uploads.keep(&name, file).map_err(failed)?
                        }
                    };
                    files.push(WrittenFile { path, rows, bytes });
                    continue;
                }
            };
            if !is_finished {
                staged.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
                let named = if *single { target.path() } else { &*name };
                let file = BufWriter::new(File::create(&staged).map_err(failed)?);
                let file = self.write_file(file, named, &mut frame, partition == 0 || !single);
                file.map_err(explained)?.flush().map_err(failed)?;
            }
            if *single {
                self.parts.lock().insert(partition, staged.clone());
                let bytes = if is_finished { 0 } else { fs::metadata(&staged).map_err(failed)?.len() };
                files.push(WrittenFile { path, rows, bytes });
                continue;
            }
            let bytes = fs::metadata(if is_finished { &path } else { &staged }).map_err(failed)?.len();
            files.push(WrittenFile { path, rows, bytes });
        }
        Ok(files)
    }

    /// Writes to a new file, compressed if the name that it will have tells so.
    fn write_file<W: Write>(
        &self,
        file: W,
        name: &Path,
        frame: &mut pl::DataFrame,
        is_first: bool,
    ) -> Result<W, Result<io::Error, PolarsError>> {
        let compression = if F::TEXT { Compression::Infer.of(name) } else { Compression::None };
        let mut noting = Noting { file: Encoder::new(compression, file).map_err(Ok)?, error: None };
        let written = self.job.format.write(frame, is_first, &mut noting);
        written.map_err(|error| match noting.error.take() {
            // What the system said is lost in some errors of Polars'.
            Some(cause) => Ok(cause),
            None => Err(error),
        })?;
        noting.file.finish().map_err(Ok)
    }

    /// Puts the files of partitions behind each other.
    fn join_into<W: Write>(&self, mut all: W) -> Result<W, FileError> {
        let failed = |error: io::Error| match Failure::writing(self.job.target.path(), &error) {
            Failure::Cloud(error) => FileError::from(error),
            _ => TargetError::writing(self.job.target.path(), &error).into(),
        };
        for part in self.parts.lock().values() {
            io::copy(&mut File::open(part).map_err(failed)?, &mut all).map_err(failed)?;
        }
        Ok(all)
    }

    fn join(&self) -> Result<(), FileError> {
        let target = &self.job.target;
        target.place_file(self.join_into(target.stage_file()?)?)?;
        self.abandon();
        Ok(())
    }

    /// Puts the files of partitions behind each other, as an object.
    fn join_stored(&self, uploads: &Uploads) -> Result<(), BoxError> {
        let name = Path::new("");
        uploads.keep(name, self.join_into(uploads.file(name)?)?)?;
        uploads.finish()?;
        self.abandon();
        Ok(())
    }
}

impl<F: Format> Ending for Output<F> {
    fn finish(&self) -> Result<(), BoxError> {
        match &self.sink {
            Sink::Local(_) if self.job.single => Ok(self.join()?),
            Sink::Local(staged) => Ok(staged.finish()?),
            Sink::Stored(uploads) => Ok(uploads.finish()?),
            Sink::Gathered(uploads, ..) => self.join_stored(uploads),
        }
    }

    fn abandon(&self) {
        match &self.sink {
            Sink::Local(staged) => staged.abandon(),
            Sink::Stored(uploads) => uploads.abandon(),
            Sink::Gathered(uploads, directory, _) => {
                uploads.abandon();
                drop(directory.lock().take());
            }
        }
    }
}

/// Takes a note of what the system says when something cannot be written.
struct Noting<W> {
    file: W,
    error: Option<io::Error>,
}

impl<W: Write> Noting<W> {
    fn noted<R>(&mut self, result: io::Result<R>) -> io::Result<R> {
        result.map_err(|error| {
            let kind = error.kind();
            let text = error.to_string();
            self.error.get_or_insert(error);
            io::Error::new(kind, text)
        })
    }
}

impl<W: Write> Write for Noting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.noted(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::formats::{CsvOptions, IpcOptions, NdjsonOptions, ParquetOptions};
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk(usize);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0 {
                0 => Err(io::ErrorKind::StorageFull.into()),
                room => {
                    let written = bytes.len().min(room);
                    self.0 -= written;
                    Ok(written)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn fails<F: Format>() {
        let mut frame = polars::df!("x" => (0..1000i64).collect::<Vec<_>>(), "s" => vec!["text"; 1000]).unwrap();
        for room in [0, 3, 100, 500] {
            let mut disk = Noting { file: Disk(room), error: None };
            let written = F::default().write(&mut frame, true, &mut disk);
            assert!(written.is_err(), "{}, {room}", F::NAME);
            assert_eq!(disk.error.map(|error| error.kind()), Some(io::ErrorKind::StorageFull), "{}, {room}", F::NAME);
        }
    }

    /// FAULTS D17.
    #[test]
    fn a_full_disk_is_told_by_every_format() {
        fails::<ParquetOptions>();
        fails::<IpcOptions>();
        fails::<CsvOptions>();
        fails::<NdjsonOptions>();
        let error = TargetError::writing(Path::new("x"), &io::ErrorKind::StorageFull.into());
        assert!(error.to_string().contains("no space is left"), "{error}");
    }
}
