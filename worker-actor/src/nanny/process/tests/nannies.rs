//! A nanny with real processes.

use super::ends::{left_in, words};
use super::scripted::Orders;
use super::{FIRST, Hold, LONG, plan};
use crate::nanny::process::policy::{Config, Event, Incarnation, Verdict, Warning, Why};
use crate::nanny::process::{NannyLink, Order, Plan, ProcessNanny, SystemProcesses};
use parking_lot::Mutex;
use partita_protocol::{Begun, Closed, Link, LossCause, ProcessEnd};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A place whose processes play these parts one after the other, the last one again and again; one that writes `hello` has
/// said it.
fn place(config: Config, parts: &'static [&'static str]) -> (NannyLink, UnboundedReceiver<Order>) {
    let (sender, orders) = unbounded_channel();
    let way: Arc<Mutex<Option<NannyLink>>> = Arc::default();
    let told = way.clone();
    let processes = SystemProcesses::new(move |incarnation: Incarnation| {
        let told = told.clone();
        let sink: crate::nanny::process::Sink = Arc::new(move |text: &str| {
            if text == "hello\n"
                && let Some(link) = &*told.lock()
            {
                drop(link.send(Event::Hello { incarnation }));
            }
        });
        let part = parts[(incarnation.0 as usize - 1).min(parts.len() - 1)];
        Plan { sink, ..plan(part) }
    });
    let (nanny, link) = ProcessNanny::new(config, processes, Arc::new(Orders(sender)), std::time::Instant::now());
    *way.lock() = Some(link.clone());
    tokio::spawn(nanny.run());
    (link, orders)
}

async fn next(orders: &mut UnboundedReceiver<Order>) -> Order {
    tokio::time::timeout(LONG, orders.recv()).await.unwrap().unwrap()
}

async fn verdict(orders: &mut UnboundedReceiver<Order>) -> Verdict {
    loop {
        if let Order::Verdict(verdict) = next(orders).await {
            return verdict;
        }
    }
}

/// FAULTS P7, L8.
#[tokio::test]
async fn a_program_that_ends_at_once_is_given_up_within_seconds() {
    let start = std::time::Instant::now();
    let (_link, mut orders) = place(Config::new("w"), &["exit 3"]);
    let gave_up = loop {
        match verdict(&mut orders).await {
            Verdict::GaveUp(gave_up) => break gave_up,
            Verdict::Restarting { cause: LossCause::Process(loss), .. } => {
                assert_eq!(loss.end, ProcessEnd::Unborn { code: 3 });
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(gave_up.to_string().contains("exit code 3"), "{gave_up}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// FAULTS R38, P1: whoever is killed after a good start is replaced, again and again, and the cause is told each time.
#[tokio::test]
async fn one_that_is_killed_again_and_again_is_replaced_each_time() {
    let (link, mut orders) = place(Config::new("w"), &["hello-die"]);
    let (mut lost, mut newest) = (0, 0);
    while lost < 8 {
        match next(&mut orders).await {
            Order::Fence(incarnation, cause, begun) => {
                assert_eq!(incarnation.0, newest + 1, "each is told once, in order");
                newest = incarnation.0;
                assert_eq!(begun, Begun::none(), "it said so");
                assert!(cause.to_string().contains("signal 9 (SIGKILL) (nobody here sent it: perhaps"), "{cause}");
                lost += 1;
            }
            Order::Verdict(Verdict::Ready(_) | Verdict::Restarting { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    link.send(Event::StopAsked { timeout: Duration::ZERO, why: Why::Closing }).unwrap();
    while !matches!(next(&mut orders).await, Order::Verdict(Verdict::Left { .. })) {}
}

/// FAULTS P8.
#[tokio::test]
async fn a_process_that_is_stopped_is_replaced() {
    let config = Config { stopped_grace: Duration::from_millis(300), ..Config::new("w") };
    let (link, mut orders) = place(config, &["stop", "wait"]);
    let Order::Fence(Incarnation(1), LossCause::Process(loss), _) = next(&mut orders).await else { panic!("no fence") };
    assert!(matches!(loss.end, ProcessEnd::Stopped { time } if time >= Duration::from_millis(300)), "{loss}");
    assert!(matches!(verdict(&mut orders).await, Verdict::Restarting { .. }));
    assert_eq!(verdict(&mut orders).await, Verdict::Ready(Incarnation(2)));
    link.send(Event::StopAsked { timeout: Duration::ZERO, why: Why::Closing }).unwrap();
    assert_eq!(verdict(&mut orders).await, Verdict::Left { killed: true, stuck: None });
}

#[tokio::test]
async fn a_process_that_says_no_hello_is_replaced() {
    let config = Config { hello_timeout: Duration::from_millis(300), failed_starts: 0, ..Config::new("w") };
    let (_link, mut orders) = place(config, &["keep-child"]);
    let Verdict::GaveUp(gave_up) = verdict(&mut orders).await else { panic!("it was not given up") };
    assert!(gave_up.to_string().contains("no hello within 300ms"), "{gave_up}");
}

/// FAULTS L6: SIGTERM is taken no notice of.
#[tokio::test]
async fn a_deaf_process_is_warned_of_and_killed() {
    let (link, mut orders) = place(Config::new("w"), &["deaf"]);
    assert_eq!(verdict(&mut orders).await, Verdict::Ready(Incarnation(1)));
    link.send(Event::StopAsked { timeout: Duration::from_millis(500), why: Why::Closing }).unwrap();
    let mut warnings = Vec::new();
    let left = loop {
        match next(&mut orders).await {
            Order::Warn(Warning::StillAlive { next, .. }) => warnings.push(next.to_string()),
            Order::Verdict(verdict) => break verdict,
            _ => {}
        }
    };
    assert_eq!(left, Verdict::Left { killed: true, stuck: None });
    assert_eq!(warnings, ["is sent SIGTERM", "is killed"]);
}

/// FAULTS T8: by its own size, and told for what it was.
#[tokio::test]
async fn a_process_with_too_much_memory_is_ended() {
    let config = Config { memory_limit: Some(1 << 20), ..Config::new("w") };
    let (_link, mut orders) = place(config, &["wait"]);
    let cause = loop {
        if let Verdict::Restarting { cause, .. } = verdict(&mut orders).await {
            break cause;
        }
    };
    let LossCause::Process(loss) = cause else { panic!("{cause}") };
    assert!(matches!(loss.end, ProcessEnd::OverMemory { rss, limit } if rss > limit), "{loss}");
}

/// A cluster that makes a nanny panic when she tells that her process is a worker.
struct Fatal;

impl Link<Order> for Fatal {
    fn send(&self, order: Order) -> Result<(), Closed<Order>> {
        match order {
            Order::Verdict(Verdict::Ready(_)) => panic!("a nanny that panics"),
            _ => Ok(()),
        }
    }
}

/// FAULTS P11.
#[tokio::test]
async fn a_nanny_that_panics_leaves_no_process() {
    let (sink, words) = words();
    let processes = SystemProcesses::new(move |_| Plan { sink: sink.clone(), ..plan("keep-child") });
    let (nanny, link) = ProcessNanny::new(Config::new("w"), processes, Arc::new(Fatal), std::time::Instant::now());
    let runs = tokio::spawn(nanny.run());
    let text = tokio::task::spawn_blocking(move || words.recv_timeout(LONG).unwrap()).await.unwrap();
    let child = left_in(&text);
    let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap();
    let worker = stat.split_ascii_whitespace().nth(3).unwrap().parse().unwrap();
    let holds = [Hold::of(child), Hold::of(worker)];
    link.send(Event::Hello { incarnation: FIRST }).unwrap();
    assert!(runs.await.unwrap_err().is_panic());
    assert!(holds.iter().all(|hold| hold.ends_within(LONG)));
}
