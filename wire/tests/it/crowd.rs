//! Thousands of hostile connections.

use crate::support::{Said, Served, hostile, named};
use partita_wire::connect;
use std::time::Duration;

/// Connections of the test.
const CONNECTIONS: &str = "10000";

/// FAULTS M3, M4, M5, M9, secure default 6: 10,000 hostile connections of all kinds cost a listener less than 16 MiB, each of
/// them is hung up on within 5 s, and a connection that was there before works during the attack and afterwards.
#[tokio::test]
async fn ten_thousand_hostile_connections_cost_little_and_end_soon() {
    let mut served = Served::start(&[]);
    let connection = connect(&served.path, named(1), &served.gate).await.unwrap();
    let (sender, mut receiver) = connection.split::<u64, u64>();
    let before = served.figure("VmHWM");
    let mut attack = hostile();
    attack.arg("attack").arg(&served.path).args(["--connections", CONNECTIONS]);
    let attack = tokio::task::spawn_blocking(move || attack.output().unwrap());
    let mut rounds = 0;
    while !attack.is_finished() {
        sender.send(&rounds, vec![]).unwrap();
        assert_eq!(receiver.next().await.unwrap().unwrap().head, rounds);
        rounds += 1;
    }
    let attacked = attack.await.unwrap();
    let told = String::from_utf8(attacked.stdout).unwrap();
    assert!(attacked.status.success(), "{told}");
    let (_, longest) = told.split_once("longest ").unwrap();
    let longest = longest.split(' ').next().unwrap().parse().map(Duration::from_millis).unwrap();
    assert!(longest <= Duration::from_secs(5), "{told}");
    let grown = served.figure("VmHWM") - before;
    let report = served.report();
    println!("{told}{rounds} rounds meanwhile, {grown} KiB more memory\n{report}");
    assert!(grown < 16 << 10, "{grown} KiB more; {report}");
    // Those that have just come get in, too.
    let late = connect(&served.path, named(2), &served.gate).await.unwrap();
    let (sender, mut receiver) = late.split::<Said, Said>();
    drop(sender);
    assert!(receiver.next().await.unwrap().is_none());
}

/// FAULTS M3, M4, M5, M9: with fewer strangers at a time than are allowed nobody makes room for another; each is heard, refused
/// for its own reason, and counted.
#[tokio::test]
async fn each_hostile_connection_is_counted_by_its_reason() {
    let mut served = Served::start(&[]);
    let before = served.figure("VmHWM");
    for (kind, counter) in
        [("garbage", "garbage:"), ("bombs", "garbage:"), ("stranger", "token:"), ("flood", "garbage:")]
    {
        let counted = served.figure(counter);
        let mut attack = hostile();
        attack.arg("attack").arg(&served.path).args(["--connections", "500", "--at-once", "32", "--kind", kind]);
        let out = attack.output().unwrap();
        assert!(out.status.success(), "{kind}: {}", String::from_utf8_lossy(&out.stdout));
        assert_eq!(served.figure(counter) - counted, 500, "{kind}: {}", served.report());
    }
    let grown = served.figure("VmHWM") - before;
    assert!(grown < 16 << 10, "{grown} KiB more; {}", served.report());
}
