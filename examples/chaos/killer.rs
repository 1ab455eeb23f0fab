//! Kills processes that this one has started, and has some of them pause.

use super::phases::{Phase, Stage};
use super::traces::children;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a stopped process stays so: some go on in time, some are given up meanwhile.
const PAUSE: std::ops::Range<u64> = 50..4_000;

/// How often it is looked whether somebody is in the phase.
const LOOK: Duration = Duration::from_micros(300);

/// How far into a phase a process is killed, in microseconds, if it is so long.
const LAG: std::ops::Range<u64> = 0..20_000;

/// How long it is waited until somebody is in the phase.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is done, how often, to whom.
pub(crate) struct Orders {
    /// Processes that are killed a minute.
    pub(crate) kills: f64,
    /// Processes that are stopped a minute.
    pub(crate) stops: f64,
    pub(crate) seed: u64,
    pub(crate) time: Time,
    pub(crate) phase: Phase,
    pub(crate) stage: Arc<Stage>,
    /// The folder of spilled values.
    pub(crate) spill: PathBuf,
}

/// Until when it goes on: what is computed then ends undisturbed.
#[derive(Clone)]
pub(crate) struct Time {
    until: Instant,
    /// Until when it goes on if nobody was hit, as a slow machine may have it.
    latest: Instant,
    hits: Arc<AtomicU64>,
}

impl Time {
    /// So long from now on, and ten times that if somebody is to be hit and nobody was.
    pub(crate) fn new(time: Duration, is_for_hits: bool) -> Self {
        let until = Instant::now() + time;
        let latest = if is_for_hits { until + 9 * time } else { until };
        Time { until, latest, hits: Arc::default() }
    }

    pub(crate) fn is_over(&self) -> bool {
        let now = Instant::now();
        now >= self.until && (now >= self.latest || self.hits.load(Ordering::Relaxed) > 0)
    }
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Processes that were killed, by what they were in.
    pub(crate) kills: BTreeMap<Phase, u64>,
    /// Processes that were stopped, by what they were in.
    pub(crate) stops: BTreeMap<Phase, u64>,
    /// Processes that were killed so that another one is born.
    pub(crate) before: u64,
    /// Times that nobody came into the phase.
    pub(crate) missed: u64,
}

/// A thread that kills, until it is told to stop.
pub(crate) struct Killer {
    stop: Sender<()>,
    thread: JoinHandle<Tally>,
}

impl Killer {
    /// Kills and stops processes from now on.
    pub(crate) fn start(orders: Orders) -> Self {
        let (stop, stopped) = channel();
        let random = Pcg64Mcg::seed_from_u64(orders.seed ^ 0x5eed);
        let hunt = Hunt { orders, random, stopped, tally: Tally::default(), pausing: Vec::new() };
        Killer { stop, thread: std::thread::spawn(move || hunt.run()) }
    }

    /// Ends it: what was done.
    pub(crate) fn stop(self) -> Tally {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}

/// The killer's thread.
struct Hunt {
    orders: Orders,
    random: Pcg64Mcg,
    stopped: Receiver<()>,
    tally: Tally,
    /// Those that were stopped, and until when.
    pausing: Vec<(Instant, Pid)>,
}

impl Hunt {
    fn run(mut self) -> Tally {
        let Orders { kills, stops, .. } = self.orders;
        let all = kills + stops;
        loop {
            // As far apart as chance has it: deaths do not know of each other.
            let gap = if all > 0.0 { -(1.0 - self.random.random::<f64>()).ln() * 60.0 / all } else { 3_600.0 };
            if !self.wait(Duration::from_secs_f64(gap)) {
                break;
            }
            self.wake(Instant::now());
            let Some((victim, phase)) = self.victim().filter(|_| !self.orders.time.is_over()) else { continue };
            if self.random.random_bool(kills / all) {
                if kill_process(victim, Signal::KILL).is_ok() {
                    *self.tally.kills.entry(phase).or_default() += 1;
                    self.orders.time.hits.fetch_add(1, Ordering::Relaxed);
                }
            } else if kill_process(victim, Signal::STOP).is_ok() {
                *self.tally.stops.entry(phase).or_default() += 1;
                let pause = Duration::from_millis(self.random.random_range(PAUSE));
                self.pausing.push((Instant::now() + pause, victim));
            }
        }
        for (_, pid) in self.pausing {
            kill_process(pid, Signal::CONT).ok();
        }
        self.tally
    }

    /// Waits; false if it is over.
    fn wait(&self, time: Duration) -> bool {
        matches!(self.stopped.recv_timeout(time), Err(RecvTimeoutError::Timeout))
    }

    /// Has those go on whose pause is over.
    fn wake(&mut self, now: Instant) {
        for (_, pid) in self.pausing.extract_if(.., |(until, _)| *until <= now) {
            kill_process(pid, Signal::CONT).ok();
        }
    }

    /// Somebody who is in the phase now, some time after it began.
    fn victim(&mut self) -> Option<(Pid, Phase)> {
        let (begin, phase) = (Instant::now(), self.orders.phase);
        if self.orders.time.is_over() {
            return None;
        }
        if phase == Phase::Start {
            let before = children().choose(&mut self.random).copied().and_then(Pid::from_raw)?;
            self.tally.before += u64::from(kill_process(before, Signal::KILL).is_ok());
        }
        let mut lag = Duration::from_micros(self.random.random_range(LAG));
        while begin.elapsed() < PATIENCE {
            if self.look().is_some() {
                if phase != Phase::Any && !self.wait(lag) {
                    return None;
                }
                // If it was shorter than that, the next one is hit sooner.
                lag /= 2;
                if let Some(pid) = self.look() {
                    let found = if phase == Phase::Any { self.phase_of(pid) } else { phase };
                    return Some((Pid::from_raw(pid)?, found));
                }
            }
            if !self.wait(LOOK) {
                return None;
            }
            self.wake(Instant::now());
        }
        self.tally.missed += 1;
        None
    }

    /// One of those that are in the phase now.
    fn look(&mut self) -> Option<i32> {
        let Orders { phase, stage, spill, .. } = &self.orders;
        let mut all = children();
        all.retain(|pid| phase.has(*pid, stage, spill));
        all.choose(&mut self.random).copied()
    }

    fn phase_of(&self, pid: i32) -> Phase {
        Phase::of(pid, &self.orders.stage, &self.orders.spill)
    }
}
