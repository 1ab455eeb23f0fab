//! The dashboard as whoever connects sees it: who is let in, what is answered, and what never is.

use super::dashboard_support::{Reply, Site};
use partita::diagnostics::DashboardError;
use partita::prelude::*;
use partita::{ConfigError, Error};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

fn cluster() -> LocalCluster {
    let builder = LocalCluster::builder().workers(2).threads_per_worker(1).without_default();
    builder.dashboard_address("127.0.0.1:0").start().unwrap()
}

/// Every answer forbids what a page of the dashboard does not need.
fn protected(reply: &Reply) {
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{reply:?}");
    assert!(policy.ends_with("base-uri 'none'; form-action 'none'; frame-ancestors 'none'"), "{reply:?}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{reply:?}");
    }
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

/// What whoever was let in sends, beside the first line.
const GOOD: &str = "Host: HOST\r\nCookie: COOKIE";

/// A request with this first line and these headers.
fn ask(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n")
}

fn get(headers: &str) -> String {
    ask("GET /status", headers)
}

/// Whose name it is called by.
fn names(port: u16) -> Vec<(u16, String)> {
    vec![
        (200, get(GOOD)),
        (200, get(&format!("Host: localhost:{port}\r\nCookie: COOKIE"))),
        (200, get(&format!("Host: [::1]:{port}\r\nCookie: COOKIE"))),
        (403, get("Host: evil.example\r\nCookie: COOKIE")),
        (403, get(&format!("Host: evil.example:{port}\r\nCookie: COOKIE"))),
        (403, get("Host: 127.0.0.1\r\nCookie: COOKIE")),
        (403, get(&format!("Host: LOCALHOST:{port}\r\nCookie: COOKIE"))),
        (403, get(&format!("Host: localhost.:{port}\r\nCookie: COOKIE"))),
        (403, get(&format!("Host: localhost:{port}.\r\nCookie: COOKIE"))),
        (403, get(&format!("Host: 127.1:{port}\r\nCookie: COOKIE"))),
        (400, get("Host: HOST\r\nHost: HOST\r\nCookie: COOKIE")),
        (400, get("Host: HOST\r\nHost: evil.example\r\nCookie: COOKIE")),
        (403, get("Host:\r\nCookie: COOKIE")),
        (400, get("Cookie: COOKIE")),
        (403, "GET /status HTTP/1.0\r\nCookie: COOKIE\r\n\r\n".into()),
        (400, ask("GET http://HOST/status", GOOD)),
        (400, ask("GET http://evil.example/status", GOOD)),
    ]
}

/// What is asked of it.
fn verbs() -> Vec<(u16, String)> {
    vec![
        (200, ask("HEAD /status", GOOD)),
        (405, ask("POST /status", GOOD)),
        (405, ask("POST /status", &format!("{GOOD}\r\nTransfer-Encoding: chunked"))),
        (403, ask("POST /status", "Host: evil.example\r\nTransfer-Encoding: chunked")),
        (405, ask("CONNECT /status", GOOD)),
        (405, ask("PUT /status", GOOD)),
        (405, ask("DELETE /status", GOOD)),
        (405, ask("PATCH /status", GOOD)),
        (405, ask("TRACE /status", GOOD)),
        (405, ask("OPTIONS *", GOOD)),
        (405, ask("SPELL /status", GOOD)),
        (405, ask("get /status", GOOD)),
        // How HTTP/2 begins.
        (400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
        (413, get(&format!("{GOOD}\r\nContent-Length: 5"))),
        (413, get(&format!("{GOOD}\r\nTransfer-Encoding: chunked"))),
        (400, get(&format!("{GOOD}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"))),
        (431, get(&format!("{GOOD}\r\nX-Long: {}", "x".repeat(20_000)))),
        (431, get(&format!("{GOOD}\r\nX-Long: {}", "x".repeat(400_000)))),
    ]
}

/// Who asks, and from where.
fn askers(site: &Site) -> Vec<(u16, String)> {
    let (port, token) = (site.address.port(), site.token.as_str());
    let (zeros, short) = ("0".repeat(32), &token[..31]);
    let other = format!("Cookie: partita_dashboard_{}={token}", port ^ 1);
    vec![
        (401, get("Host: HOST")),
        (401, get(&format!("Host: HOST\r\nCookie: partita_dashboard_{port}={zeros}"))),
        (401, get(&format!("Host: HOST\r\nCookie: partita_dashboard_{port}={short}"))),
        (401, get(&format!("Host: HOST\r\nCookie: partita_dashboard_{port}="))),
        (401, get(&format!("Host: HOST\r\n{other}"))),
        (401, ask(&format!("GET /status?token={zeros}"), GOOD)),
        (401, ask(&format!("GET /status?token={short}"), "Host: HOST")),
        (401, ask("GET /status?token=", "Host: HOST")),
        (401, ask("GET /metrics", "Host: HOST")),
        (401, ask("GET /health", "Host: HOST")),
        (401, ask("GET /assets/shell.js", "Host: HOST")),
        (303, ask(&format!("GET /status?token={token}"), "Host: HOST")),
        (200, ask("GET /metrics", &format!("Host: HOST\r\nAuthorization: Bearer {token}"))),
        (401, ask("GET /metrics", &format!("Host: HOST\r\nAuthorization: Bearer {zeros}"))),
        (200, get(&format!("{GOOD}\r\nOrigin: http://HOST"))),
        (403, get(&format!("{GOOD}\r\nOrigin: http://evil.example"))),
        (403, get(&format!("{GOOD}\r\nOrigin: null"))),
        (403, get(&format!("{GOOD}\r\nOrigin: http://127.0.0.1:1"))),
    ]
}

/// What there is.
fn things() -> Vec<(u16, String)> {
    vec![
        (303, ask("GET /", GOOD)),
        (404, ask("GET /nothing", GOOD)),
        (404, ask("GET /status/", GOOD)),
        (404, ask("GET //status", GOOD)),
        (404, ask("GET /STATUS", GOOD)),
        (404, ask("GET /assets/..%2f..%2fetc/passwd", GOOD)),
        (404, ask("GET /assets/../../../../etc/passwd", GOOD)),
        (404, ask("GET /assets/..\\..\\etc\\passwd", GOOD)),
        (404, ask("GET /assets/shell.js%00", GOOD)),
        (404, ask("GET /assets/", GOOD)),
        (404, ask("GET /json/nothing", GOOD)),
        (400, ask("GET /json/summary?at=soon", GOOD)),
        (400, ask("GET /json/summary?from=2&to=1", GOOD)),
    ]
}

#[test]
fn requests_are_let_in_or_refused_by_the_table() {
    let cluster = cluster();
    let site = Site::of(&cluster.client());
    let table = [names(site.address.port()), verbs(), askers(&site), things()].concat();
    let mut wrong = Vec::new();
    for (status, request) in table {
        let reply = site.send(&request);
        let asked: String = request.chars().take(120).collect();
        if reply.status != status {
            wrong.push(format!("{asked:?}: {status} is right, and not {reply:?}"));
        }
        // What cannot be read as HTTP is answered without a word.
        if !reply.body.is_empty() || status < 400 {
            protected(&reply);
        }
        assert!(!reply.body.contains(&site.token), "{asked:?}: {reply:?}");
        assert!(!reply.body.contains("evil.example") && !reply.body.contains("passwd"), "{reply:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    cluster.close().unwrap();
}

#[test]
fn the_token_becomes_a_cookie_that_no_script_reads() {
    let cluster = cluster();
    let client = cluster.client();
    let link = client.dashboard_link().unwrap();
    let site = Site::of(&client);
    assert_eq!(link, format!("http://{}/status?token={}", site.address, site.token));
    assert!(site.token.len() == 32 && site.token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{link}");
    assert!(client.to_string().contains(&format!("Dashboard: {link}\n")), "{client}");
    let shown = format!("{client:?} {cluster:?}");
    assert!(shown.contains(&format!("http://{}/status", site.address)) && !shown.contains(&site.token), "{shown}");

    let path = format!("/task?key=a%26b&token={}&at=1", site.token);
    let reply = site.send(&format!("GET {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"));
    assert_eq!((reply.status, reply.header("location")), (303, Some("task?key=a%26b&at=1")), "{reply:?}");
    let cookie = format!("{}; Path=/; HttpOnly; SameSite=Strict", site.cookie());
    assert_eq!(reply.header("set-cookie"), Some(cookie.as_str()));
    protected(&reply);
    // Another cluster's token is another one.
    let other = super::dashboard_http::cluster();
    assert_ne!(Site::of(&other.client()).token, site.token);
    drop((other, cluster));
}

#[test]
fn hosts_of_a_proxy_are_allowed_by_name() {
    let builder = LocalCluster::builder().workers(1).without_default().dashboard_address("127.0.0.1:0");
    let cluster = builder.clone().dashboard_allowed_hosts(["hub.example:8888"]).start().unwrap();
    let site = Site::of(&cluster.client());
    let ask = |host| {
        site.send(&format!("GET /health HTTP/1.1\r\nHost: {host}\r\nCookie: COOKIE\r\nConnection: close\r\n\r\n"))
    };
    assert_eq!(ask("hub.example:8888").status, 200);
    assert_eq!(ask("hub.example").status, 403);
    let refused = |host: &str| match builder.clone().dashboard_allowed_hosts([host]).start() {
        Err(Error::Config(ConfigError::Dashboard(error))) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("*"), DashboardError::Host { host: "*".into() });
    cluster.close().unwrap();
}

#[test]
fn ports_that_are_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let builder = LocalCluster::builder().workers(1).without_default();
    let refused = |address: &str| match builder.clone().dashboard_address(address).start() {
        Err(Error::Config(ConfigError::Dashboard(error))) => error,
        other => panic!("{other:?}"),
    };
    let error = refused(&address.to_string());
    assert!(matches!(&error, DashboardError::Taken { address: named, .. } if *named == address), "{error}");
    for outside in ["0.0.0.0:8787", "[::]:0", "192.0.2.1:8787"] {
        let error = refused(outside);
        assert_eq!(error, DashboardError::NotLoopback { address: outside.parse().unwrap() });
    }
    assert_eq!(refused("here"), DashboardError::Address { given: "here".into() });

    // Nobody named a port: the next one that is free.
    let clusters: Vec<_> = (0..3).map(|_| builder.clone().dashboard(true).start().unwrap()).collect();
    let mut ports: Vec<_> = clusters.iter().map(|cluster| Site::of(&cluster.client()).address.port()).collect();
    assert!(ports.iter().all(|port| (8787..8887).contains(port)), "{ports:?}");
    ports.dedup();
    assert_eq!(ports.len(), 3);
    drop(clusters);

    let error = builder.telemetry(false).dashboard(true).start().unwrap_err();
    assert!(matches!(&error, Error::Config(ConfigError::Value { field: "telemetry", .. })), "{error}");
}

#[test]
fn news_are_pushed_and_end_with_the_cluster() {
    let cluster = cluster();
    let client = cluster.client();
    let site = Site::of(&client);
    let mut stream = site.connect();
    let request = format!("GET /events HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n", site.address, site.cookie());
    stream.write_all(format!("{request}Accept: text/event-stream\r\n\r\n").as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut news = || lines.by_ref().find_map(|line| line.strip_prefix("data: ").map(String::from));
    let records = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap()["records"].as_u64().unwrap();
    let first = records(news().unwrap());
    assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
    client.watch().unwrap().settle().unwrap();
    assert!(records(news().unwrap()) > first);
    cluster.close().unwrap();
    // Either the end is said, or the connection is cut.
    while let Some(line) = news() {
        assert!(line.starts_with('{') || line.contains("closed"), "{line}");
    }
}

#[test]
fn only_so_many_listen_at_a_time_and_none_need_read() {
    let cluster = cluster();
    let client = cluster.client();
    let site = Site::of(&client);
    let request = format!("GET /events HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n", site.address, site.cookie());
    let listen = || {
        let mut stream = site.connect();
        stream.write_all(format!("{request}Accept: text/event-stream\r\n\r\n").as_bytes()).unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (stream, String::from_utf8_lossy(&status[9..]).into_owned())
    };
    // These never read another byte.
    let listeners: Vec<_> = (0..32).map(|_| listen()).collect();
    assert!(listeners.iter().all(|(_, status)| status == "200"));
    assert_eq!(listen().1, "503");
    let numbers = Bag::<i64>::from_sequence(0..1000, 100).map(|x| x + 1).sum();
    assert_eq!(numbers.compute_on(&client).unwrap(), 500_500);
    assert_eq!(site.get("/health").status, 200);
    drop(listeners);
    while listen().1 != "200" {
        std::thread::yield_now();
    }
    cluster.close().unwrap();
}

#[test]
fn a_cluster_that_ends_shows_nothing_and_gives_the_port_back() {
    let builder = LocalCluster::builder().workers(2).threads_per_worker(1).without_default();
    // However slow this machine is, the cluster is still closing when it is asked.
    let builder = builder.close_grace(std::time::Duration::from_secs(60));
    let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
    let client = cluster.client();
    let site = Site::of(&client);
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (say, began) = std::sync::mpsc::channel();
    let held = parking_lot::Mutex::new(Some(released));
    let task = client.submit(
        move |x: i64| {
            say.send(()).unwrap();
            // Until the test says so, or the time that closing gives is over.
            held.lock().take().map(|released| released.recv().ok());
            x
        },
        (1,),
    );
    began.recv().unwrap();
    assert_eq!(site.get("/health").status, 200);
    let closing = std::thread::spawn(move || cluster.close());
    // The task keeps the cluster from closing; what is asked meanwhile is answered so.
    assert!(task.result().is_err());
    let reply = site.get("/json/summary");
    assert_eq!((reply.status, reply.header("content-type")), (503, Some("application/json")), "{reply:?}");
    assert!(reply.body.contains("\"error\""), "{reply:?}");
    protected(&reply);
    assert_eq!(site.get("/status").status, 503);
    // Who comes to listen only now is told why, in words that a page can read.
    let listen = "GET /events HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n";
    let reply = site.send(listen);
    assert!(reply.status == 200 && reply.body.contains("event: ended"), "{reply:?}");
    assert_eq!(client.dashboard_link(), None);
    release.send(()).unwrap();
    closing.join().unwrap().unwrap();
    assert!(TcpStream::connect(site.address).is_err());
    TcpListener::bind(site.address).unwrap();
    if TcpListener::bind("[::1]:0").is_ok() {
        TcpListener::bind(("::1", site.address.port())).unwrap();
    }
}

#[test]
fn localhost_is_this_dashboard_whichever_address_it_is_taken_for() {
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let cluster = cluster();
    let site = Site::of(&cluster.client());
    let second = Site { address: ([0, 0, 0, 0, 0, 0, 0, 1], site.address.port()).into(), ..site.clone() };
    assert_eq!((second.get("/status").status, second.get("/health").body), (200, site.get("/health").body));
    // Somebody else who has it there is noticed before anybody is sent to them.
    let held = loop {
        let held = TcpListener::bind("[::1]:0").unwrap();
        if TcpListener::bind(("127.0.0.1", held.local_addr().unwrap().port())).is_ok() {
            break held;
        }
    };
    let (address, builder) = (held.local_addr().unwrap(), LocalCluster::builder().workers(1).without_default());
    match builder.dashboard_address(format!("127.0.0.1:{}", address.port())).start() {
        Err(Error::Config(ConfigError::Dashboard(DashboardError::Taken { address: named, .. }))) => {
            assert_eq!(named, address);
        }
        other => panic!("{other:?}"),
    }
    cluster.close().unwrap();
}

#[test]
fn who_says_nothing_or_little_is_hung_up_on_and_keeps_nobody_waiting() {
    let cluster = cluster();
    let client = cluster.client();
    let site = Site::of(&client);
    // More than are answered at a time, most of them silent, and one that stops in the middle of a header.
    let mut silent: Vec<_> = (0..100).map(|_| site.connect()).collect();
    silent[0].write_all(b"GET /status HT").unwrap();
    let numbers = Bag::<i64>::from_sequence(0..1000, 100).map(|x| x + 1).sum();
    assert_eq!(numbers.compute_on(&client).unwrap(), 500_500);
    assert_eq!(site.get("/health").status, 200);
    for mut stream in silent {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty() || Reply::parse(&rest).status == 408, "{:?}", String::from_utf8_lossy(&rest));
    }
    cluster.close().unwrap();
}
