//! No dashboard unless one is asked for, in code or by the environment; and what is written into logs.

use super::dashboard_support::Site;
use partita::prelude::*;
use std::process::Command;

const CHILD: &str = "PARTITA_TEST_DASHBOARD_CHILD";
const VARIABLE: &str = "PARTITA_DASHBOARD";

/// What a test of this name printed in a process of its own, where it is told that it is there, and the variable has a value.
fn in_a_process(test: &str, what: &str, value: Option<&str>) -> (String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, what).env_remove(VARIABLE);
    let output = command.envs(value.map(|value| (VARIABLE, value))).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{test}: {out}{err}");
    (out, err)
}

/// Sockets of this process that listen.
fn listeners() -> usize {
    let links =
        std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let own: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let tables = ["tcp", "tcp6", "udp", "udp6"]
        .map(|name| std::fs::read_to_string(format!("/proc/self/net/{name}")).unwrap_or_default());
    let is_own = |line: &&str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        cells.len() > 9 && (cells[3] == "0A" || cells[3] == "07") && own.contains(&format!("socket:[{}]", cells[9]))
    };
    tables.iter().map(|table| table.lines().filter(is_own).count()).sum()
}

#[test]
#[cfg(target_os = "linux")]
fn nobody_listens_unless_it_is_asked_for() {
    if let Ok(what) = std::env::var(CHILD) {
        let builder = LocalCluster::builder().workers(1);
        let builder = match what.as_str() {
            "off" => builder.dashboard(false),
            "on" => builder.dashboard(true),
            "blind" => builder.telemetry(false),
            _ => builder,
        };
        let started = builder.start();
        let link = started.as_ref().map(|cluster| cluster.client().dashboard_link().unwrap_or("no link".into()));
        println!("\n{} listen: {}", listeners(), link.unwrap_or_else(|error| error.to_string()));
        return;
    }
    let table = [
        ("unsaid", None, "0 listen: no link"),
        ("unsaid", Some(""), "0 listen: no link"),
        ("unsaid", Some("0"), "0 listen: no link"),
        ("unsaid", Some("1"), "1 listen: http://127.0.0.1:"),
        ("unsaid", Some("127.0.0.1:0"), "1 listen: http://127.0.0.1:"),
        ("unsaid", Some("0.0.0.0:8787"), "0 listen: the dashboard cannot listen on 0.0.0.0:8787"),
        ("unsaid", Some("somewhere"), "0 listen: `somewhere` is no address"),
        ("off", Some("1"), "0 listen: no link"),
        ("on", Some("0"), "1 listen: http://127.0.0.1:"),
        ("on", Some("127.0.0.1:0"), "1 listen: http://127.0.0.1:"),
        // Who wants no records is not forced to have them.
        ("blind", Some("1"), "0 listen: no link"),
    ];
    for (what, value, says) in table {
        let (out, _) = in_a_process("dashboard_off::nobody_listens_unless_it_is_asked_for", what, value);
        assert!(out.contains(says), "{what}, {value:?}: {out}");
    }
}

#[test]
fn the_token_is_logged_once_and_never_again() {
    if std::env::var_os(CHILD).is_some() {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
        let cluster = LocalCluster::builder().workers(1).dashboard_address("127.0.0.1:0").start().unwrap();
        let client = cluster.client();
        let site = Site::of(&client);
        println!("\ntoken {}", site.token);
        assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
        for path in ["/status", "/json/summary", "/metrics", "/nothing", "/json/summary?at=x"] {
            assert!(!site.get(path).body.contains(&site.token));
        }
        let link = format!("GET /status?token={} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n", site.token);
        assert_eq!(site.send(&link).status, 303);
        assert_eq!(site.send(&link.replace("GET", "POST")).status, 405);
        assert_eq!(site.send(&link.replace("HOST", "evil.example")).status, 403);
        println!("{client:?} {cluster:?}");
        cluster.close().unwrap();
        return;
    }
    let (out, err) = in_a_process("dashboard_off::the_token_is_logged_once_and_never_again", "yes", None);
    let token = out.lines().find_map(|line| line.strip_prefix("token ")).unwrap();
    assert_eq!((out.matches(token).count(), err.matches(token).count()), (1, 1), "{out}{err}");
}
