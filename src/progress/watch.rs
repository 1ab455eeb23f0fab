//! Watching futures until all have ended, with the bars on a terminal.

use super::bars::Bars;
use crate::client::Client;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::{Condvar, Mutex};
use partita_collections::Future;
use partita_collections::future::State;
use partita_graph::RunError;
use partita_profiler::aggregate::View;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How often the bars are drawn.
const PERIOD: Duration = Duration::from_millis(100);

/// How long the profiler may take to answer; without an answer the bars stay as they are.
const PATIENCE: Duration = Duration::from_millis(50);

/// What ended of each group: well, and not.
#[derive(Default)]
struct Tally {
    groups: BTreeMap<Arc<str>, (u64, u64)>,
    left: usize,
}

/// Futures that are watched.
pub(super) struct Watch {
    futures: Vec<Future<()>>,
    tally: Arc<(Mutex<Tally>, Condvar)>,
}

impl Watch {
    pub(super) fn new(futures: Vec<Future<()>>) -> Self {
        let tally: Arc<(Mutex<Tally>, Condvar)> = Arc::default();
        tally.0.lock().left = futures.len();
        for future in &futures {
            let (tally, name) = (tally.clone(), group(future));
            future.cell().on_end(Box::new(move |state| {
                let mut counts = tally.0.lock();
                let (done, erred) = counts.groups.entry(name).or_default();
                *if matches!(state, State::Finished) { done } else { erred } += 1;
                counts.left -= 1;
                if counts.left == 0 {
                    tally.1.notify_all();
                }
            }));
        }
        Watch { futures, tally }
    }

    /// How many futures there are of each group.
    pub(super) fn groups(&self) -> BTreeMap<Arc<str>, u64> {
        let mut groups = BTreeMap::new();
        for future in &self.futures {
            *groups.entry(group(future)).or_default() += 1;
        }
        groups
    }

    /// Blocks until all ended, and shows the bars on `target` meanwhile.
    pub(super) fn show(
        &self,
        mut bars: Bars,
        client: Option<&Client>,
        target: ProgressDrawTarget,
    ) -> Result<(), RunError> {
        let Some(first) = self.futures.first() else { return Ok(()) };
        let mut screen = Screen::new(target);
        let mut wait = || {
            while !self.ended(PERIOD) {
                self.update(&mut bars, client);
                screen.draw(&bars);
            }
        };
        first.host().block("progress", "future.await", &mut wait)?;
        self.update(&mut bars, client);
        bars.finish(self.tally.0.lock().groups.values().all(|(_, erred)| *erred == 0));
        screen.draw(&bars);
        screen.close();
        Ok(())
    }

    /// Blocks until all ended, without a sign.
    pub(super) fn wait(&self) -> Result<(), RunError> {
        let Some(first) = self.futures.first() else { return Ok(()) };
        first.host().block("progress", "future.await", &mut || while !self.ended(Duration::MAX) {})
    }

    /// Whether all ended, now or within this time.
    fn ended(&self, within: Duration) -> bool {
        let mut counts = self.tally.0.lock();
        match Instant::now().checked_add(within) {
            Some(deadline) => while counts.left > 0 && !self.tally.1.wait_until(&mut counts, deadline).timed_out() {},
            None if counts.left > 0 => self.tally.1.wait(&mut counts),
            None => {}
        }
        counts.left == 0
    }

    fn update(&self, bars: &mut Bars, client: Option<&Client>) {
        bars.update(&look(client));
        for (name, (done, erred)) in &self.tally.0.lock().groups {
            bars.ended(name, *done, *erred);
        }
    }
}

/// The group of a future's task.
fn group(future: &Future<()>) -> Arc<str> {
    future.key().name().as_str().into()
}

/// What the profiler of a client's cluster sees now; nothing if it does not say.
pub(super) fn look(client: Option<&Client>) -> View {
    let Some(profiler) = client.and_then(Client::profiler) else { return View::new() };
    let (say, seen) = channel();
    profiler.look(move |aggregates| {
        // Who asked may have lost patience.
        let _ = say.send(aggregates.view());
    });
    seen.recv_timeout(PATIENCE).unwrap_or_default()
}

/// The lines on the terminal.
pub(crate) struct Screen {
    all: MultiProgress,
    lines: Vec<ProgressBar>,
}

impl Screen {
    pub(crate) fn new(target: ProgressDrawTarget) -> Self {
        Screen { all: MultiProgress::with_draw_target(target), lines: Vec::new() }
    }

    pub(crate) fn draw(&mut self, bars: &Bars) {
        let texts = bars.lines(true);
        while self.lines.len() < texts.len() {
            let line = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                line.set_style(style);
            }
            self.lines.push(self.all.add(line));
        }
        for line in self.lines.drain(texts.len()..) {
            self.all.remove(&line);
        }
        for (line, text) in self.lines.iter().zip(texts) {
            line.set_message(text);
            line.tick();
        }
    }

    /// Leaves the lines as they are.
    pub(crate) fn close(self) {
        self.lines.iter().for_each(|line| line.abandon());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::futures_of;
    use crate::cluster::LocalCluster;
    use crate::prelude::*;

    #[test]
    fn futures_are_watched_to_their_end_and_counted() {
        let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
        let client = cluster.client();
        let held = Bag::<i64>::from_sequence(0..20, 10).map(|x| 100 / (x - 7)).persist_on(&client).unwrap();
        let watch = Watch::new(futures_of(&held));
        let bars = Bars::new(watch.groups(), &look(Some(&client)));
        watch.show(bars, Some(&client), ProgressDrawTarget::hidden()).unwrap();
        let counts = watch.tally.0.lock();
        let sums = counts.groups.values().fold((0, 0), |sum, group| (sum.0 + group.0, sum.1 + group.1));
        assert_eq!((sums, counts.left), ((9, 1), 0));
        drop(counts);
        Watch::new(Vec::new()).wait().unwrap();
    }
}
