//! A process without file descriptors.

use crate::support::{Served, named};
use partita_wire::connect;
use std::os::unix::net::UnixStream;

/// FAULTS P21: with 32 descriptors a listener under a crowd waits instead of spinning, says so, and takes connections again
/// when the crowd has gone.
#[tokio::test]
async fn without_descriptors_a_listener_rests_and_comes_back() {
    let mut served = Served::start(&["--descriptors", "32"]);
    let crowd: Vec<UnixStream> = (0..100).map(|_| UnixStream::connect(&served.path).unwrap()).collect();
    while served.figure("exhausted:") == 0 {
        tokio::task::yield_now().await;
    }
    let (before, start) = (processor_time(served.process()), std::time::Instant::now());
    while served.figure("exhausted:") < 6 {
        tokio::task::yield_now().await;
    }
    // Waits of 5, 10, 20, 40 and 80 ms have passed.
    assert!(start.elapsed().as_millis() >= 70, "{:?}", start.elapsed());
    assert!(processor_time(served.process()) >= before);
    drop(crowd);
    let good = connect(&served.path, named(1), &served.gate).await;
    assert!(good.is_ok(), "{good:?}; {}", served.report());
}

/// Ticks that a process was on a processor.
fn processor_time(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = rest.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
