//! A progress bar for every computation, as long as its guard lives.

use super::computation::Wanting;
use super::source::Source;
use super::told::{Groups, Sink, Told};
use crate::client::Client;
use crate::error::{ConfigError, Result};
use crate::progress::{Bars, Screen, is_terminal};
use indicatif::ProgressDrawTarget;
use parking_lot::Mutex;
use partita_graph::Key;
use partita_profiler::aggregate::View;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the bars are drawn.
const PERIOD: Duration = Duration::from_millis(100);

/// Shows a bar in the terminal for each group of tasks of whatever is computed while this lives, on every cluster of this
/// process and on the engines without one; as Dask's `with ProgressBar():`.
///
/// If the standard error output is no terminal, nothing is shown. Of one computation, see
/// [`with_progress`](crate::progress::Progress::with_progress).
///
/// ```
/// use partita::Reference;
/// use partita::diagnostics::ProgressBar;
/// use partita::prelude::*;
///
/// let bar = ProgressBar::start()?;
/// assert_eq!(delayed(|x: i64| x + 1, (1,)).compute_on(&Reference)?, 2);
/// assert!(bar.lines()[0].contains("1/1"));
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "nothing is shown once this is dropped"]
pub struct ProgressBar {
    source: Source,
    tally: Arc<Tally>,
    drawing: Option<Drawing>,
    _wanting: Wanting,
}

/// The thread that draws; it ends when the way to it is gone.
struct Drawing {
    end: Sender<()>,
    thread: JoinHandle<()>,
}

/// The tasks of the computations that run now, or of the last ones.
#[derive(Default)]
struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    running: usize,
    expected: Groups,
    /// What ended of each group: well, and not.
    ended: BTreeMap<Arc<str>, (u64, u64)>,
    /// The tasks that failed and did not end well since: one that is tried again fails once at the most.
    failed: BTreeSet<Key>,
    /// How many times all computations had ended.
    rounds: u64,
    /// The bars when they last had.
    over: Bars,
}

impl Counts {
    fn bars(&self) -> Bars {
        let expected = self.expected.iter().map(|(name, count)| (name.clone(), *count));
        let mut bars = Bars::new(expected, &View::new());
        self.ended.iter().for_each(|(name, (done, erred))| bars.ended(name, *done, *erred));
        bars
    }
}

impl Sink for Tally {
    fn tell(&self, told: &Told<'_>) {
        let counts = &mut *self.0.lock();
        match told {
            Told::Begin { groups, .. } => {
                if counts.running == 0 {
                    (counts.expected, counts.ended, counts.failed) = Default::default();
                }
                counts.running += 1;
                for (name, count) in *groups {
                    *counts.expected.entry(name.clone()).or_default() += count;
                }
            }
            Told::After { row, .. } => {
                let name = row.key.name().as_str();
                if counts.expected.contains_key(name) {
                    let (done, erred) = counts.ended.entry(name.into()).or_default();
                    if row.ok {
                        *done += 1;
                        *erred -= u64::from(counts.failed.remove(&row.key));
                    } else {
                        *erred += u64::from(counts.failed.insert(row.key.clone()));
                    }
                }
            }
            Told::End { .. } => {
                counts.running = counts.running.saturating_sub(1);
                if counts.running == 0 {
                    counts.rounds += 1;
                    counts.over = counts.bars();
                }
            }
            Told::Before(_) | Told::Cached { .. } | Told::Freed { .. } => {}
        }
    }
}

impl ProgressBar {
    /// Shows all computations of this process from now on.
    ///
    /// # Errors
    /// As [`Profiler::start`](super::Profiler::start), and [`ConfigError::NoThread`].
    pub fn start() -> Result<Self> {
        let tally = Arc::new(Tally::default());
        ProgressBar::new(Source::of_all(tally.clone())?, tally)
    }

    /// Shows the computations of one cluster only.
    ///
    /// # Errors
    /// As [`Profiler::start_on`](super::Profiler::start_on), and [`ConfigError::NoThread`].
    pub fn start_on(client: &Client) -> Result<Self> {
        let tally = Arc::new(Tally::default());
        ProgressBar::new(Source::of(client, tally.clone())?, tally)
    }

    fn new(source: Source, tally: Arc<Tally>) -> Result<Self> {
        let drawing = match is_terminal() {
            true => Some(Drawing::start(tally.clone())?),
            false => None,
        };
        Ok(ProgressBar { source, tally, drawing, _wanting: Wanting::new() })
    }

    /// The lines as they are now, one a group: of the computations that run, or of the last ones.
    pub fn lines(&self) -> Vec<String> {
        self.source.settle();
        self.tally.0.lock().bars().lines(false)
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        if let Some(Drawing { end, thread }) = self.drawing.take() {
            drop(end);
            // It does not panic; if it did, there would be no more to draw. Other output comes after the bars.
            drop(thread.join());
        }
    }
}

impl Drawing {
    fn start(tally: Arc<Tally>) -> Result<Self> {
        let (end, ended) = channel();
        let name = "partita-progress".to_string();
        let spawned = std::thread::Builder::new().name(name).spawn(move || draw(&tally, &ended));
        let thread = spawned.map_err(|error| ConfigError::NoThread { cause: error.to_string() })?;
        Ok(Drawing { end, thread })
    }
}

/// Draws until nobody wants to see it; lines of computations that have ended stay.
fn draw(tally: &Tally, ended: &Receiver<()>) {
    let mut screen: Option<Screen> = None;
    let mut seen = 0;
    loop {
        let over = !matches!(ended.recv_timeout(PERIOD), Err(RecvTimeoutError::Timeout));
        let counts = tally.0.lock();
        let (bars, last, rounds, running) = (counts.bars(), counts.over.clone(), counts.rounds, counts.running > 0);
        drop(counts);
        let new = || Screen::new(ProgressDrawTarget::stderr());
        // Others may have begun since those that were drawn ended.
        if rounds > seen {
            let mut over = screen.take().unwrap_or_else(new);
            over.draw(&last);
            over.close();
        }
        if running {
            screen.get_or_insert_with(new).draw(&bars);
        }
        seen = rounds;
        if over {
            return;
        }
    }
}
