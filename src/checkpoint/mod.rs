//! Results that outlive the program: `x.persist_to(folder)` keeps them in files, and a later run of the same program on the
//! same inputs takes them from there.

mod error;
mod file;

pub use error::CheckpointError;

use crate::client::Client;
use crate::error::Result;
use file::{Flaw, Kept, open_folder};
use partita_collections::Collection;
use partita_graph::{
    Fault, Graph, Input, Key, Kind, Node, NotPortable, Packer, Place, Portable, Reader, TaskFn, TaskOptions, Token,
    Value, catch,
};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

impl Client {
    /// As [`Compute::persist_to`](crate::Compute::persist_to), on this client.
    pub(crate) fn persist_to<C: Collection>(&self, collection: &C, folder: &Path, place: Place) -> Result<C> {
        let refused = |error| CheckpointError::Folder { folder: folder.into(), error: Arc::new(error) };
        open_folder(folder).map_err(refused)?;
        // A task may run after the program went to another folder.
        let folder = folder.canonicalize().map_err(refused)?;
        let outputs = collection.outputs();
        if let Some((key, place)) = unrecognised(&outputs) {
            // What cannot be built at all says so first.
            collection.graph().check()?;
            return Err(CheckpointError::Unique { key, place }.into());
        }
        let kept = |(output, reader): (&Input, &Reader)| {
            Kept::new(&folder, &output.node.part_key(output.part), reader.type_name())
        };
        let readers = collection.readers();
        let kept: Vec<Kept> = outputs.iter().zip(&readers).map(kept).collect();
        let there = look(&kept);
        let tasks = outputs.into_iter().zip(readers).zip(kept).zip(there);
        let tasks = tasks.map(|(((output, reader), kept), is_there)| Input {
            node: Arc::new(node(output, reader, kept, is_there)),
            part: 0,
        });
        let held = self.hold(&Graph::new(tasks.collect()), place)?;
        Ok(collection.rebuild(held, place))
    }
}

/// A task among those that outputs need whose key does not tell what it computes: one that is its own alone, or that the
/// user gave.
fn unrecognised(outputs: &[Input]) -> Option<(Key, Place)> {
    let tells = |key: &Key| !key.token().is_unique() && !key.token().is_none();
    let (mut seen, mut next) = (HashSet::new(), Vec::<Arc<Node>>::new());
    let mut see = |next: &mut Vec<Arc<Node>>, node: &Arc<Node>| {
        if seen.insert(Arc::as_ptr(node)) {
            next.push(node.clone());
        }
    };
    outputs.iter().for_each(|output| see(&mut next, &output.node));
    while let Some(node) = next.pop() {
        let own = match &node.kind {
            Kind::Held(keys) => keys.iter().find(|key| !tells(key)),
            _ => Some(&node.key).filter(|key| !tells(key)),
        };
        if let Some(key) = own {
            return Some((key.clone(), node.place));
        }
        node.for_each_input(|input| see(&mut next, input));
    }
    None
}

/// Which files are whole. They are read by as many threads as there are cores.
fn look(kept: &[Kept]) -> Vec<bool> {
    let (next, cores) = (AtomicUsize::new(0), thread::available_parallelism().map_or(1, usize::from));
    let some = || {
        let mut seen = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = kept.get(at) else { return seen };
            seen.push((at, is_whole(file)));
        }
    };
    let mut there = vec![false; kept.len()];
    thread::scope(|scope| {
        let threads: Vec<_> = (1..cores.min(kept.len())).map(|_| scope.spawn(some)).collect();
        let own = some();
        // A thread that panics, which none does, would have its files computed anew.
        let others = threads.into_iter().filter_map(|thread| thread.join().ok()).flatten();
        own.into_iter().chain(others).for_each(|(at, whole)| there[at] = whole);
    });
    there
}

fn is_whole(kept: &Kept) -> bool {
    match kept.check() {
        Ok(()) => true,
        Err(Flaw::Unread(error)) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(flaw) => {
            tracing::warn!("`{}` is not used, and computed anew: {flaw}", kept.path.display());
            false
        }
    }
}

/// The task that gives an output: from its file if that is there, else computed and kept. Its key is the same in both cases,
/// so that what is computed from it is recognised by a later run, too.
fn node(output: Input, reader: Reader, kept: Kept, is_there: bool) -> Node {
    let (key, place) = (output.node.part_key(output.part), output.node.place);
    // Another folder is another task: who asks for a result to be kept there has it kept there.
    let told = format!("kept {key} in {}", kept.path.display());
    let own = Key::new(format!("kept-{}", key.name()), Token::of(told.as_bytes()));
    let options = output.node.options().map(|options| TaskOptions {
        timeout: None,
        resources: Default::default(),
        ..TaskOptions::clone(options)
    });
    let (function, inputs): (Arc<dyn TaskFn>, _) = match is_there {
        true => (Arc::new(Restore { kept, reader }), Default::default()),
        false => (Arc::new(Keep { kept, reader }), [output].into_iter().collect()),
    };
    let mut node = Node::new(own, Kind::Call { function, inputs }, place);
    if let Some(options) = options {
        node.extras.get_or_insert_default().options = Some(Arc::new(options));
    }
    node
}

/// Reads a result from its file.
struct Restore {
    kept: Kept,
    reader: Reader,
}

impl TaskFn for Restore {
    fn call(&self, _: &[Value]) -> Result<Value, Fault> {
        let lost = |flaw| CheckpointError::Lost { path: self.kept.path.clone(), reason: flaw };
        let written = self.kept.read().map_err(|flaw| Fault::returned(lost(flaw.to_string())))?;
        self.reader.read(&written).map_err(|error| Fault::returned(lost(error.to_string())))
    }

    fn returns(&self) -> &'static str {
        self.reader.type_name()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

partita_graph::travels!(Restore { kept, reader });

/// Keeps a result in its file, and hands it on.
struct Keep {
    kept: Kept,
    reader: Reader,
}

impl Keep {
    /// Writes a value that can be read back. How it is written and read is the user's code.
    fn write(&self, value: &Value) -> Result<(), String> {
        let written = catch(|| {
            let written = value.write()?;
            self.reader.read(&written).map(|_| written)
        });
        let written = written.map_err(|panic| panic.message.to_string())?.map_err(|error| error.to_string())?;
        self.kept.write(&written).map_err(|error| error.to_string())
    }
}

impl TaskFn for Keep {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        let Some(value) = inputs.first() else { return Err(Fault::failed("there is nothing to keep")) };
        if let Err(error) = self.write(value) {
            let path = self.kept.path.display();
            tracing::warn!("a result is not kept in `{path}`, and will be computed anew the next time: {error}");
        }
        Ok(value.clone())
    }

    fn returns(&self) -> &'static str {
        self.reader.type_name()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

partita_graph::travels!(Keep { kept, reader });
