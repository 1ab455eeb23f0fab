//! Who gets in: what is answered to a request before anybody looks at what it asks for.

use super::token::Token;

/// Bytes of the headers of a request, together.
const HEAD: usize = 16 << 10;

/// What a request says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask<'a> {
    /// `GET` and the like.
    pub(super) method: &'a str,
    /// The path, as it came.
    pub(super) path: &'a str,
    /// What follows the question mark, as it came.
    pub(super) query: &'a str,
    /// Whether its target names a host, as requests to proxies do.
    pub(super) absolute: bool,
    /// Its `Host` headers.
    pub(super) hosts: Vec<&'a [u8]>,
    /// Its `Origin` headers.
    pub(super) origins: Vec<&'a [u8]>,
    /// Its `Cookie` headers.
    pub(super) cookies: Vec<&'a [u8]>,
    /// Its `Authorization` headers.
    pub(super) authorizations: Vec<&'a [u8]>,
    /// Whether a body follows.
    pub(super) body: bool,
    /// Bytes of its target and headers.
    pub(super) head: usize,
}

/// What is done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is answered.
    Pass,
    /// It brought the token: it gets the cookie and is sent here, where the token is no longer seen.
    Welcome(String),
    /// It is refused.
    Refuse(Refusal),
}

/// Why a request is refused. None of the words are the request's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Headers that are too long.
    Head,
    /// A target with a host in it.
    Absolute,
    /// Not exactly one host, or one that is not this dashboard.
    Host,
    /// It is no question.
    Method,
    /// It has a body.
    Body,
    /// It was sent by a page of somebody else.
    Origin,
    /// It does not know the token.
    Token,
    /// What it asks makes no sense.
    Query,
    /// There is no such thing.
    Unknown,
    /// Too many listen already.
    Crowd,
}

impl Refusal {
    /// The status, and what is said.
    pub(super) fn words(self) -> (u16, &'static str) {
        match self {
            Refusal::Head => (431, "the headers of this request are too long"),
            Refusal::Absolute => (400, "a path is wanted, and no host in it"),
            Refusal::Host => (403, "this dashboard is not reached by that name: see `dashboard_allowed_hosts`"),
            Refusal::Method => (405, "this dashboard is only read: GET and HEAD"),
            Refusal::Body => (413, "no body is taken"),
            Refusal::Origin => (403, "pages of others may not read this dashboard"),
            Refusal::Token => {
                (401, "open the address with the token that the program told (`client.dashboard_link()`)")
            }
            Refusal::Query => (400, "times are seconds such as `at=1.5`, or `from=0` and `to=2`; `key` is one key"),
            Refusal::Unknown => (404, "there is no such page"),
            Refusal::Crowd => (503, "too many pages listen already: close some"),
        }
    }
}

/// What a request must know and name.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    token: Token,
    hosts: Vec<String>,
    cookie: String,
}

impl Gate {
    /// A gate for this token, these values of `Host`, and this port, which the cookie is named after: cookies do not tell
    /// the ports of a host apart.
    pub(super) fn new(token: Token, hosts: Vec<String>, port: u16) -> Self {
        Gate { token, hosts, cookie: format!("partita_dashboard_{port}") }
    }

    /// What the cookie is set by.
    pub(super) fn cookie(&self) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie, self.token.digits())
    }

    /// What is done with a request; `pages` are where somebody with the token may be sent.
    pub(super) fn judge(&self, ask: &Ask<'_>, pages: &[&str]) -> Verdict {
        let refusals = [
            (ask.head > HEAD, Refusal::Head),
            (ask.absolute, Refusal::Absolute),
            (!self.is_named(&ask.hosts), Refusal::Host),
            (!matches!(ask.method, "GET" | "HEAD"), Refusal::Method),
            (ask.body, Refusal::Body),
            (!ask.origins.iter().all(|origin| self.is_own(origin)), Refusal::Origin),
        ];
        if let Some((_, refusal)) = refusals.into_iter().find(|(refused, _)| *refused) {
            return Verdict::Refuse(refusal);
        }
        let (given, others): (Vec<&str>, Vec<&str>) =
            ask.query.split('&').filter(|pair| !pair.is_empty()).partition(|pair| pair.starts_with("token="));
        match given.as_slice() {
            [] if self.is_known(ask) => Verdict::Pass,
            [given] if self.token.is(&given.as_bytes()["token=".len()..]) => {
                Verdict::Welcome(target(ask, &others, pages))
            }
            _ => Verdict::Refuse(Refusal::Token),
        }
    }

    fn is_named(&self, hosts: &[&[u8]]) -> bool {
        matches!(hosts, [host] if self.hosts.iter().any(|known| known.as_bytes() == *host))
    }

    fn is_own(&self, origin: &[u8]) -> bool {
        let host = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
        host.is_some_and(|host| self.is_named(&[host]))
    }

    /// Whether its cookie is the token, or what programs send instead.
    fn is_known(&self, ask: &Ask<'_>) -> bool {
        let cookies = ask.cookies.iter().flat_map(|header| header.split(|&byte| byte == b';')).map(<[u8]>::trim_ascii);
        let values = cookies.filter_map(|pair| pair.strip_prefix(self.cookie.as_bytes())?.strip_prefix(b"="));
        let bearers = ask.authorizations.iter().filter_map(|header| header.strip_prefix(b"Bearer "));
        values.chain(bearers).any(|given| self.token.is(given))
    }
}

/// Where somebody with the token is sent: the page that was asked for, without the token, relative to where it is now.
fn target(ask: &Ask<'_>, others: &[&str], pages: &[&str]) -> String {
    let page = ask.path.strip_prefix('/').filter(|page| pages.contains(page)).unwrap_or("status");
    if others.is_empty() { page.to_string() } else { format!("{page}?{}", others.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: [&str; 2] = ["status", "task"];

    fn gate() -> Gate {
        Gate::new(Token::new().unwrap(), vec!["127.0.0.1:9".into(), "localhost:9".into()], 9)
    }

    fn ask(query: &str) -> Ask<'_> {
        Ask { method: "GET", path: "/status", query, hosts: vec![b"127.0.0.1:9"], ..Ask::default() }
    }

    #[test]
    fn the_token_gets_a_cookie_and_is_taken_out_of_the_address() {
        let gate = gate();
        let query = format!("key=a&token={}&at=1", gate.token.digits());
        let sent = |path| gate.judge(&Ask { path, ..ask(&query) }, &PAGES);
        assert_eq!(sent("/task"), Verdict::Welcome("task?key=a&at=1".into()));
        // Nobody is sent elsewhere by a path that reads as a host.
        assert_eq!(sent("//evil.example"), Verdict::Welcome("status?key=a&at=1".into()));
        assert_eq!(sent("/"), Verdict::Welcome("status?key=a&at=1".into()));
        let cookie = gate.cookie();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        let value = cookie.split(';').next().unwrap();
        let header = format!("other=1; {value}");
        assert_eq!(gate.judge(&Ask { cookies: vec![header.as_bytes()], ..ask("") }, &PAGES), Verdict::Pass);
        let header = format!("Bearer {}", gate.token.digits());
        assert_eq!(gate.judge(&Ask { authorizations: vec![header.as_bytes()], ..ask("") }, &PAGES), Verdict::Pass);
    }

    #[test]
    fn whoever_is_not_let_in_is_told_why() {
        let gate = gate();
        let token = format!("token={}", gate.token.digits());
        let [short, long, twice] = [token[..37].to_string(), format!("{token}0"), format!("{token}&{token}")];
        for query in ["", "token=", "token=0", "Token=1", &short, &long, &twice] {
            assert_eq!(gate.judge(&ask(query), &PAGES), Verdict::Refuse(Refusal::Token), "{query}");
        }
        let hosts: [&[&[u8]]; 7] = [
            &[],
            &[b"127.0.0.1:9", b"127.0.0.1:9"],
            &[b"127.0.0.1"],
            &[b"LOCALHOST:9"],
            &[b"localhost.:9"],
            &[b"evil:9"],
            &[b""],
        ];
        for hosts in hosts {
            let judged = gate.judge(&Ask { hosts: hosts.to_vec(), ..ask(&token) }, &PAGES);
            assert_eq!(judged, Verdict::Refuse(Refusal::Host), "{hosts:?}");
        }
        for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "get", "SPELL"] {
            let judged = gate.judge(&Ask { method, ..ask(&token) }, &PAGES);
            assert_eq!(judged, Verdict::Refuse(Refusal::Method), "{method}");
        }
        let origins: [&[u8]; 5] =
            [b"null", b"http://evil.example", b"http://127.0.0.1:10", b"http://127.0.0.1:9.evil", b"file://"];
        for origin in origins {
            let judged = gate.judge(&Ask { origins: vec![origin], ..ask(&token) }, &PAGES);
            assert_eq!(judged, Verdict::Refuse(Refusal::Origin), "{origin:?}");
        }
        let own = gate.judge(&Ask { origins: vec![b"http://127.0.0.1:9"], ..ask(&token) }, &PAGES);
        assert!(matches!(own, Verdict::Welcome(_)), "{own:?}");
        let others = [
            (Ask { absolute: true, ..ask(&token) }, Refusal::Absolute),
            (Ask { body: true, ..ask(&token) }, Refusal::Body),
            (Ask { head: 20_000, ..ask(&token) }, Refusal::Head),
        ];
        for (asked, refusal) in others {
            assert_eq!(gate.judge(&asked, &PAGES), Verdict::Refuse(refusal));
        }
    }
}
