//! Callers that say nothing, say it slowly, or do not take what they are answered: others get through all the same.

use super::dashboard_support::Site;
use partita::prelude::*;
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

/// All connections that the dashboard has at a time.
const ALL: usize = 64;

/// How long whoever asks waits at the most; if connections were only let go when their own time is over, it would be twice
/// as long.
const BOUND: Duration = Duration::from_secs(12);

fn cluster() -> (LocalCluster, Site) {
    let builder = LocalCluster::builder().workers(1).without_default();
    let cluster = builder.dashboard_address("127.0.0.1:0").start().unwrap();
    let site = Site::of(&cluster.client());
    (cluster, site)
}

/// Whether the other side has hung up; waits for so long until it does.
fn is_hung_up(stream: &mut TcpStream, wait: Duration) -> bool {
    stream.set_read_timeout(Some(wait)).unwrap();
    match stream.read(&mut [0; 4096]) {
        Ok(count) => count == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

/// A page of a browser that was let in, and its files, each by a connection of its own.
fn browse(site: &Site) {
    for path in
        ["/status", "/assets/shell.js", "/assets/partita.css", "/assets/uplot/uPlot.iife.min.js", "/json/moment"]
    {
        let begin = Instant::now();
        assert_eq!(site.get(path).status, 200, "{path}");
        assert!(begin.elapsed() < BOUND, "{path} took {:?}", begin.elapsed());
    }
}

#[test]
fn a_browser_gets_through_a_crowd_that_says_nothing_and_comes_again() {
    let (cluster, site) = cluster();
    let over = AtomicBool::new(false);
    scope(|scope| {
        // Five times as many as are answered at a time; each comes again when it is hung up on.
        let crowds = [(); 5].map(|()| (0..ALL).map(|_| site.connect()).collect::<Vec<_>>());
        for mut crowd in crowds {
            let (site, over) = (&site, &over);
            scope.spawn(move || {
                for turn in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let stream = &mut crowd[turn % ALL];
                    if is_hung_up(stream, Duration::from_millis(1)) {
                        *stream = site.connect();
                    }
                }
            });
        }
        let browsed = catch_unwind(AssertUnwindSafe(|| browse(&site)));
        over.store(true, Ordering::Relaxed);
        browsed.unwrap_or_else(|panic| resume_unwind(panic));
    });
    cluster.close().unwrap();
}

#[test]
fn who_asks_a_letter_at_a_time_is_hung_up_on() {
    let (cluster, site) = cluster();
    let good = format!("GET /health HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", site.address, site.cookie());
    // The first question slowly, and the second one: a connection that was once good is not trusted for ever.
    for first in [String::new(), good.clone()] {
        let mut stream = site.connect();
        stream.write_all(first.as_bytes()).unwrap();
        if !first.is_empty() {
            let mut answer = Vec::new();
            while !answer.ends_with(b"{\"status\":\"ok\"}") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                answer.extend(byte);
            }
        }
        let begin = Instant::now();
        let mut letters = good.bytes().cycle();
        // Each letter is followed by a wait for the other side to hang up.
        while stream.write_all(&[letters.next().unwrap()]).is_ok() && !is_hung_up(&mut stream, BOUND / 60) {
            assert!(begin.elapsed() < BOUND, "nobody hung up");
        }
    }
    cluster.close().unwrap();
}

#[test]
fn who_does_not_take_an_answer_is_hung_up_on() {
    let (cluster, site) = cluster();
    let ends = ["keep-alive", "close"];
    let request = |end| {
        let path = "GET /assets/uplot/uPlot.iife.min.js HTTP/1.1";
        format!("{path}\r\nHost: {}\r\nCookie: {}\r\nConnection: {end}\r\n\r\n", site.address, site.cookie())
    };
    // More is asked for than the system keeps for somebody with so little room.
    let deaf: Vec<Socket> = (0..ALL)
        .map(|number| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            socket.connect(&site.address.into()).unwrap();
            let many = request("keep-alive").repeat(60) + &request(ends[number % 2]);
            // In such a crowd it may have been hung up on already.
            (&socket).write_all(many.as_bytes()).ok();
            socket
        })
        .collect();
    browse(&site);
    // None of them keeps its connection: to write to one fails, and is not taken for ever.
    for socket in deaf {
        socket.set_write_timeout(Some(BOUND)).unwrap();
        let error = loop {
            if let Err(error) = (&socket).write_all(&[b'G'; 4096]) {
                break error;
            }
        };
        assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "nobody hung up");
    }
    cluster.close().unwrap();
}
