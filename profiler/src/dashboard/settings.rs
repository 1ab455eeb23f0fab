//! Where a dashboard listens, and whom it answers.

use super::error::DashboardError;
use crate::run::Limits;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

/// The port that is tried first when none is asked for, as Dask's.
const FIRST_PORT: u16 = 8787;

/// The port that is tried last.
const LAST_PORT: u16 = FIRST_PORT + 99;

/// Names of hosts that may be allowed, and how long each may be.
const HOSTS: (usize, usize) = (64, 256);

/// Where a dashboard listens, whom it answers, and how much it keeps.
///
/// ```
/// use partita_profiler::dashboard::{DashboardError, Settings};
///
/// assert!(Settings::default().at("127.0.0.1:0").is_ok());
/// assert!(matches!(Settings::default().at("0.0.0.0:8787"), Err(DashboardError::NotLoopback { .. })));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Settings {
    address: Option<SocketAddr>,
    hosts: Vec<String>,
    pub(super) limits: Limits,
}

impl Settings {
    /// The same, at this address; port 0 is any that is free. `localhost` is 127.0.0.1, and so is an address without a host.
    ///
    /// # Errors
    /// [`DashboardError::Address`], [`DashboardError::NotLoopback`].
    pub fn at(mut self, address: &str) -> Result<Self, DashboardError> {
        let host_and_port = address.strip_prefix("localhost").filter(|rest| rest.starts_with(':')).unwrap_or(address);
        let full = match host_and_port.strip_prefix(':') {
            Some(port) => format!("127.0.0.1:{port}"),
            None => host_and_port.to_string(),
        };
        let wrong = |_| DashboardError::Address { given: address.into() };
        let address: SocketAddr = full.parse().map_err(wrong)?;
        if !address.ip().is_loopback() {
            return Err(DashboardError::NotLoopback { address });
        }
        self.address = Some(address);
        Ok(self)
    }

    /// The same, and answers requests whose `Host` header is exactly one of these too: names that a proxy on this machine
    /// is reached by.
    ///
    /// # Errors
    /// [`DashboardError::Host`] for what is no name of a host with or without a port.
    pub fn allowed_hosts<S: Into<String>>(
        mut self,
        hosts: impl IntoIterator<Item = S>,
    ) -> Result<Self, DashboardError> {
        self.hosts = hosts.into_iter().map(Into::into).collect();
        let sensible = |host: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
            !host.is_empty() && host.len() <= HOSTS.1 && host.bytes().all(known)
        };
        match self.hosts.iter().enumerate().find(|(index, host)| *index >= HOSTS.0 || !sensible(host)) {
            Some((_, host)) => Err(DashboardError::Host { host: host.clone() }),
            None => Ok(self),
        }
    }

    /// The same, with other bounds of what is kept.
    #[must_use]
    pub fn keeping(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The values of a `Host` header that are answered, by a dashboard that listens on this port.
    pub(super) fn hosts(&self, port: u16) -> Vec<String> {
        let own = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
        own.into_iter().chain(self.hosts.iter().cloned()).collect()
    }

    /// A socket that listens, and its address.
    pub(super) fn listen(&self) -> Result<(TcpListener, SocketAddr), DashboardError> {
        let listener = match self.address {
            Some(address) => TcpListener::bind(address)
                .map_err(|error| DashboardError::Taken { address, cause: error.to_string() })?,
            None => next_free()?,
        };
        let system = |error: std::io::Error| DashboardError::System { cause: error.to_string() };
        let address = listener.local_addr().map_err(system)?;
        Ok((listener, address))
    }
}

/// The first port that is free.
fn next_free() -> Result<TcpListener, DashboardError> {
    let mut cause = String::new();
    for port in FIRST_PORT..=LAST_PORT {
        match TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), port)) {
            Ok(listener) => return Ok(listener),
            Err(error) => cause = error.to_string(),
        }
    }
    Err(DashboardError::NoPort { first: FIRST_PORT, last: LAST_PORT, cause })
}

/// What the environment wishes by the value of `PARTITA_DASHBOARD`: nothing, no dashboard, one, or one at an address.
///
/// ```
/// use partita_profiler::dashboard::wish;
///
/// assert_eq!(wish(None), None);
/// assert_eq!(wish(Some("0")), Some((false, None)));
/// assert_eq!(wish(Some("1")), Some((true, None)));
/// assert_eq!(wish(Some("127.0.0.1:9000")), Some((true, Some("127.0.0.1:9000"))));
/// ```
pub fn wish(value: Option<&str>) -> Option<(bool, Option<&str>)> {
    match value?.trim() {
        "" => None,
        "0" | "false" | "off" | "no" => Some((false, None)),
        "1" | "true" | "on" | "yes" => Some((true, None)),
        address => Some((true, Some(address))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_this_machine_only() {
        for (given, port) in [("127.0.0.1:8787", 8787), ("localhost:9", 9), (":8787", 8787), ("[::1]:0", 0)] {
            let settings = Settings::default().at(given).unwrap();
            assert_eq!(settings.address.map(|address| address.port()), Some(port), "{given}");
        }
        for given in
            ["", "8787", "localhost", "localhost8:1", "example.com:80", "127.0.0.1:70000", "127.0.0.1:8787/x", "*:1"]
        {
            let error = Settings::default().at(given).unwrap_err();
            assert_eq!(error, DashboardError::Address { given: given.into() });
        }
        for given in ["0.0.0.0:8787", "[::]:8787", "10.0.0.1:80", "192.168.0.1:0"] {
            let error = Settings::default().at(given).unwrap_err();
            let address = given.parse().unwrap();
            assert_eq!(error, DashboardError::NotLoopback { address });
            assert!(error.to_string().contains("could read"), "{error}");
        }
    }

    #[test]
    fn hosts_are_exact_and_never_a_pattern() {
        let settings = Settings::default().allowed_hosts(["hub.example:8888"]).unwrap();
        assert_eq!(settings.hosts(9), ["127.0.0.1:9", "localhost:9", "[::1]:9", "hub.example:8888"]);
        for host in ["*", "*.example", "", "a b", "a/b", "a,b", "ä.example"] {
            let error = Settings::default().allowed_hosts([host]).unwrap_err();
            assert_eq!(error, DashboardError::Host { host: host.into() });
        }
        assert!(Settings::default().allowed_hosts(vec!["a"; 65]).is_err());
    }
}
