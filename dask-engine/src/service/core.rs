//! The worker itself: one task that takes all that happens to its machine, and does what that says.

use super::begin::now;
use super::execute::{Done, Execute, Given, Task};
use super::peers::{Answer, Peers};
use super::served::Command;
use super::settings::Settings;
use crate::key::Key;
use crate::message::{Message, Opaque};
use crate::net::{Connection, NetError, Outlet, Reader};
use crate::ops::answer::Beat;
use crate::ops::{Call, FromWorker, MapOf, Metrics, StartStop, ToWorker, stream};
use crate::pickle::exception;
use crate::value::Seen;
use crate::worker::{Config, Effect, Event, Outcome, State, Worker};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::{interval, sleep};

/// How long a busy worker is let alone.
const REST: Duration = Duration::from_millis(150);

/// How often a stream on which nothing is said is used all the same.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// What was told when the worker registered.
pub(super) struct Joined {
    /// Where others reach it.
    pub(super) address: Arc<str>,
    /// How far the scheduler's clock is ahead, in seconds.
    pub(super) ahead: f64,
    /// Seconds between heartbeats.
    pub(super) beat: f64,
}

/// What happens within the worker.
enum Inner {
    /// For the machine, with the values that came with it.
    Event(Box<Event>, Vec<(Key, Opaque)>),
    /// A heartbeat was answered, or the scheduler does not know this worker.
    Beat(Option<Beat>),
}

pub(super) struct Core {
    settings: Settings,
    joined: Joined,
    machine: Worker,
    values: FxHashMap<Key, Opaque>,
    outlet: Outlet,
    execute: Arc<dyn Execute>,
    peers: Peers,
    /// Fetches that are under way, to be broken off when a worker is gone.
    fetches: FxHashMap<Arc<str>, AbortHandle>,
    /// When each running task began.
    running: FxHashMap<Key, f64>,
    inner: UnboundedSender<Inner>,
    happens: Option<UnboundedReceiver<Inner>>,
    ends: Option<String>,
}

impl Core {
    pub(super) fn new(settings: Settings, joined: Joined, outlet: Outlet, execute: Arc<dyn Execute>) -> Self {
        let (inner, happens) = unbounded_channel();
        let config = Config {
            address: joined.address.clone(),
            threads: settings.threads as usize,
            fetch_bytes: settings.fetch_bytes,
        };
        Core {
            machine: Worker::new(config),
            settings,
            joined,
            values: FxHashMap::default(),
            outlet,
            execute,
            peers: Peers::default(),
            fetches: FxHashMap::default(),
            running: FxHashMap::default(),
            inner,
            happens: Some(happens),
            ends: None,
        }
    }

    /// Works until the end; why it came.
    pub(super) async fn work(
        mut self,
        mut reader: Reader,
        heart: Connection,
        mut served: UnboundedReceiver<Command>,
    ) -> String {
        let Some(mut happens) = self.happens.take() else { return String::new() };
        let (mut search, mut alive) = (interval(self.settings.search), interval(KEEP_ALIVE));
        let mut beat = Box::pin(sleep(self.pause()));
        let mut heart = Some(heart);
        let (hearts, mut rested) = unbounded_channel();
        while self.ends.is_none() {
            tokio::select! {
                said = reader.next() => self.said(said),
                Some(inner) = happens.recv() => match inner {
                    Inner::Event(event, values) => self.happens(*event, values),
                    Inner::Beat(answered) => self.beaten(answered),
                },
                Some(command) = served.recv() => self.served(command),
                _ = search.tick() => self.happens(Event::SearchDue, Vec::new()),
                _ = alive.tick() => self.say(&FromWorker::KeepAlive),
                () = &mut beat => {
                    beat.set(sleep(self.pause()));
                    if let Some(heart) = heart.take() {
                        self.beat(heart, hearts.clone());
                    }
                }
                Some(again) = rested.recv() => heart = again,
            }
        }
        for fetch in self.fetches.values() {
            fetch.abort();
        }
        self.say(&FromWorker::CloseStream);
        self.outlet.end();
        self.ends.unwrap_or_default()
    }

    fn pause(&self) -> Duration {
        Duration::try_from_secs_f64(self.joined.beat).unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(50))
    }

    fn say(&self, op: &FromWorker) {
        if let Err(error) = self.outlet.say(op) {
            tracing::error!(%error, "a worker cannot say something to its scheduler");
        }
    }

    /// The scheduler said something, or is gone.
    fn said(&mut self, said: Result<Option<Message>, NetError>) {
        let orders = match said {
            Ok(Some(message)) => stream::<ToWorker>(message.head),
            Ok(None) => return self.ends = Some("the scheduler ended the connection".to_owned()),
            Err(error) => return self.ends = Some(error.to_string()),
        };
        match orders {
            Ok(orders) => {
                let effects = self.machine.handle_all(orders.into_iter().map(Event::Said));
                self.carry_out(effects);
            }
            Err(error) => self.ends = Some(format!("what the scheduler says makes no sense: {error}")),
        }
    }

    fn happens(&mut self, event: Event, values: Vec<(Key, Opaque)>) {
        if let Event::Ended { key, .. } = &event {
            self.running.remove(key);
        }
        if let Event::Fetched { peer, .. } | Event::PeerBusy { peer } | Event::PeerLost { peer } = &event {
            self.fetches.remove(peer);
        }
        let effects = self.machine.handle(event);
        for (key, value) in values {
            if self.machine.state(&key) == Some(&State::Held) {
                self.values.insert(key, value);
            }
        }
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Say(op) => self.say(&op),
                Effect::Run { key, payload, needs } => self.run(key, payload, &needs),
                Effect::Stop(key) => self.execute.stop(&key),
                Effect::Fetch { peer, keys } => self.fetch(peer, keys),
                Effect::Rest { peer } => self.later(REST, Event::PeerRested { peer }),
                Effect::Disconnect { peer } => {
                    self.peers.forget(&peer);
                    if let Some(fetch) = self.fetches.remove(&peer) {
                        fetch.abort();
                        self.later(Duration::ZERO, Event::PeerLost { peer });
                    }
                }
                Effect::Drop(key) => drop(self.values.remove(&key)),
                Effect::End { reason } => self.ends = Some(reason),
            }
        }
    }

    fn later(&self, pause: Duration, event: Event) {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            sleep(pause).await;
            inner.send(Inner::Event(Box::new(event), Vec::new())).ok();
        });
    }

    fn run(&mut self, key: Key, payload: bytes::Bytes, needs: &[Key]) {
        let start = now() + self.joined.ahead;
        self.running.insert(key.clone(), start);
        let inputs = needs.iter().filter_map(|need| Some((need.clone(), self.values.get(need)?.clone()))).collect();
        let (inner, ahead, name) = (self.inner.clone(), self.joined.ahead, key.clone());
        let told = Told { inner: Some((inner, name.clone())), start, ahead };
        let done: Done = Box::new(move |given| {
            let mut told = told;
            let Some((inner, _)) = told.inner.take() else { return };
            let ran = StartStop { action: "compute".to_owned(), start, stop: now() + ahead };
            let (outcome, values) = match given {
                Given::Value(value) => {
                    let nbytes = value.nbytes() as u64;
                    let class = value.says("type-serialized").and_then(rmpv::Value::as_slice);
                    let class = class.map_or_else(Seen::class_of_bytes, <[u8]>::to_vec);
                    (Outcome::Value { nbytes, typename: "partita".to_owned(), class }, vec![(name.clone(), value)])
                }
                Given::Error(text) => (Outcome::Failed { exception: exception::write(&text), text }, Vec::new()),
                Given::Reschedule => (Outcome::Reschedule, Vec::new()),
            };
            let ended = Event::Ended { key: name, outcome, ran, thread: 1 };
            inner.send(Inner::Event(Box::new(ended), values)).ok();
        });
        self.execute.run(Task { key, payload, inputs }, done);
    }

    fn fetch(&mut self, peer: Arc<str>, keys: Vec<Key>) {
        let fetching =
            self.peers.clone().fetch(peer.clone(), self.joined.address.clone(), keys, self.settings.patience);
        let (inner, from) = (self.inner.clone(), peer.clone());
        let task = tokio::spawn(async move {
            let (event, values) = match fetching.await {
                Ok(Answer::Values(values)) => {
                    let found = values.iter().map(|(key, value)| (key.clone(), value.nbytes() as u64)).collect();
                    (Event::Fetched { peer: from, found }, values)
                }
                Ok(Answer::Busy) => (Event::PeerBusy { peer: from }, Vec::new()),
                Err(error) => {
                    tracing::debug!(%error, "values could not be fetched");
                    (Event::PeerLost { peer: from }, Vec::new())
                }
            };
            inner.send(Inner::Event(Box::new(event), values)).ok();
        });
        self.fetches.insert(peer, task.abort_handle());
    }

    fn served(&mut self, command: Command) {
        match command {
            Command::Get(keys, reply) => {
                let found = keys.into_iter().filter_map(|key| Some((key.clone(), self.values.get(&key)?.clone())));
                reply.send(found.collect()).ok();
            }
            Command::Put(values, reply) => {
                let sizes = values.iter().map(|(key, value)| (key.clone(), value.nbytes() as u64)).collect();
                self.happens(Event::Put(sizes), values);
                reply.send(()).ok();
            }
            Command::Free(keys) => {
                let stimulus_id = "free-keys".to_owned();
                self.happens(Event::Said(ToWorker::FreeKeys { keys, stimulus_id }), Vec::new());
            }
            Command::Keys(reply) => drop(reply.send(self.values.keys().cloned().collect())),
            Command::Collect(holders, reply) => self.collect(holders, reply),
            Command::End(reason) => self.ends = Some(reason),
        }
    }

    /// Gets values from others because somebody asks for that, and not the scheduler.
    fn collect(&self, holders: Vec<(Key, Vec<String>)>, reply: oneshot::Sender<Vec<Key>>) {
        let wanted: Vec<_> = holders.into_iter().filter(|(key, _)| !self.values.contains_key(key)).collect();
        let (peers, own, patience) = (self.peers.clone(), self.joined.address.clone(), self.settings.patience);
        let inner = self.inner.clone();
        tokio::spawn(async move {
            let mut missing = Vec::new();
            for (key, holders) in wanted {
                let mut found = None;
                for holder in holders {
                    let fetched = peers.clone().fetch(holder.into(), own.clone(), vec![key.clone()], patience).await;
                    if let Ok(Answer::Values(values)) = fetched
                        && let Some((_, value)) = values.into_iter().find(|(other, _)| *other == key)
                    {
                        found = Some(value);
                        break;
                    }
                }
                match found {
                    Some(value) => {
                        let event = Event::Put(vec![(key.clone(), value.nbytes() as u64)]);
                        inner.send(Inner::Event(Box::new(event), vec![(key, value)])).ok();
                    }
                    None => missing.push(key),
                }
            }
            reply.send(missing).ok();
        });
    }

    /// Tells the scheduler how this worker does.
    fn beat(&self, mut heart: Connection, hearts: UnboundedSender<Option<Connection>>) {
        let time = now();
        let call = Call::HeartbeatWorker {
            address: self.joined.address.to_string(),
            now: time,
            metrics: Box::new(self.metrics(time)),
            executing: self
                .running
                .iter()
                .map(|(key, start)| (key.clone(), time + self.joined.ahead - start))
                .collect(),
            extensions: MapOf::default(),
        };
        let (inner, patience) = (self.inner.clone(), self.settings.patience);
        tokio::spawn(async move {
            let answered =
                heart.ask(&call, patience).await.and_then(|answer| heart.read::<Beat>("heartbeat_worker", answer));
            match answered {
                Ok(beat) => {
                    inner.send(Inner::Beat(Some(beat))).ok();
                    hearts.send(Some(heart)).ok();
                }
                Err(error) => {
                    // The stream tells by itself whether the scheduler is gone.
                    tracing::warn!(%error, "a heartbeat was not answered");
                    inner.send(Inner::Beat(None)).ok();
                }
            }
        });
    }

    fn beaten(&mut self, answered: Option<Beat>) {
        match answered {
            Some(beat) if beat.status == "missing" => {
                self.ends = Some("the scheduler does not know this worker any longer".to_owned());
            }
            Some(beat) => self.joined.beat = beat.heartbeat_interval,
            None => self.ends = Some("the scheduler does not answer heartbeats".to_owned()),
        }
    }

    fn metrics(&self, time: f64) -> Metrics {
        Metrics {
            task_counts: self.machine.counts(),
            managed_bytes: self.values.values().map(|value| value.nbytes() as u64).sum(),
            event_loop_interval: 0.02,
            memory: resident().unwrap_or(0),
            time,
            ..Metrics::default()
        }
    }
}

/// Bytes that this process has in memory.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// The way to tell how a task ended. Dropped without a word, as when there is no thread for it, the task is to be run elsewhere.
struct Told {
    inner: Option<(UnboundedSender<Inner>, Key)>,
    start: f64,
    ahead: f64,
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some((inner, key)) = self.inner.take() {
            let ran = StartStop { action: "compute".to_owned(), start: self.start, stop: now() + self.ahead };
            let ended = Event::Ended { key, outcome: Outcome::Reschedule, ran, thread: 1 };
            inner.send(Inner::Event(Box::new(ended), Vec::new())).ok();
        }
    }
}
