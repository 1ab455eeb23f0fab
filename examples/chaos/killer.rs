//! Kills processes that this one has started, and has some of them pause.

use crate::traces::children;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use rustix::process::{Pid, Signal, kill_process};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a stopped process stays so: some go on in time, some are given up meanwhile.
const PAUSE: std::ops::Range<u64> = 50..4_000;

/// A thread that kills, until it is told to stop.
pub(crate) struct Killer {
    stop: Sender<()>,
    thread: JoinHandle<(u64, u64)>,
}

impl Killer {
    /// Kills and stops so many processes a minute.
    pub(crate) fn start(kills: f64, stops: f64, seed: u64) -> Self {
        let (stop, stopped) = channel();
        let kill = move || {
            let mut random = Pcg64Mcg::seed_from_u64(seed ^ 0x5eed);
            let (mut killed, mut paused, mut pausing) = (0, 0, Vec::<(Instant, Pid)>::new());
            let all = kills + stops;
            loop {
                // As far apart as chance has it: deaths do not know of each other.
                let gap = if all > 0.0 { -(1.0 - random.random::<f64>()).ln() * 60.0 / all } else { 3_600.0 };
                if !matches!(stopped.recv_timeout(Duration::from_secs_f64(gap)), Err(RecvTimeoutError::Timeout)) {
                    break;
                }
                let now = Instant::now();
                for (_, pid) in pausing.extract_if(.., |(until, _)| *until <= now) {
                    kill_process(pid, Signal::CONT).ok();
                }
                let victim = children().choose(&mut random).copied().and_then(Pid::from_raw);
                let Some(victim) = victim else { continue };
                if random.random_bool(kills / all) {
                    killed += u64::from(kill_process(victim, Signal::KILL).is_ok());
                } else if kill_process(victim, Signal::STOP).is_ok() {
                    paused += 1;
                    pausing.push((now + Duration::from_millis(random.random_range(PAUSE)), victim));
                }
            }
            for (_, pid) in pausing {
                kill_process(pid, Signal::CONT).ok();
            }
            (killed, paused)
        };
        Killer { stop, thread: std::thread::spawn(kill) }
    }

    /// Ends it: how many were killed, and how many stopped.
    pub(crate) fn stop(self) -> (u64, u64) {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}
