//! Every task that these tests run is written, made of its bytes again, and run a second time: its value must be the same.

use partita_graph::callback::{Event, Listen, Listening, listen};
use partita_graph::{CheckedTask, NotPortable, Panic, Value, Work, WorkReader, WorkWriter, build_id, catch};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Graphs of more tasks are not checked, so that tests of many tasks stay quick.
const MAX_TASKS: usize = 2_000;

/// Tasks that do something to the world, which is not done twice.
const ACTS: &[&str] =
    &["to_text_files", "store", "to_npy", "to_npy_stack", "to_zarr", "to_csv", "to_parquet", "to_ipc"];

/// Tasks that stay in the process that made them: they read from objects of the program.
const STAY: &[&str] = &["from_source", "from_zarr"];

/// What has no written form by its nature.
const MAY_STAY: &[&str] = &["a file of a store in the cloud", "a file that several tasks write to"];

/// A graph that is being run.
struct Run {
    inputs: Vec<Vec<u32>>,
    values: HashMap<usize, Value>,
    writer: WorkWriter,
    reader: WorkReader,
}

#[derive(Default)]
struct Through {
    runs: Mutex<HashMap<u64, Run>>,
}

thread_local! {
    /// How many tasks of this thread were run a second time.
    static AGAIN: Cell<usize> = const { Cell::new(0) };
    /// What did not travel of what this thread ran.
    static WRONG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl Through {
    fn wrong(&self, what: String) {
        WRONG.with_borrow_mut(|wrong| wrong.push(what));
    }

    /// Runs a task as another process would.
    fn again(&self, run: &mut Run, rank: usize, task: &CheckedTask, value: &Value) {
        let name = task.key.name().as_str();
        let Work::Call(_) = &task.work else { return };
        if ACTS.iter().any(|act| name.starts_with(act)) {
            return;
        }
        let error = |error: &dyn std::fmt::Display| format!("task `{name}`: {error}");
        let written = match task.work.write(&mut run.writer) {
            Ok(written) => written,
            // A test may capture what it likes, and pass pointers to functions.
            Err(NotPortable::Stays { what }) if MAY_STAY.iter().any(|may| what.contains(may)) => return,
            Err(NotPortable::Captures { function, .. }) if is_a_test_s(function) => return,
            Err(NotPortable::Pointer { .. }) => return,
            Err(_) if STAY.contains(&name) => return,
            Err(refused) => return self.wrong(error(&refused)),
        };
        let function = match Work::read(&written, &mut run.reader) {
            Ok(Work::Call(function)) => function,
            Ok(_) => return self.wrong(error(&"it is no call")),
            Err(refused) => return self.wrong(error(&refused)),
        };
        let inputs: Vec<Value> =
            run.inputs[rank].iter().filter_map(|&rank| run.values.get(&(rank as usize)).cloned()).collect();
        AGAIN.set(AGAIN.get() + 1);
        match catch(|| function.call(&inputs)) {
            Ok(Ok(again)) if again.type_name() == value.type_name() && again.write() == value.write() => {}
            Ok(Ok(again)) => self.wrong(error(&format!("another value: {again:?}"))),
            Ok(Err(fault)) => self.wrong(error(&format!("it failed: {fault:?}"))),
            Err(panic) => self.wrong(error(&panic.message)),
        }
    }
}

/// Whether a function with captures was written in a test.
fn is_a_test_s(function: &str) -> bool {
    function.starts_with("it::")
}

impl Listen for Through {
    fn hear(&self, run: u64, event: &Event<'_>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Start { graph } if graph.len() <= MAX_TASKS => {
                let inputs = (0..graph.len()).map(|rank| graph.inputs(rank).to_vec()).collect();
                let reader = WorkReader::new(build_id()).unwrap();
                runs.insert(run, Run { inputs, values: HashMap::new(), writer: WorkWriter::new(), reader });
            }
            Event::After { rank, task, result: Ok(value) } => {
                let Some(mut own) = runs.remove(&run) else { return };
                drop(runs);
                self.again(&mut own, *rank, task, value);
                own.values.insert(*rank, Value::clone(value));
                self.runs.lock().unwrap_or_else(PoisonError::into_inner).insert(run, own);
            }
            Event::Freed { rank, .. } => {
                if let Some(own) = runs.get_mut(&run) {
                    own.values.remove(rank);
                }
            }
            Event::Finish { .. } => drop(runs.remove(&run)),
            _ => {}
        }
    }

    fn panicked(&self, panic: &Panic) {
        self.wrong(panic.message.to_string());
    }
}

static THROUGH: OnceLock<Listening> = OnceLock::new();

/// Has all that is run from now on be run twice.
pub(crate) fn watch() {
    THROUGH.get_or_init(|| listen(Arc::new(Through::default())));
}

/// How many tasks of this thread were run a second time so far.
pub(crate) fn again() -> usize {
    AGAIN.get()
}

/// What did not travel of what this thread ran since the last call.
pub(crate) fn wrong() -> Vec<String> {
    WRONG.take()
}
