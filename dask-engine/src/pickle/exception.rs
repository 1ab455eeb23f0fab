//! What Python's exceptions say.

use super::error::PickleError;
use super::tree::{Id, Node, Tree};
use bytes::Bytes;

/// How many causes of causes are told.
const CAUSES: usize = 8;

/// What an exception of Python's says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its class, with its module if that is not `builtins`.
    pub class: String,
    /// What it says.
    pub text: String,
    /// What it was raised from, nearest first.
    pub causes: Vec<(String, String)>,
}

impl std::fmt::Display for Exception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.class, self.text)?;
        self.causes.iter().try_for_each(|(class, text)| write!(f, ", caused by {class}: {text}"))
    }
}

/// An exception that stands in for what cannot be raised here: Python shows it as `RuntimeError(text)`.
///
/// ```
/// use partita_dask::pickle::exception::{read, write};
///
/// let exception = read(&write("it went wrong").into(), &[])?;
/// assert_eq!(exception.to_string(), "RuntimeError: it went wrong");
/// # Ok::<(), partita_dask::pickle::PickleError>(())
/// ```
pub fn write(text: &str) -> Vec<u8> {
    let mut pickler = super::Pickler::new();
    pickler.global("builtins", "RuntimeError");
    pickler.text(text);
    pickler.raw(&[super::opcode::TUPLE1, super::opcode::REDUCE]);
    pickler.finish()
}

/// What an exception says that Python has written; `buffers` are the parts of it that travelled apart.
///
/// # Errors
/// [`PickleError`] if it cannot be read.
pub fn read(pickle: &Bytes, buffers: &[Bytes]) -> Result<Exception, PickleError> {
    let tree = Tree::read(pickle, buffers)?;
    let mut raised = tree.raised(tree.root);
    let mut causes = Vec::new();
    while let Some(cause) = raised.cause.filter(|_| causes.len() < CAUSES) {
        let next = tree.raised(cause);
        causes.push((next.class, next.text));
        raised.cause = next.cause;
    }
    Ok(Exception { class: raised.class, text: raised.text, causes })
}

struct Raised {
    class: String,
    text: String,
    cause: Option<Id>,
}

impl Tree {
    fn raised(&self, id: Id) -> Raised {
        let Node::Object { callable, arguments, .. } = self.node(id) else {
            return Raised { class: "an object that is no exception".to_owned(), text: self.shown(id), cause: None };
        };
        let arguments = *arguments;
        // Dask writes exceptions with the help of tblib, which wants their traceback and causes to be kept:
        // `unpickle_exception(class, args, cause, traceback, ..)`, or, in newer versions,
        // `unpickle_exception_with_attrs(class, {"args": args, ..}, cause, traceback, ..)`.
        if let Node::Global { module, .. } = self.node(*callable)
            && &**module == "tblib.pickling_support"
            && let [class, attributes, rest @ ..] = self.items(arguments)
        {
            let arguments = self.get(*attributes, "args").unwrap_or(*attributes);
            let cause = rest.first().copied().filter(|cause| matches!(self.node(*cause), Node::Object { .. }));
            return Raised { class: self.class(*class), text: self.said(*class, arguments), cause };
        }
        Raised { class: self.class(*callable), text: self.said(*callable, arguments), cause: None }
    }

    fn class(&self, id: Id) -> String {
        self.shown(id)
    }

    /// The text of an exception with these arguments.
    fn said(&self, class: Id, arguments: Id) -> String {
        let items = self.items(arguments);
        if let (Node::Global { name, .. }, [task, worker, deaths, ..]) = (self.node(class), items)
            && &**name == "KilledWorker"
        {
            return self.killed(*task, *worker, *deaths);
        }
        match items {
            [] if matches!(self.node(arguments), Node::Tuple(_)) => String::new(),
            [one] => match self.node(*one) {
                Node::Text(text) => text.to_string(),
                _ => self.shown(*one),
            },
            _ => self.shown(arguments),
        }
    }

    /// `KilledWorker(task, last_worker, allowed_failures)`
    fn killed(&self, task: Id, worker: Id, deaths: Id) -> String {
        format!(
            "the task {} was running on a worker each time one of {} workers died, the last of them {}",
            self.shown(task),
            match self.node(deaths) {
                Node::Int(allowed) => allowed.saturating_add(1).to_string(),
                _ => "several".to_owned(),
            },
            self.worker(worker),
        )
    }

    /// The address of a worker as the scheduler sees it.
    fn worker(&self, id: Id) -> String {
        let state = match self.node(id) {
            Node::Object { state: Some(state), .. } => Some(*state),
            _ => None,
        };
        // Classes with slots have a state of two parts, the second of which has them.
        let parts = state.map(|state| (state, self.items(state))).into_iter();
        let mut dicts = parts.flat_map(|(state, parts)| std::iter::once(state).chain(parts.iter().copied()));
        dicts.find_map(|dict| self.get(dict, "address")).map_or_else(
            || self.shown(id),
            |address| match self.node(address) {
                Node::Text(text) => text.to_string(),
                _ => self.shown(address),
            },
        )
    }
}
