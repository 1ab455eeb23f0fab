//! Callbacks: hooks of users' that are called when a computation begins, before and after each task, and when it ends.

use super::computation::Wanting;
use super::source::Source;
use super::told::{Sink, TaskStart, Told};
use crate::client::Client;
use crate::error::Result;
use parking_lot::Mutex;
use partita_graph::catch;
use partita_profiler::local::TaskRow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Panics that are kept; more are counted.
const KEPT: usize = 16;

/// A computation that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Computing {
    /// On what: `"reference"`, `"local cluster"`.
    pub engine: String,
    /// How many tasks of each name it has.
    pub tasks: BTreeMap<Arc<str>, u64>,
    /// When, counted as in [`TaskRow`].
    pub time: Duration,
}

/// A computation that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// On what.
    pub engine: String,
    /// What its error says, if it has one.
    pub error: Option<String>,
    /// When, counted as in [`TaskRow`].
    pub time: Duration,
}

type Hook<T> = Option<Box<dyn Fn(&T) + Send + Sync>>;

/// Hooks that are called while their guard lives; as Dask's `Callback`.
///
/// Of engines without a cluster, hooks are called on the thread that computes, which waits for them. Of clusters, they are
/// called on the profiler's thread, so that work never waits: those of a task one after the other when it has ended, tasks
/// in the order in which their workers told of them. `on_start` comes before all tasks of its computation, and `on_finish`
/// after them and before the computation returns. Tasks that were submitted or persisted have hooks, and belong to no
/// computation.
///
/// A hook that panics changes no result: it is said as a warning, and kept in [`CallbackGuard::panics`]. What a hook computes
/// on its thread by an engine without a cluster is not seen; computing on a cluster in a hook of a cluster is refused.
///
/// ```
/// use partita::Reference;
/// use partita::diagnostics::Callback;
/// use partita::prelude::*;
/// use std::sync::mpsc::channel;
///
/// let (say, heard) = channel();
/// let callback = Callback::new()
///     .on_post_task(move |task| say.send(task.key.name().to_string()).unwrap())
///     .start()?;
/// let six = delayed(|x: i64, y: i64| x * y, (2, 3)).compute_on(&Reference)?;
/// drop(callback);
/// assert_eq!((six, heard.iter().count()), (6, 1));
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Default)]
#[must_use = "no hook is called before `start()`"]
pub struct Callback {
    start: Hook<Computing>,
    pre_task: Hook<TaskStart>,
    post_task: Hook<TaskRow>,
    finish: Hook<Computed>,
}

impl Callback {
    /// No hooks yet.
    pub fn new() -> Self {
        Callback::default()
    }

    /// Is called when a computation begins.
    pub fn on_start(mut self, hook: impl Fn(&Computing) + Send + Sync + 'static) -> Self {
        self.start = Some(Box::new(hook));
        self
    }

    /// Is called before each task.
    pub fn on_pre_task(mut self, hook: impl Fn(&TaskStart) + Send + Sync + 'static) -> Self {
        self.pre_task = Some(Box::new(hook));
        self
    }

    /// Is called after each task, whether it ended well or not.
    pub fn on_post_task(mut self, hook: impl Fn(&TaskRow) + Send + Sync + 'static) -> Self {
        self.post_task = Some(Box::new(hook));
        self
    }

    /// Is called when a computation has ended, well or not.
    pub fn on_finish(mut self, hook: impl Fn(&Computed) + Send + Sync + 'static) -> Self {
        self.finish = Some(Box::new(hook));
        self
    }

    /// Calls the hooks for all that is computed in this process, until the guard is dropped.
    ///
    /// # Errors
    /// As [`Profiler::start`](super::Profiler::start).
    pub fn start(self) -> Result<CallbackGuard> {
        let hooks = Arc::new(Hooks { callback: self, panics: Mutex::default() });
        Ok(CallbackGuard { source: Source::of_all(hooks.clone())?, hooks, _wanting: Wanting::new() })
    }

    /// As [`Callback::start`], for one cluster only.
    ///
    /// # Errors
    /// As [`Profiler::start_on`](super::Profiler::start_on).
    pub fn start_on(self, client: &Client) -> Result<CallbackGuard> {
        let hooks = Arc::new(Hooks { callback: self, panics: Mutex::default() });
        Ok(CallbackGuard { source: Source::of(client, hooks.clone())?, hooks, _wanting: Wanting::new() })
    }
}

/// While it lives, hooks are called; see [`Callback::start`].
#[must_use = "no hook is called once this is dropped"]
pub struct CallbackGuard {
    source: Source,
    hooks: Arc<Hooks>,
    _wanting: Wanting,
}

impl CallbackGuard {
    /// What the first panics of the hooks said, and how many panics there were.
    pub fn panics(&self) -> (Vec<String>, u64) {
        self.source.settle();
        self.hooks.panics.lock().clone()
    }
}

struct Hooks {
    callback: Callback,
    panics: Mutex<(Vec<String>, u64)>,
}

impl Hooks {
    fn call<T>(&self, hook: &Hook<T>, make: impl FnOnce() -> T) {
        let Some(hook) = hook else { return };
        let argument = make();
        if let Err(panic) = catch(|| hook(&argument)) {
            let (kept, count) = &mut *self.panics.lock();
            *count += 1;
            if *count == 1 {
                tracing::warn!(panic = panic.message, "a hook of a Callback panicked; the computation goes on");
            }
            if kept.len() < KEPT {
                kept.push(panic.message);
            }
        }
    }
}

impl Sink for Hooks {
    fn tell(&self, told: &Told<'_>) {
        let Callback { start, pre_task, post_task, finish } = &self.callback;
        match told {
            Told::Begin { groups, engine, at } => {
                self.call(start, || Computing { engine: engine.to_string(), tasks: (*groups).clone(), time: *at })
            }
            Told::Before(task) => self.call(pre_task, || TaskStart::clone(task)),
            Told::After { row, .. } => self.call(post_task, || TaskRow::clone(row)),
            Told::End { error, engine, at } => {
                self.call(finish, || Computed { engine: engine.to_string(), error: error.clone(), time: *at })
            }
            Told::Cached { .. } | Told::Freed { .. } => {}
        }
    }
}
