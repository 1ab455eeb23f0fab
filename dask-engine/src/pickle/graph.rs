//! The graph of a client, as a scheduler's Python reads it.
//!
//! ```python
//! expr = LLGExpr({key: Task(key, import_required, "partita", "this task can ...", TaskRef(dependency), ..), ..}, _determ_token=token)
//! expr.__dask_annotations__ = partial(dict, {"partita": {key: payload, ..}, "retries": {key: 3, ..}, ..})
//! ```
//!
//! A scheduler only asks such an expression for its graph and its annotations. What a task does stands in the annotation
//! `partita`, which a scheduler passes on to the worker; the function in the graph is what a worker in Python would run, which
//! fails with that text.

use super::opcode::*;
use super::writer::Pickler;
use crate::key::Key;

/// A task of a graph.
#[derive(Debug, Clone, Copy)]
pub struct GraphTask<'a> {
    /// What it is called.
    pub key: &'a Key,
    /// The tasks whose results it needs.
    pub dependencies: &'a [Key],
    /// What a worker of Partita's is to do.
    pub payload: &'a [u8],
}

/// A value of an annotation.
#[derive(Debug, Clone, PartialEq)]
pub enum Annotation {
    /// A whole number: `retries`, `priority`.
    Int(i64),
    /// Whether: `allow_other_workers`.
    Bool(bool),
    /// Texts: the addresses or names of `workers`.
    Texts(Vec<String>),
    /// An amount of each: `resources`.
    Amounts(Vec<(String, f64)>),
}

/// What is said of some tasks: the name of an annotation, and its value for each of them.
pub type Annotations<'a> = (&'a str, Vec<(&'a Key, Annotation)>);

/// The name of the annotation that holds what a task does.
pub const PAYLOAD: &str = "partita";

const FAILS: (&str, &str) = ("dask.utils", "import_required");
const FAILS_WITH: [&str; 2] = ["partita", "this task can only run on a Partita worker"];

/// The graph of these tasks, as an object in Python's form. The token must be another one for each graph.
///
/// ```
/// use partita_dask::Key;
/// use partita_dask::pickle::{Tree, graph};
///
/// let (one, other) = (Key::from("one"), Key::from("other"));
/// let tasks = [
///     graph::GraphTask { key: &one, dependencies: &[], payload: b"do this" },
///     graph::GraphTask { key: &other, dependencies: &[one.clone()], payload: b"and that" },
/// ];
/// let pickle = graph::graph(&tasks, "token", &[]);
/// assert!(Tree::read(&pickle.into(), &[])?.to_string().starts_with("LLGExpr("));
/// # Ok::<(), partita_dask::pickle::PickleError>(())
/// ```
pub fn graph(tasks: &[GraphTask<'_>], token: &str, annotations: &[Annotations<'_>]) -> Vec<u8> {
    let mut pickler = Pickler::new();
    pickler.global("dask._expr", "LLGExpr");
    let fails_with = FAILS_WITH.map(Key::from);
    pickler.dict(|pickler| {
        for task in tasks {
            pickler.key(task.key);
            write_task(pickler, task, &fails_with);
        }
    });
    pickler.raw(&[TUPLE1, EMPTY_DICT]);
    pickler.text("_determ_token");
    pickler.text(token);
    pickler.raw(&[SETITEM, NEWOBJ_EX, EMPTY_DICT]);
    pickler.text("__dask_annotations__");
    pickler.global("functools", "partial");
    pickler.global("builtins", "dict");
    pickler.dict(|pickler| {
        pickler.text(PAYLOAD);
        pickler.dict(|pickler| {
            for task in tasks {
                pickler.key(task.key);
                pickler.bytes(task.payload);
            }
        });
        for (name, values) in annotations.iter().filter(|(_, values)| !values.is_empty()) {
            pickler.text(name);
            pickler.dict(|pickler| {
                for (key, value) in values {
                    pickler.key(key);
                    write_annotation(pickler, value);
                }
            });
        }
    });
    pickler.raw(&[TUPLE2, REDUCE, SETITEM, BUILD]);
    pickler.finish()
}

/// `Task(key, function, *arguments, TaskRef(dependency), ..)`
fn write_task(pickler: &mut Pickler, task: &GraphTask<'_>, fails_with: &[Key]) {
    pickler.global("dask._task_spec", "Task");
    pickler.raw(&[MARK]);
    pickler.key(task.key);
    pickler.global(FAILS.0, FAILS.1);
    fails_with.iter().for_each(|text| pickler.key(text));
    for dependency in task.dependencies {
        pickler.global("dask._task_spec", "TaskRef");
        pickler.key(dependency);
        pickler.raw(&[TUPLE1, REDUCE]);
    }
    pickler.raw(&[TUPLE, REDUCE]);
}

fn write_annotation(pickler: &mut Pickler, value: &Annotation) {
    match value {
        Annotation::Int(int) => pickler.int((*int).into()),
        Annotation::Bool(is) => pickler.raw(&[if *is { NEWTRUE } else { NEWFALSE }]),
        Annotation::Texts(texts) => pickler.list(|pickler| texts.iter().for_each(|text| pickler.text(text))),
        Annotation::Amounts(amounts) => pickler.dict(|pickler| {
            for (name, amount) in amounts {
                pickler.text(name);
                pickler.float(*amount);
            }
        }),
    }
}
