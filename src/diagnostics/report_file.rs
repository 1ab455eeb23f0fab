//! The file of a report: looked at before any work starts, and written whole or not at all.

use partita_graph::files::{self, Readers};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// Why no report can be written into a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The path names no file.
    #[error("`{}` names no file for the report: give one such as `report.html`", path.display())]
    NoName {
        /// The path.
        path: PathBuf,
    },
    /// The folder is not there.
    #[error("the report `{}` cannot be written: there is no folder `{}`. Make it first, or name another", path.display(), folder.display())]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// The folder that it would be in.
        folder: PathBuf,
    },
    /// What should be a folder is something else.
    #[error("the report `{}` cannot be written: `{}` is not a folder. Name another", path.display(), folder.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
        /// What it would be in.
        folder: PathBuf,
    },
    /// What should be a file is a folder, a device or the like.
    #[error("`{}` is not a file, so that no report can take its place: name a file in it or beside it", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is there and may not be changed.
    #[error("`{}` may only be read: allow it to be written, or name another file for the report", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be written into the folder.
    #[error("the report `{}` cannot be written into its folder: {cause}. Allow that, or name another folder", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The report is made, and neither its file nor another could be written.
    #[error(
        "the report `{}` could not be written: {cause}; nor could `{}` instead: {other_cause}. The results are not touched; \
         make room, and run it again for a report", path.display(), other.display()
    )]
    Lost {
        /// The file.
        path: PathBuf,
        /// What the system said of it.
        cause: String,
        /// The file that was tried instead.
        other: PathBuf,
        /// What the system said of that.
        other_cause: String,
    },
}

/// Bytes of a file's name that all systems take; longer ones would be refused only once the work is done.
const LONGEST: usize = 255;

/// A file that can be written, as far as can be told beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    path: PathBuf,
}

impl Target {
    /// Looks at a path. Nothing is left behind, and no folder is made.
    pub(super) fn check(path: &Path) -> Result<Target, ReportError> {
        let given = || path.to_path_buf();
        let Some(name) = path.file_name() else {
            return Err(match path.is_dir() {
                true => ReportError::NotAFile { path: given() },
                false => ReportError::NoName { path: given() },
            });
        };
        let refused = |error: io::Error| ReportError::Refused { path: given(), cause: error.to_string() };
        let letters = path.as_os_str().as_encoded_bytes();
        if letters.last().is_some_and(|last| std::path::is_separator(char::from(*last))) {
            return Err(ReportError::NotAFile { path: given() });
        }
        if letters.contains(&0) {
            return Err(refused(io::Error::new(io::ErrorKind::InvalidFilename, "no name has a zero byte in it")));
        }
        // The program may go to another folder until the report is written.
        let path = std::path::absolute(path).map_err(refused)?;
        // What a link points to is written, and the link stays.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let folder = path.parent().unwrap_or(Path::new("/")).to_path_buf();
        match fs::metadata(&folder) {
            Ok(facts) if facts.is_dir() => {}
            Ok(_) => return Err(ReportError::NotAFolder { path: given(), folder }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ReportError::NoFolder { path: given(), folder });
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(ReportError::NotAFolder { path: given(), folder });
            }
            Err(error) => return Err(refused(error)),
        }
        match fs::metadata(&path) {
            Ok(facts) if !facts.is_file() => return Err(ReportError::NotAFile { path: given() }),
            Ok(facts) if facts.permissions().readonly() => return Err(ReportError::ReadOnly { path: given() }),
            _ => {}
        }
        if name.len() > LONGEST {
            let longer = format!("the name is longer than {LONGEST} bytes");
            return Err(refused(io::Error::new(io::ErrorKind::InvalidFilename, longer)));
        }
        files::try_folder(&folder).map_err(refused)?;
        Ok(Target { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file: whoever looks sees what was there before, or all that is new. Only its owner may read it.
    pub(super) fn write(&self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
        files::replace(&self.path, Readers::Owner, write)
    }

    /// As [`Target::write`]; if that fails, writes a new file in the folder for temporary ones, and tells of both. The file
    /// that was written is given back.
    pub(super) fn write_somewhere(
        &self,
        write: impl Fn(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<PathBuf, ReportError> {
        let Err(cause) = self.write(&write) else { return Ok(self.path.clone()) };
        let folder = std::env::temp_dir();
        let other =
            files::write_new(&folder, ("partita-report-", ".html"), Readers::Owner, write).map_err(|error| {
                let (cause, other_cause) = (cause.to_string(), error.to_string());
                ReportError::Lost { path: self.path.clone(), cause, other: folder, other_cause }
            })?;
        let (wanted, instead) = (self.path.display(), other.display());
        tracing::warn!(%cause, "the report `{wanted}` could not be written; it is in `{instead}` instead");
        Ok(other)
    }
}
