//! A nanny in virtual time, with processes that are played.

use crate::nanny::process::policy::{Config, Event, Excess, Exit, Incarnation, Look, Verdict, Why};
use crate::nanny::process::{NannyLink, Order, ProcessNanny, Processes, Tell};
use parking_lot::Mutex;
use partita_protocol::{Attempt, Begun, Closed, Link, LossCause, ProcessEnd, Tail};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// How processes behave.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// They end at once.
    Crash,
    /// They say hello, and end when they are killed.
    Work(Look),
}

struct Played {
    part: Part,
    tell: Option<Tell>,
    done: Arc<Mutex<Vec<String>>>,
}

impl Played {
    fn end(&mut self, incarnation: Incarnation, exit: Exit) {
        if let Some(tell) = self.tell.take() {
            tell(Event::Exited { incarnation, exit, stderr: Tail::of(b"oh no"), left_behind: 0 });
        }
    }
}

impl Processes for Played {
    fn spawn(&mut self, incarnation: Incarnation, tell: Tell) {
        tell(Event::Spawned { incarnation, pid: incarnation.0 });
        self.tell = Some(tell.clone());
        match self.part {
            Part::Crash => self.end(incarnation, Exit::Code(1)),
            Part::Work(_) => tell(Event::Hello { incarnation }),
        }
    }

    fn terminate(&mut self, incarnation: Incarnation) {
        self.done.lock().push(format!("terminate {incarnation}"));
    }

    fn kill(&mut self, incarnation: Incarnation) {
        self.done.lock().push(format!("kill {incarnation}"));
        self.end(incarnation, Exit::Signal(9));
    }

    fn look(&mut self, _: Incarnation) -> Option<Look> {
        match self.part {
            Part::Work(look) => Some(look),
            Part::Crash => None,
        }
    }

    fn last_words(&self, _: Incarnation) -> Tail {
        Tail::of(b"so far")
    }

    fn begun(&self, incarnation: Incarnation) -> Begun {
        Begun::These(vec![Attempt(u64::from(incarnation.0))])
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        self.done.lock().push("dropped".into());
    }
}

pub(super) struct Orders(pub(super) UnboundedSender<Order>);

impl Link<Order> for Orders {
    fn send(&self, order: Order) -> Result<(), Closed<Order>> {
        self.0.send(order).map_err(|closed| Closed(closed.0))
    }
}

type Done = Arc<Mutex<Vec<String>>>;

fn nanny(config: Config, part: Part) -> (NannyLink, UnboundedReceiver<Order>, Done, tokio::task::JoinHandle<()>) {
    let done = Done::default();
    let (sender, orders) = unbounded_channel();
    let played = Played { part, tell: None, done: done.clone() };
    let start = tokio::time::Instant::now().into_std();
    let (nanny, link) = ProcessNanny::new(config, played, Arc::new(Orders(sender)), start);
    (link, orders, done, tokio::spawn(nanny.run()))
}

async fn verdict(orders: &mut UnboundedReceiver<Order>) -> Verdict {
    loop {
        if let Order::Verdict(verdict) = orders.recv().await.unwrap() {
            return verdict;
        }
    }
}

/// FAULTS P7: within five seconds of virtual time.
#[tokio::test(start_paused = true)]
async fn a_crash_loop_is_given_up_in_time() {
    let start = tokio::time::Instant::now();
    let (link, mut orders, _, nanny) = nanny(Config::new("w"), Part::Crash);
    let gave_up = loop {
        if let Verdict::GaveUp(gave_up) = verdict(&mut orders).await {
            break gave_up;
        }
    };
    assert_eq!(gave_up.excess, Excess::FailedStarts { starts: 6 });
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    link.send(Event::StopAsked { timeout: Duration::ZERO, why: Why::Closing }).unwrap();
    assert_eq!(verdict(&mut orders).await, Verdict::Left { killed: false, stuck: None });
    nanny.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_seen_ends_a_process_and_its_words_so_far_are_told() {
    let config = Config { memory_limit: Some(100), ..Config::new("w") };
    let (link, mut orders, done, nanny) = nanny(config, Part::Work(Look { stopped: false, rss: 99 }));
    assert_eq!(verdict(&mut orders).await, Verdict::Ready(Incarnation(1)));
    let Some(Order::Fence(_, LossCause::Process(loss), begun)) = orders.recv().await else { panic!("no fence") };
    assert_eq!(begun, Begun::These(vec![Attempt(1)]));
    assert_eq!((loss.end, loss.stderr.as_str()), (ProcessEnd::OverMemory { rss: 99, limit: 100 }, "so far"));
    let Verdict::Restarting { cause: LossCause::Process(loss), .. } = verdict(&mut orders).await else { panic!() };
    assert_eq!(loss.stderr.as_str(), "oh no");
    assert_eq!(done.lock()[..2], ["terminate i1", "kill i1"]);
    // Whoever wanted the worker is gone.
    drop(link);
    nanny.await.unwrap();
    assert_eq!(done.lock().last().map(String::as_str), Some("dropped"));
}

/// FAULTS L6.
#[tokio::test(start_paused = true)]
async fn closing_ends_in_time_with_one_that_does_not_leave() {
    let (link, mut orders, done, nanny) = nanny(Config::new("w"), Part::Work(Look::default()));
    assert_eq!(verdict(&mut orders).await, Verdict::Ready(Incarnation(1)));
    let start = tokio::time::Instant::now();
    link.send(Event::StopAsked { timeout: Duration::from_secs(5), why: Why::Closing }).unwrap();
    let begun = Begun::These(vec![Attempt(1)]);
    assert_eq!(orders.recv().await, Some(Order::Fence(Incarnation(1), LossCause::Retired, begun)));
    assert_eq!(orders.recv().await, Some(Order::AskToLeave(Incarnation(1))));
    assert_eq!(verdict(&mut orders).await, Verdict::Left { killed: true, stuck: None });
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(done.lock()[..2], ["terminate i1", "kill i1"]);
    nanny.await.unwrap();
}
