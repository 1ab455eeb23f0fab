//! Where a scheduler or a worker is reached.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The port of a scheduler, if none is said.
const PORT: u16 = 8786;

/// Whether what is said is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `tcp://`: it is not.
    Tcp,
    /// `tls://`: it is, and both sides show certificates.
    Tls,
}

/// Where a scheduler or a worker is reached: `tcp://host:port` or `tls://host:port`.
///
/// ```
/// use partita_dask::{Address, Scheme};
///
/// let address: Address = "tls://[::1]:9000".parse()?;
/// assert_eq!((address.scheme, address.host.as_str(), address.port), (Scheme::Tls, "::1", 9000));
/// assert_eq!("host".parse::<Address>()?.to_string(), "tcp://host:8786");
/// # Ok::<(), partita_dask::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Whether what is said is encrypted.
    pub scheme: Scheme,
    /// The host: a name, or an address of IP.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Why a text is no address of a scheduler or a worker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is of a kind that is not spoken here.
    #[error("`{address}` is of the kind `{scheme}`; only `tcp://host:port` and `tls://host:port` are spoken here")]
    Scheme {
        /// The text.
        address: String,
        /// Its beginning.
        scheme: String,
    },
    /// It makes no sense.
    #[error("`{address}` is no address: {reason}; it should be like `tcp://host:8786`")]
    Form {
        /// The text.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A scheduler file cannot be read, or has no address.
    #[error("the scheduler file `{path}` gives no address: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = |reason| AddressError::Form { address: text.to_owned(), reason };
        let (scheme, place) = match text.split_once("://") {
            None => (Scheme::Tcp, text),
            Some(("tcp", place)) => (Scheme::Tcp, place),
            Some(("tls", place)) => (Scheme::Tls, place),
            Some((other, _)) => {
                return Err(AddressError::Scheme { address: text.to_owned(), scheme: other.to_owned() });
            }
        };
        let (host, port) = match place.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(Some((host, ""))) => (host, None),
            Some(Some((host, rest))) => {
                (host, Some(rest.strip_prefix(':').ok_or_else(|| wrong("behind `]` comes no port"))?))
            }
            Some(None) => return Err(wrong("a `]` is missing")),
            None if place.matches(':').count() > 1 => {
                return Err(wrong("an address of IP version 6 stands in `[` and `]`"));
            }
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() || host.contains(['/', ' ', '@']) {
            return Err(wrong("it names no host"));
        }
        let port =
            port.map_or(Ok(PORT), |port| port.parse().map_err(|_| wrong("its port is no number up to 65535")))?;
        Ok(Address { scheme, host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Tcp => "tcp",
            Scheme::Tls => "tls",
        };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl Address {
    /// The address in the file that `dask scheduler --scheduler-file` writes.
    ///
    /// # Errors
    /// [`AddressError::File`] if it cannot be read or has none.
    pub fn of_file(path: &Path) -> Result<Address, AddressError> {
        let wrong = |reason: String| AddressError::File { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let address = json.get("address").and_then(serde_json::Value::as_str);
        address.ok_or_else(|| wrong("it has no `address`".to_owned()))?.parse()
    }
}
