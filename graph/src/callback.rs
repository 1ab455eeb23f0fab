//! Callbacks: who wants to hear what engines without a cluster do, while they do it.
//!
//! An engine asks [`heard`] before it makes an event: one relaxed load of an atomic number as long as nobody listens. What a
//! listener does never changes what comes out: its panics are caught, and told to it.

use crate::checked::{CheckedGraph, CheckedTask};
use crate::error::RunError;
use crate::panics::{Panic, catch};
use crate::value::Value;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// What an engine does, on the thread that it does it on.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A graph is about to be run.
    Start {
        /// The graph.
        graph: &'a CheckedGraph,
    },
    /// A task is about to be run.
    Before {
        /// Its rank in its graph.
        rank: usize,
        /// The task.
        task: &'a CheckedTask,
    },
    /// A task was run.
    After {
        /// Its rank in its graph.
        rank: usize,
        /// The task.
        task: &'a CheckedTask,
        /// What came of it.
        result: Result<&'a Value, &'a RunError>,
    },
    /// The result of a task is no longer held by the engine.
    Freed {
        /// Its rank in its graph.
        rank: usize,
        /// The task.
        task: &'a CheckedTask,
    },
    /// All tasks of a graph were run, or one failed.
    Finish {
        /// The error of the task that failed.
        result: Result<(), &'a RunError>,
    },
}

/// Hears what engines do.
pub trait Listen: Send + Sync {
    /// Hears of an event of the run with this number. It runs on the engine's thread, which waits meanwhile; what engines do
    /// on this thread before it returns is not heard.
    fn hear(&self, run: u64, event: &Event<'_>);

    /// It panicked in [`Listen::hear`].
    fn panicked(&self, panic: &Panic);
}

static COUNT: AtomicUsize = AtomicUsize::new(0);
static RUNS: AtomicU64 = AtomicU64::new(0);
static LISTENERS: RwLock<Vec<Arc<dyn Listen>>> = RwLock::new(Vec::new());

thread_local! {
    /// Whether a listener is being told something on this thread.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whoever listens hears all engines of this process until this is dropped.
#[must_use = "nobody listens once this is dropped"]
pub struct Listening(Arc<dyn Listen>);

/// Has somebody hear what engines do from now on.
///
/// ```
/// use partita_graph::callback::{Event, Listen, listen};
/// use partita_graph::{Engine, Graph, Input, Key, Kind, Node, Panic, Place, Reference, Value};
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use std::sync::Arc;
///
/// #[derive(Default)]
/// struct Count(AtomicUsize);
///
/// impl Listen for Count {
///     fn hear(&self, _: u64, event: &Event<'_>) {
///         if let Event::After { result: Ok(_), .. } = event {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
///
///     fn panicked(&self, _: &Panic) {}
/// }
///
/// let count = Arc::new(Count::default());
/// let listening = listen(count.clone());
/// let data = Node::new(Key::unique("x"), Kind::Data(vec![Value::new(1i64)]), Place::here());
/// Reference.run(Graph::new(vec![Input { node: Arc::new(data), part: 0 }]).check()?)?;
/// drop(listening);
/// assert_eq!(count.0.load(Ordering::Relaxed), 1);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub fn listen(listener: Arc<dyn Listen>) -> Listening {
    LISTENERS.write().unwrap_or_else(PoisonError::into_inner).push(listener.clone());
    COUNT.fetch_add(1, Ordering::Relaxed);
    Listening(listener)
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut listeners = LISTENERS.write().unwrap_or_else(PoisonError::into_inner);
        let place = listeners.iter().position(|known| Arc::ptr_eq(known, &self.0));
        let gone = place.map(|place| listeners.remove(place));
        COUNT.fetch_sub(usize::from(gone.is_some()), Ordering::Relaxed);
        // What a listener holds is dropped without the lock.
        drop(listeners);
        drop(gone);
    }
}

/// Whether anybody hears what is done on this thread.
pub fn heard() -> bool {
    COUNT.load(Ordering::Relaxed) > 0 && !TELLING.get()
}

/// Does something that nobody hears on this thread: what listeners do themselves.
pub fn unheard<R>(f: impl FnOnce() -> R) -> R {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            TELLING.set(self.0);
        }
    }
    let _back = Back(TELLING.replace(true));
    f()
}

/// The number of a run, which no other run of this process has.
pub(crate) fn next_run() -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed)
}

/// Tells all who listen, if anybody does.
pub(crate) fn tell(run: u64, event: &Event<'_>) {
    if !heard() {
        return;
    }
    let listeners = LISTENERS.read().unwrap_or_else(PoisonError::into_inner).clone();
    for listener in listeners {
        if let Err(panic) = unheard(|| catch(|| listener.hear(run, event))) {
            // One that panics even at that has had its say.
            drop(unheard(|| catch(|| listener.panicked(&panic))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Engine, Function, Graph, Input, Key, Kind, Node, Place, Reference};
    use std::sync::Mutex;

    /// Notes what it hears of keys whose name begins with its own, and panics at all of them if it is to.
    struct Notes {
        name: &'static str,
        panics: bool,
        heard: Mutex<Vec<String>>,
    }

    impl Notes {
        fn new(name: &'static str, panics: bool) -> Arc<Self> {
            Arc::new(Notes { name, panics, heard: Mutex::default() })
        }

        fn note(&self, what: String) {
            self.heard.lock().unwrap().push(what);
            assert!(!self.panics, "{} has heard enough", self.name);
        }
    }

    impl Listen for Notes {
        fn hear(&self, _: u64, event: &Event<'_>) {
            match event {
                Event::Start { graph } if graph.tasks().any(|task| task.key.name().as_str().starts_with(self.name)) => {
                    self.note("start".into());
                }
                Event::Before { task, .. } if task.key.name().as_str().starts_with(self.name) => {
                    self.note(format!("before {}", task.key));
                }
                Event::After { task, result, .. } if task.key.name().as_str().starts_with(self.name) => {
                    self.note(format!("after {} {}", task.key, result.is_ok()));
                }
                Event::Freed { task, .. } if task.key.name().as_str().starts_with(self.name) => {
                    self.note(format!("freed {}", task.key));
                }
                _ => {}
            }
        }

        fn panicked(&self, panic: &Panic) {
            self.heard.lock().unwrap().push(panic.message.clone());
        }
    }

    /// `name-x -> name-y`, whose value is one more than that of `name-x`, if it is not zero.
    fn graph(name: &str, x: i64) -> CheckedGraph {
        let data = Node::new(Key::named(format!("{name}-x")), Kind::Data(vec![Value::new(x)]), Place::here());
        let input = Input { node: Arc::new(data), part: 0 };
        let more: Function = Arc::new(crate::FromValues::new("i64", |values: &[Value]| {
            let x = *values[0].get::<i64>().unwrap();
            if x == 0 { Err(crate::Fault::failed("zero")) } else { Ok(Value::new(x + 1)) }
        }));
        let kind = Kind::Call { function: more, inputs: [input].into_iter().collect() };
        let call = Node::new(Key::named(format!("{name}-y")), kind, Place::here());
        Graph::new(vec![Input { node: Arc::new(call), part: 0 }]).without_fusion().check().unwrap()
    }

    #[test]
    fn all_is_heard_in_order_until_the_guard_is_dropped() {
        let notes = Notes::new("order", false);
        let listening = listen(notes.clone());
        assert_eq!(Reference.run(graph("order", 1)).unwrap()[0].get::<i64>(), Ok(&2));
        assert!(Reference.run(graph("order", 0)).is_err());
        drop(listening);
        Reference.run(graph("order", 1)).unwrap();
        let heard = notes.heard.lock().unwrap().join(", ");
        let x = "(order-x, 0)";
        let ran = format!("start, before {x}, after {x} true, before order-y");
        let well = format!("{ran}, after order-y true, freed {x}, freed order-y");
        let badly = format!("{ran}, after order-y false, freed {x}");
        assert_eq!(heard, format!("{well}, {badly}"));
    }

    #[test]
    fn a_listener_that_panics_changes_nothing_and_is_told() {
        let (bad, good) = (Notes::new("panic", true), Notes::new("panic", false));
        let listening = (listen(bad.clone()), listen(good.clone()));
        assert_eq!(Reference.run(graph("panic", 1)).unwrap()[0].get::<i64>(), Ok(&2));
        drop(listening);
        assert_eq!(good.heard.lock().unwrap().len(), 7);
        let told = bad.heard.lock().unwrap().iter().filter(|what| *what == "panic has heard enough").count();
        assert_eq!(told, 7);
    }

    #[test]
    fn what_is_done_unheard_is_not_heard() {
        let notes = Notes::new("unheard", false);
        let _listening = listen(notes.clone());
        unheard(|| Reference.run(graph("unheard", 1)).unwrap());
        assert!(notes.heard.lock().unwrap().is_empty());
        Reference.run(graph("unheard", 1)).unwrap();
        assert_eq!(notes.heard.lock().unwrap().len(), 7);
    }
}
