//! Writing: one text file a partition, whole or not at all.

use super::codec::{Compression, Encoder};
use super::error::WriteError;
use crate::bag::layer::reducing;
use crate::bag::stream::{MORE, Stream, outcome};
use crate::bag::{Bag, Item};
use crate::identity::Identity;
use crate::layer::{parts, task};
use partita_graph::{Fault, Kind, Node, Place};
use serde::{Deserialize, Serialize};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the partitions go: the directory and the parts of the file name around the number.
#[derive(Clone, Serialize, Deserialize)]
struct Target {
    directory: PathBuf,
    before: String,
    after: String,
    width: usize,
}

partita_graph::travels_as_data!(Target);

impl Target {
    fn new(path: &Path, partitions: usize) -> Result<Self, WriteError> {
        let text = path.to_string_lossy();
        let path = std::path::absolute(path)
            .map_err(|error| WriteError::Io { path: path.to_path_buf(), cause: error.to_string() })?;
        let width = partitions.saturating_sub(1).to_string().len();
        if !text.contains('*') {
            return Target::into_directory(path, width);
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
        match name.split_once('*') {
            Some((before, after)) if !after.contains('*') && !directory.to_string_lossy().contains('*') => {
                existing(&directory)?;
                Ok(Target { directory, before: before.into(), after: after.into(), width })
            }
            _ => Err(WriteError::Stars { path }),
        }
    }

    /// Files `0.part`, `1.part`, … in a directory, which may have to be made.
    fn into_directory(path: PathBuf, width: usize) -> Result<Self, WriteError> {
        if path.exists() {
            existing(&path)?;
        } else if let Some(parent) = path.parent() {
            existing(parent)?;
        }
        Ok(Target { directory: path, before: String::new(), after: ".part".into(), width })
    }

    fn path(&self, partition: u32) -> PathBuf {
        let Target { directory, before, after, width } = self;
        directory.join(format!("{before}{partition:0width$}{after}"))
    }

    /// Writes a file under another name and renames it when it is whole.
    fn write(&self, partition: u32, stream: Stream<String>) -> Result<String, Fault> {
        let path = self.path(partition);
        let failed = |error: io::Error| Fault::failed(WriteError::Io { path: path.clone(), cause: error.to_string() });
        match std::fs::create_dir(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".partita-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As any other new file: the user's mask takes from it.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(&self.directory).map_err(failed)?;
        let compression = Compression::Infer.of(&path);
        let mut encoder = Encoder::new(compression, BufWriter::new(file)).map_err(failed)?;
        let mut error = None;
        let mut stream = stream;
        let step = stream.drive_ref(&mut |line| match encoder
            .write_all(line.as_bytes())
            .and_then(|()| encoder.write_all(b"\n"))
        {
            Ok(()) => MORE,
            Err(cause) => {
                error = Some(cause);
                ControlFlow::Break(None)
            }
        });
        outcome(step)?;
        if let Some(error) = error {
            return Err(failed(error));
        }
        let file = encoder.finish().map_err(failed)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(path.to_string_lossy().into_owned())
    }
}

fn existing(directory: &Path) -> Result<(), WriteError> {
    let path = directory.to_path_buf();
    match directory.exists() {
        false => Err(WriteError::NoDirectory { path }),
        true if !directory.is_dir() => Err(WriteError::NotADirectory { path }),
        true => Ok(()),
    }
}

impl Bag<String> {
    /// Writes each partition to a text file, one line an element; Dask's `to_textfiles`. The lazy result is the list of
    /// the files' paths; nothing is written before it is computed.
    ///
    /// `path` has a `*` in its last part for the partition's number, with zeros before it so that names sort; or it
    /// names a directory, which is made if only it is missing, for files `0.part`, `1.part`, …. Files whose names end
    /// in `.gz`, `.zst`, `.bz2` or `.xz` are compressed. Each element is followed by `\n`, the last one too (Dask
    /// leaves that one out), so what is read back is what was written, if no element has a line end inside. A file
    /// appears under its name when it is whole; one that was there is replaced.
    ///
    /// # Errors
    /// [`WriteError`] if the directory is not there or the path cannot be used.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let directory = tempfile::tempdir()?;
    /// let bag = Bag::<String>::from_sequence(["one", "two", "three"], 2);
    /// let paths = on_reference(&bag.to_text_files(directory.path().join("*.txt.gz"))?)?;
    /// assert!(paths[0].ends_with("0.txt.gz"));
    /// assert_eq!(on_reference(&Bag::read_text(paths)?)?, ["one", "two", "three"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn to_text_files(&self, path: impl AsRef<Path>) -> Result<Item<Vec<String>>, WriteError> {
        let target = Target::new(path.as_ref(), self.npartitions())?;
        // Writing is done each time that it is asked for, so its tasks are like no others.
        let kind = Kind::Blocks {
            parts: self.node().parts(),
            block: reducing(target, |target: &Target, part, stream: Stream<String>| target.write(part, stream)),
            inputs: vec![self.node().clone().into()],
        };
        let written = Arc::new(Node::new(partita_graph::Key::unique("to_text_files"), kind, Place::here()));
        let collect = task((), |(), values| {
            let paths = crate::layer::read::<String>(values)?;
            Ok(paths.into_iter().cloned().collect::<Vec<String>>())
        });
        let key = Identity::of("to_text_files").node(&written).key::<Vec<String>>("to_text_files-paths");
        let kind = Kind::Call { function: collect, inputs: parts(&written).collect() };
        Ok(Item::from_node(Arc::new(Node::new(key, kind, Place::here()))))
    }
}
