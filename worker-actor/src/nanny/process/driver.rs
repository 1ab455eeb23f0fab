//! The nanny of a process: brings a policy and processes together.

use super::policy::{Config, Effect, Event, Incarnation, Policy, Verdict, Warning};
use super::world::{Processes, Tell};
use partita_protocol::{Begun, Closed, Link, LossCause, Time};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

/// What a nanny wants of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Tell the worker to leave.
    AskToLeave(Incarnation),
    /// Tell the scheduler that the worker is lost, with what had begun there, and hear nothing of it any more.
    Fence(Incarnation, LossCause, Begun),
    /// Ask the scheduler to bring the worker's data to others, and answer with [`Event::RetireDone`] or
    /// [`Event::RetireRefused`].
    Retire(Incarnation),
    /// Tell of something.
    Warn(Warning),
    /// What became of the place.
    Verdict(Verdict),
}

/// The way to a nanny. When the last one is dropped, she kills her process and ends.
#[derive(Clone)]
pub struct NannyLink(UnboundedSender<Event>);

impl Link<Event> for NannyLink {
    fn send(&self, event: Event) -> Result<(), Closed<Event>> {
        self.0.send(event).map_err(|closed| Closed(closed.0))
    }
}

/// The nanny of a process. She runs as a future, on any thread of a tokio runtime that has timers (as those of actix).
#[must_use = "a nanny does nothing until she runs"]
pub struct ProcessNanny<P> {
    policy: Policy,
    processes: P,
    orders: Arc<dyn Link<Order>>,
    inbox: UnboundedReceiver<Event>,
    tell: Tell,
    start: Instant,
}

impl<P: Processes> ProcessNanny<P> {
    /// A nanny of one place, and the way to her. Times are counted from `start`.
    pub fn new(
        config: Config,
        processes: P,
        orders: Arc<dyn Link<Order>>,
        start: std::time::Instant,
    ) -> (Self, NannyLink) {
        let (sender, inbox) = unbounded_channel();
        // A process that is there does not keep its nanny: those who want something of her do.
        let weak = sender.downgrade();
        let tell: Tell = Arc::new(move |event| {
            if let Some(sender) = weak.upgrade() {
                // A nanny that ended has killed the process already.
                sender.send(event).ok();
            }
        });
        let (policy, start) = (Policy::new(config), Instant::from_std(start));
        (ProcessNanny { policy, processes, orders, inbox, tell, start }, NannyLink(sender))
    }

    /// Has a process, until it is told to stop or nobody wants it any more. Given up, she waits to be told.
    pub async fn run(mut self) {
        self.handle(Event::Opened);
        while !self.policy.is_over() {
            let event = match self.policy.next_timeout() {
                None => self.inbox.recv().await,
                Some(at) => {
                    let due = self.start + at.since(Time::ZERO);
                    timeout_at(due, self.inbox.recv()).await.unwrap_or(Some(Event::TimePassed))
                }
            };
            match event {
                Some(event) => self.handle(event),
                None => return,
            }
        }
    }

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn handle(&mut self, event: Event) {
        let mut effects = Vec::new();
        self.policy.handle(self.now(), event, &mut effects);
        while !effects.is_empty() {
            for effect in std::mem::take(&mut effects) {
                if let Some(answer) = self.carry_out(effect) {
                    self.policy.handle(self.now(), answer, &mut effects);
                }
            }
        }
    }

    /// Does it; what comes of it at once is told.
    fn carry_out(&mut self, effect: Effect) -> Option<Event> {
        let order = match effect {
            Effect::Spawn(incarnation) => {
                self.processes.spawn(incarnation, self.tell.clone());
                return None;
            }
            Effect::Terminate(incarnation) => {
                self.processes.terminate(incarnation);
                return None;
            }
            Effect::Kill(incarnation) => {
                self.processes.kill(incarnation);
                return None;
            }
            Effect::Look(incarnation) => {
                let look = self.processes.look(incarnation)?;
                return Some(Event::Looked { incarnation, look });
            }
            Effect::AskToLeave(incarnation) => Order::AskToLeave(incarnation),
            Effect::Fence(incarnation, cause) => {
                let cause = self.with_last_words(incarnation, cause);
                Order::Fence(incarnation, cause, self.processes.begun(incarnation))
            }
            Effect::Retire(incarnation) => Order::Retire(incarnation),
            Effect::Warn(warning) => {
                tracing::warn!("{warning}");
                Order::Warn(warning)
            }
            Effect::Verdict(verdict) => Order::Verdict(verdict),
        };
        // A cluster that is gone wants nothing.
        self.orders.send(order).ok();
        None
    }

    /// The cause, with what the process wrote so far.
    fn with_last_words(&self, incarnation: Incarnation, mut cause: LossCause) -> LossCause {
        if let LossCause::Process(loss) = &mut cause
            && loss.stderr.is_empty()
        {
            loss.stderr = self.processes.last_words(incarnation);
        }
        cause
    }
}
