//! A browser's half of HTTP/1, written out byte by byte, so that a test can send what no browser would.

use partita::Client;
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn parse(bytes: &[u8]) -> Reply {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let headers =
            lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.into()));
        Reply { status, headers: headers.collect(), body: body.into() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A dashboard, and the token that opens it.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl Site {
    pub(crate) fn of(client: &Client) -> Site {
        Site::at(&client.dashboard_link().expect("there is a dashboard"))
    }

    pub(crate) fn at(link: &str) -> Site {
        let (address, token) = link.strip_prefix("http://").unwrap().split_once("/status?token=").unwrap();
        Site { address: address.parse().unwrap(), token: token.into() }
    }

    /// The cookie of somebody who was let in.
    pub(crate) fn cookie(&self) -> String {
        format!("partita_dashboard_{}={}", self.address.port(), self.token)
    }

    /// Connects; whatever is read later fails rather than to hang.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends these bytes and reads until the other side hangs up. `HOST` and `COOKIE` stand for what is right.
    pub(crate) fn send(&self, request: &str) -> Reply {
        let request = request.replace("HOST", &self.address.to_string()).replace("COOKIE", &self.cookie());
        let mut stream = self.connect();
        // It may hang up before all is sent.
        stream.write_all(request.as_bytes()).ok();
        let mut bytes = Vec::new();
        if let Err(error) = stream.read_to_end(&mut bytes) {
            // A server that hangs up before all was sent resets the connection; what came until then is the answer.
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{}", String::from_utf8_lossy(&bytes));
        }
        Reply::parse(&bytes)
    }

    /// Asks for a path as a browser that was let in.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nConnection: close\r\n\r\n"))
    }

    /// Asks for a view.
    pub(crate) fn json(&self, path: &str) -> Value {
        let reply = self.get(&format!("/json/{path}"));
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        serde_json::from_str(&reply.body).unwrap()
    }
}
