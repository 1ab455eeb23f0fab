//! Many hostile connections at once, and what came of them.

use super::kinds::Kind;
use super::{Error, runtime, set_descriptors};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// How long one connection is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// File descriptors that are kept for other things.
const SPARE: u64 = 64;
/// Pause before another attempt when the socket's row is full.
const PAUSE: Duration = Duration::from_millis(1);

/// What came of the connections of one kind.
#[derive(Default)]
struct Seen {
    connections: usize,
    /// Those that the other side hung up on, and the longest that took.
    closed: usize,
    longest: Duration,
    /// Bytes that the other side sent.
    bytes: u64,
    failed: BTreeMap<String, usize>,
}

/// What came of one connection.
struct Outcome {
    kind: Kind,
    closed_after: Option<Duration>,
    bytes: u64,
    failure: Option<String>,
}

/// What is attacked, and how.
pub(crate) struct Attack {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) connections: usize,
    pub(crate) at_once: usize,
    pub(crate) rate: Option<f64>,
    pub(crate) kind: Option<Kind>,
    pub(crate) seed: u64,
}

pub(crate) fn run(attack: &Attack) -> Result<(), Error> {
    let most = usize::try_from(set_descriptors(None)?.saturating_sub(SPARE))?.min(attack.at_once).max(1);
    let (start, connections) = (Instant::now(), attack.connections);
    let seen = runtime()?.block_on(all(attack, most));
    let mut out = io::stdout().lock();
    for (kind, seen) in &seen {
        let Seen { connections, closed, longest, bytes, failed } = seen;
        writeln!(
            out,
            "{kind:?}: {connections} connections, {closed} hung up on, the last after {longest:?}, {bytes} bytes came, failures {failed:?}"
        )?;
    }
    let closed: usize = seen.values().map(|seen| seen.closed).sum();
    let longest = seen.values().map(|seen| seen.longest).max().unwrap_or_default();
    writeln!(
        out,
        "all: {closed} of {connections} closed, longest {} ms, took {} ms, processor {} ms",
        longest.as_millis(),
        start.elapsed().as_millis(),
        processor_ticks() * 1_000 / rustix::param::clock_ticks_per_second()
    )?;
    if closed == connections { Ok(()) } else { Err("connections were left open, or failed".into()) }
}

/// Processor time of this process so far, in the system's ticks.
fn processor_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in brackets, and may hold anything; the times are the fields 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// Makes all connections, at most `most` at a time.
async fn all(attack: &Attack, most: usize) -> BTreeMap<Kind, Seen> {
    let mut seen: BTreeMap<Kind, Seen> = BTreeMap::new();
    let mut add = |outcome: Outcome| {
        let of_kind = seen.entry(outcome.kind).or_default();
        of_kind.connections += 1;
        of_kind.bytes += outcome.bytes;
        if let Some(after) = outcome.closed_after {
            of_kind.closed += 1;
            of_kind.longest = of_kind.longest.max(after);
        }
        if let Some(failure) = outcome.failure {
            *of_kind.failed.entry(failure).or_default() += 1;
        }
    };
    let (begin, mut open) = (tokio::time::Instant::now(), FuturesUnordered::new());
    for number in 0..attack.connections {
        let kind = attack.kind.unwrap_or(Kind::ALL[number % Kind::ALL.len()]);
        let path = &attack.paths[number / Kind::ALL.len() % attack.paths.len()];
        let random = Pcg64Mcg::seed_from_u64(attack.seed.wrapping_add(number as u64));
        if let Some(rate) = attack.rate {
            let due = begin + Duration::from_secs_f64(number as f64 / rate);
            // Those that are open go on meanwhile.
            while let Ok(Some(outcome)) = tokio::time::timeout_at(due, next(&mut open)).await {
                add(outcome);
            }
        }
        open.push(one(path, kind, random));
        if open.len() >= most
            && let Some(outcome) = open.next().await
        {
            add(outcome);
        }
    }
    while let Some(outcome) = open.next().await {
        add(outcome);
    }
    seen
}

/// What comes of the next connection that ends; of none, if none is open, this waits for ever.
async fn next<F: Future<Output = Outcome>>(open: &mut FuturesUnordered<F>) -> Option<Outcome> {
    if open.is_empty() {
        std::future::pending::<()>().await;
    }
    open.next().await
}

/// One connection, until the other side has hung up.
async fn one(path: &Path, kind: Kind, mut random: Pcg64Mcg) -> Outcome {
    let bytes = kind.bytes(&mut random);
    let mut outcome = Outcome { kind, closed_after: None, bytes: 0, failure: None };
    let mut stream = match connect(path).await {
        Ok(stream) => stream,
        Err(error) => {
            outcome.failure = Some(error.to_string());
            return outcome;
        }
    };
    let start = Instant::now();
    if kind.hangs_up() {
        // It may have been hung up on before.
        outcome.failure = stream.write_all(&bytes).await.err().map(|error| error.to_string());
        outcome.closed_after = Some(start.elapsed());
        return outcome;
    }
    let attacked = async {
        let (mut reader, mut writer) = stream.split();
        let mut sent = writer.write_all(&bytes).await;
        while kind.goes_on() && sent.is_ok() {
            sent = writer.write_all(&bytes).await;
        }
        let mut answer = Vec::new();
        // An error of a connection that is closed is an end, too.
        let ended = reader.read_to_end(&mut answer).await;
        (answer.len() as u64, ended.err())
    };
    match tokio::time::timeout(PATIENCE, attacked).await {
        Ok((bytes, error)) => {
            outcome.bytes = bytes;
            outcome.closed_after = Some(start.elapsed());
            outcome.failure = error.map(|error| error.to_string());
        }
        Err(_) => outcome.failure = Some("not hung up on".to_string()),
    }
    outcome
}

/// Connects, as soon as the socket's row has room.
async fn connect(path: &Path) -> io::Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && start.elapsed() < PATIENCE => {
                tokio::time::sleep(PAUSE).await;
            }
            connected => return connected,
        }
    }
}
