//! A process without file descriptors.

use crate::support::{Served, named};
use partita_wire::connect;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// FAULTS P21: with 32 descriptors a listener under a crowd waits instead of spinning, says so, and takes connections again
/// when the crowd has gone.
#[tokio::test]
async fn without_descriptors_a_listener_rests_and_comes_back() {
    let mut served = Served::start(&["--descriptors", "32"]);
    let start = Instant::now();
    let crowd: Vec<UnixStream> = (0..100).map(|_| UnixStream::connect(&served.path).unwrap()).collect();
    while served.figure("exhausted:") < 6 {
        tokio::task::yield_now().await;
    }
    // Before the sixth attempt it has waited for 5, 10, 20, 40 and 80 ms: it does not spin.
    assert!(start.elapsed() >= Duration::from_millis(155), "{:?}", start.elapsed());
    drop(crowd);
    let good = connect(&served.path, named(1), &served.gate).await;
    assert!(good.is_ok(), "{good:?}; {}", served.report());
}
