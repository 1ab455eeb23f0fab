//! Durations in a file.

use super::Durations;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The form of the file; a later one is refused.
const FORM: u32 = 1;

/// Why durations could not be kept in a file or read from one.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DurationsError {
    /// The file cannot be read.
    #[error("the durations in `{}` cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The file cannot be written.
    #[error("the durations cannot be written to `{}`: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The file holds something else.
    #[error("`{}` holds no durations: {cause}. Make it with `Durations::save`", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// The file was written by a later version.
    #[error("`{}` is of form {found}, and this version reads forms up to {known}: record the durations again", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// Its form.
        found: u32,
        /// The latest form that is known here.
        known: u32,
    },
}

#[derive(Serialize, Deserialize)]
struct File {
    form: u32,
    durations: Durations,
}

#[derive(Deserialize)]
struct Head {
    form: u32,
}

impl Durations {
    /// Writes them to a file, as JSON. It appears whole or not at all.
    ///
    /// ```
    /// use partita_simulator::Durations;
    /// use std::time::Duration;
    ///
    /// let path = std::env::temp_dir().join(format!("durations-{}.json", std::process::id()));
    /// let durations = Durations::same(Duration::from_millis(5), "1 MiB");
    /// durations.save(&path)?;
    /// assert_eq!(Durations::load(&path)?, durations);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), partita_simulator::DurationsError>(())
    /// ```
    ///
    /// # Errors
    /// [`DurationsError::Write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), DurationsError> {
        let path = path.as_ref();
        let error = |source: std::io::Error| DurationsError::Write { path: path.into(), source: Arc::new(source) };
        let file = File { form: FORM, durations: self.clone() };
        let text = serde_json::to_string(&file).map_err(|cause| error(cause.into()))?;
        crate::simulate::write_whole(path, text.as_bytes()).map_err(error)
    }

    /// Reads them from a file that [`Durations::save`] wrote.
    ///
    /// # Errors
    /// [`DurationsError`]: no such file, another content, a later form.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, DurationsError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| DurationsError::Read { path: path.into(), source: Arc::new(source) })?;
        let malformed =
            |cause: serde_json::Error| DurationsError::Malformed { path: path.into(), cause: cause.to_string() };
        let Head { form } = serde_json::from_str(&text).map_err(malformed)?;
        if form > FORM {
            return Err(DurationsError::Form { path: path.into(), found: form, known: FORM });
        }
        let file: File = serde_json::from_str(&text).map_err(malformed)?;
        Ok(file.durations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_of_durations_is_told_apart() {
        let folder = std::env::temp_dir().join(format!("partita-durations-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("d.json");
        let table = [("{}", "missing field `form`"), ("text", "holds no durations"), (r#"{"form":9}"#, "form 9")];
        for (text, words) in table {
            std::fs::write(&path, text).unwrap();
            let error = Durations::load(&path).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("d.json"), "{error}");
        }
        let error = Durations::load(folder.join("none.json")).unwrap_err();
        assert!(matches!(error, DurationsError::Read { .. }));
        let error = Durations::new().save(folder.join("none/d.json")).unwrap_err();
        assert!(matches!(error, DurationsError::Write { .. }));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
