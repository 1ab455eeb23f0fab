//! No dashboard unless one is asked for, in code or by the environment; and what is written into logs.

use super::dashboard_support::Site;
use partita::diagnostics::{MemorySampler, export, performance_report};
use partita::prelude::*;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

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

/// An address of `/proc/net/tcp`: a host of one or four words in the machine's order of bytes, and a port.
fn address(text: &str) -> SocketAddr {
    let (host, port) = text.split_once(':').unwrap();
    let words: Vec<u8> = (0..host.len() / 8)
        .flat_map(|word| u32::from_str_radix(&host[word * 8..][..8], 16).unwrap().to_ne_bytes())
        .collect();
    let port = u16::from_str_radix(port, 16).unwrap();
    match <[u8; 4]>::try_from(&*words) {
        Ok(four) => (four, port).into(),
        Err(_) => (<[u8; 16]>::try_from(words).unwrap(), port).into(),
    }
}

/// The sockets of this process that listen: addresses of TCP and UDP, names of local ones.
fn listeners() -> (Vec<SocketAddr>, Vec<String>) {
    let links =
        std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let own: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let rows = |table: &str, inode: usize| -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(format!("/proc/self/net/{table}")).unwrap_or_default();
        let rows = text.lines().map(|line| line.split_whitespace().map(String::from).collect::<Vec<_>>());
        rows.filter(|row| row.get(inode).is_some_and(|inode| own.contains(&format!("socket:[{inode}]")))).collect()
    };
    let tables = ["tcp", "tcp6", "udp", "udp6"].map(|table| rows(table, 9)).concat();
    let addresses = tables.iter().filter(|row| row[3] == "0A" || row[3] == "07").map(|row| address(&row[1]));
    let mut addresses: Vec<SocketAddr> = addresses.collect();
    addresses.sort();
    // The flag of a local socket that accepts connections.
    let local = rows("unix", 6).into_iter().filter(|row| row[3] == "00010000").map(|row| row.join(" ")).collect();
    (addresses, local)
}

/// What is done in a process of its own, where nobody should listen unless a dashboard was asked for.
fn listens(what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let builder = LocalCluster::builder().workers(2);
    let started = match what {
        "off" => builder.dashboard(false),
        "on" => builder.dashboard(true),
        "chosen" => builder.dashboard_address("[::1]:0"),
        "blind" => builder.telemetry(false),
        "busy" => builder.journal(folder.path().join("journal")),
        _ => builder,
    }
    .start();
    let watched = started.as_ref().ok().filter(|_| what == "busy").map(|cluster| {
        let (client, report) = (cluster.client(), performance_report(folder.path().join("report.html")).unwrap());
        assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
        client.dump_cluster_state(folder.path().join("state.json")).unwrap();
        (client.watch().unwrap(), report)
    });
    let link = started.as_ref().map(|cluster| cluster.client().dashboard_link().unwrap_or("no link".into()));
    let link = link.unwrap_or_else(|error| error.to_string());
    let (addresses, local) = listeners();
    let port = link.strip_prefix("http://").map(|_| Site::at(&link).address.port());
    assert!(addresses.iter().all(|address| Some(address.port()) == port), "{addresses:?}, {link}");
    assert!(local.is_empty(), "{local:?}");
    let hosts: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    println!("\n{hosts:?} listen: {link}");
    drop(watched);
}

#[test]
#[cfg(target_os = "linux")]
fn nobody_listens_unless_it_is_asked_for() {
    if let Ok(what) = std::env::var(CHILD) {
        return listens(&what);
    }
    let both = match TcpListener::bind("[::1]:0") {
        Ok(_) => "[\"127.0.0.1\", \"::1\"] listen: http://127.0.0.1:",
        Err(_) => "[\"127.0.0.1\"] listen: http://127.0.0.1:",
    };
    let table = [
        ("unsaid", None, "[] listen: no link"),
        ("unsaid", Some(""), "[] listen: no link"),
        ("unsaid", Some("0"), "[] listen: no link"),
        ("unsaid", Some("1"), both),
        ("unsaid", Some("127.0.0.1:0"), both),
        ("unsaid", Some("0.0.0.0:8787"), "[] listen: the dashboard cannot listen on 0.0.0.0:8787"),
        ("unsaid", Some("somewhere"), "[] listen: `somewhere` is no address"),
        ("off", Some("1"), "[] listen: no link"),
        ("on", None, both),
        ("on", Some("0"), both),
        ("on", Some("127.0.0.1:0"), both),
        // Who wants no records is not forced to have them.
        ("blind", Some("1"), "[] listen: no link"),
        ("busy", None, "[] listen: no link"),
    ];
    for (what, value, says) in table {
        let (out, _) = in_a_process("dashboard_off::nobody_listens_unless_it_is_asked_for", what, value);
        assert!(out.contains(says), "{what}, {value:?}: {out}");
    }
    if both.contains("::1") {
        let (out, _) = in_a_process("dashboard_off::nobody_listens_unless_it_is_asked_for", "chosen", None);
        assert!(out.contains("[\"::1\"] listen: http://[::1]:"), "{out}");
    }
}

/// What a cluster logs, writes and prints, all of it beneath a folder, while its dashboard is used well and badly.
fn leaves_traces(folder: &Path) {
    let log = File::create(folder.join("log")).unwrap();
    let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(Mutex::new(log));
    all.with_ansi(false).init();
    let builder = LocalCluster::builder().workers(1).dashboard_address("127.0.0.1:0");
    let cluster = builder.journal(folder.join("journal")).start().unwrap();
    let client = cluster.client();
    let site = Site::of(&client);
    println!("\ntoken {}", site.token);
    let report = performance_report(folder.join("report.html")).unwrap();
    let watching = client.watch().unwrap();
    assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
    for path in ["/status", "/json/summary", "/json/logs", "/metrics", "/nothing", "/json/summary?at=x"] {
        assert!(!site.get(path).body.contains(&site.token));
    }
    let link = format!("GET /status?token={} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n", site.token);
    assert_eq!(site.send(&link).status, 303);
    assert_eq!(site.send(&link.replace("GET", "POST")).status, 405);
    assert_eq!(site.send(&link.replace("HOST", "evil.example")).status, 403);
    assert_eq!(site.send(&link.replace("HTTP/1.1", "HTTP/7")).status, 400);
    assert_eq!(report.finish().unwrap(), folder.join("report.html"));
    let run = watching.finish().unwrap();
    export::chrome_trace(&run, folder.join("trace.json")).unwrap();
    export::json_lines(&run, folder.join("run.jsonl")).unwrap();
    client.dump_cluster_state(folder.join("state.json")).unwrap();
    std::fs::write(folder.join("shown"), format!("{client:?} {cluster:?}")).unwrap();
    cluster.close().unwrap();
}

#[test]
fn no_log_and_no_file_has_the_token() {
    if let Ok(folder) = std::env::var(CHILD) {
        return leaves_traces(Path::new(&folder));
    }
    for (value, told) in [(None, 0), (Some("1"), 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (out, err) =
            in_a_process("dashboard_off::no_log_and_no_file_has_the_token", folder.path().to_str().unwrap(), value);
        let token = out.lines().find_map(|line| line.strip_prefix("token ")).unwrap();
        // Who asked by the environment is told the link on the terminal; nobody else is, unless the program says it.
        assert_eq!((out.matches(token).count(), err.matches(token).count()), (1, told), "{out}{err}");
        assert_eq!(err.matches(&format!("/status?token={token}\n")).count(), told, "{err}");
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
        assert!(files.len() >= 7, "{files:?}");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!bytes.windows(token.len()).any(|bytes| bytes == token.as_bytes()), "{}", file.display());
        }
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains("the dashboard is at http://127.0.0.1:"), "{log}");
    }
}

#[test]
#[cfg(unix)]
fn files_that_tell_of_the_work_are_read_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let cluster = LocalCluster::builder().workers(1).journal(path("journal")).start().unwrap();
    let client = cluster.client();
    let (report, watching) = (performance_report(path("report.html")).unwrap(), client.watch().unwrap());
    let sampler = MemorySampler::new();
    let sampling = sampler.sample("all", &client).unwrap();
    assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
    drop(sampling);
    report.finish().unwrap();
    let run = watching.finish().unwrap();
    export::chrome_trace(&run, path("trace.json")).unwrap();
    export::csv(&run, path("run.csv")).unwrap();
    export::json_lines(&run, path("run.jsonl")).unwrap();
    run.save(path("run.partita")).unwrap();
    sampler.to_csv(path("memory.csv")).unwrap();
    client.dump_cluster_state(path("state.json")).unwrap();
    cluster.close().unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 8, "{files:?}");
    for file in files {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
}

/// The text of all files of Rust beneath a folder.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, text);
        } else if name.ends_with(".rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn each_claim_about_security_names_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let claims = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut text = String::new();
    sources(root, &mut text);
    let (_, claims) = claims.split_once("## What is defended").unwrap();
    let (claims, _) = claims.split_once("## What is not defended").unwrap();
    let quoted = claims.split('`').skip(1).step_by(2);
    let named: Vec<&str> = quoted.filter(|word| !word.contains(['(', ' ']) && word.matches('_').count() > 2).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named {
        assert!(text.contains(&format!("fn {name}() {{")), "{name}");
    }
    // Each paragraph but the one about the compiler ends in the tests of it.
    let bare = claims.split("\n\n").filter(|part| part.starts_with("**") && !part.trim_end().ends_with("`)"));
    assert_eq!(bare.count(), 1);
}
