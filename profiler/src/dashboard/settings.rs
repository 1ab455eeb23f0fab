//! Where a dashboard listens, and whom it answers.

use super::error::DashboardError;
use crate::run::Limits;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;

/// The ports that are tried when none is asked for; the first is Dask's.
const PORTS: RangeInclusive<u16> = 8787..=8886;

/// How often the system is asked for any free port, until it gives one that is free for both kinds of address.
const TRIES: usize = 64;

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

    /// The sockets that listen, and the address that the user is told.
    pub(super) fn listen(&self) -> Result<(Vec<TcpListener>, SocketAddr), DashboardError> {
        let listeners = match self.address {
            None => next_free(PORTS)?,
            Some(address) if address.ip() == Ipv4Addr::LOCALHOST => named(address)?,
            Some(address) => vec![TcpListener::bind(address).map_err(|error| taken(address, error))?],
        };
        let system = |error: io::Error| DashboardError::System { cause: error.to_string() };
        let address = listeners[0].local_addr().map_err(system)?;
        Ok((listeners, address))
    }
}

fn taken(address: SocketAddr, error: io::Error) -> DashboardError {
    DashboardError::Taken { address, cause: error.to_string() }
}

/// Sockets for the first port that is free.
fn next_free(ports: RangeInclusive<u16>) -> Result<Vec<TcpListener>, DashboardError> {
    let mut cause = String::new();
    for port in ports.clone() {
        match both(port) {
            Ok(listeners) => return Ok(listeners),
            Err((_, error)) => cause = error.to_string(),
        }
    }
    Err(DashboardError::NoPort { first: *ports.start(), last: *ports.end(), cause })
}

/// Sockets for a port that was named. Of port 0 the system is asked again if its choice is free for one address only.
fn named(address: SocketAddr) -> Result<Vec<TcpListener>, DashboardError> {
    let tries = if address.port() == 0 { TRIES } else { 1 };
    let mut last = None;
    for _ in 0..tries {
        match both(address.port()) {
            Ok(listeners) => return Ok(listeners),
            Err(refused) => last = Some(refused),
        }
    }
    let (address, error) = last.unwrap_or_else(|| (address, io::ErrorKind::AddrInUse.into()));
    Err(taken(address, error))
}

/// Listens on a port at 127.0.0.1 and, where there is such an address, at `[::1]`: a browser may take `localhost` for
/// either, and must not reach somebody else by it, who would be told the token. Who refused, and why.
fn both(port: u16) -> Result<Vec<TcpListener>, (SocketAddr, io::Error)> {
    let bind = |address: SocketAddr| TcpListener::bind(address).map_err(|error| (address, error));
    let first = bind((Ipv4Addr::LOCALHOST, port).into())?;
    let port = first.local_addr().map_err(|error| ((Ipv4Addr::LOCALHOST, port).into(), error))?.port();
    match bind((Ipv6Addr::LOCALHOST, port).into()) {
        Ok(second) => Ok(vec![first, second]),
        Err((address, error)) if is_held(&error) => Err((address, error)),
        Err(_) => Ok(vec![first]),
    }
}

/// Whether an address cannot be had because somebody else may have it, and not because there is none.
fn is_held(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied)
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

    /// A port that is taken at `[::1]` only; none on a machine without IPv6.
    fn held() -> Option<(TcpListener, u16)> {
        for _ in 0..TRIES {
            let held = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).ok()?;
            let port = held.local_addr().unwrap().port();
            if port < u16::MAX - 100 && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some((held, port));
            }
        }
        panic!("no port is free at both addresses");
    }

    #[test]
    fn localhost_is_never_somebody_else() {
        let Some((held, port)) = held() else { return assert_eq!(both(0).unwrap().len(), 1) };
        let listeners = next_free(port..=port + 100).unwrap();
        let addresses: Vec<SocketAddr> = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        let [first, second] = addresses[..] else { panic!("{addresses:?}") };
        assert!(first.port() > port && first.port() == second.port(), "{addresses:?}, {port} is taken");
        assert_eq!((first.ip(), second.ip()), (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()));

        // Who names the port is told who has it.
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
        let error = Settings::default().at(&format!("127.0.0.1:{port}")).unwrap().listen().unwrap_err();
        assert!(matches!(&error, DashboardError::Taken { address: named, .. } if *named == address), "{error}");
        let error = next_free(port..=port).unwrap_err();
        assert!(matches!(error, DashboardError::NoPort { .. }), "{error}");
        drop(held);
        assert_eq!(next_free(port..=port).unwrap().len(), 2);
    }

    #[test]
    fn an_address_that_is_not_there_is_done_without() {
        use io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied, Unsupported};
        let held = |kind| is_held(&io::Error::from(kind));
        assert!(held(AddrInUse) && held(PermissionDenied) && !held(AddrNotAvailable) && !held(Unsupported));
        // No family of such addresses in the kernel.
        #[cfg(target_os = "linux")]
        assert!(!is_held(&io::Error::from_raw_os_error(97)));
        #[cfg(target_os = "linux")]
        let only = |address| Settings::default().at(address).unwrap().listen().unwrap().0.len();
        #[cfg(target_os = "linux")]
        assert_eq!(only("127.0.0.2:0"), 1, "one that was chosen is the only one");
    }
}
