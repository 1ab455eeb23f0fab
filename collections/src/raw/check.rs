//! From keys to nodes: finds what is missing and what goes round in circles, without recursion.

use super::graph::{Entry, Graph, Source};
use partita_graph::{FromValues, Function, GraphError, Input, Key, Kind, Name, Node, Place, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What is being built: a key, or a task written inside another one (by its address).
#[derive(Clone, PartialEq, Eq, Hash)]
enum Id {
    Key(Name),
    Nested(usize),
}

/// One thing under way.
enum Step {
    /// Look at it: build it at once, or what it needs first.
    Open(Source, Option<Name>),
    /// Everything that it needs is there.
    Close(Source),
}

struct Builder<'a> {
    graph: &'a Graph,
    built: HashMap<Id, Input>,
    /// The keys that are open, outermost first: where a cycle shows.
    open: Vec<Id>,
    open_keys: HashSet<Id>,
    /// Those of them that have a name.
    names: Vec<Name>,
}

/// The inputs that stand for `keys`.
pub(super) fn build(graph: &Graph, keys: Vec<Name>) -> Result<Vec<Input>, GraphError> {
    let (built, open, open_keys, names) = (HashMap::new(), Vec::new(), HashSet::new(), Vec::new());
    let mut builder = Builder { graph, built, open, open_keys, names };
    keys.into_iter()
        .map(|key| {
            builder.run(Source::Key(key.clone()))?;
            builder.built.get(&Id::Key(key.clone())).cloned().ok_or_else(|| missing(key, None))
        })
        .collect()
}

fn missing(key: Name, needed_by: Option<Name>) -> GraphError {
    GraphError::MissingKey { key: Key::named(key), needed_by: needed_by.map(Key::named) }
}

fn id(source: &Source) -> Id {
    match source {
        Source::Key(name) => Id::Key(name.clone()),
        Source::Nested(nested) => Id::Nested(Arc::as_ptr(nested) as *const u8 as usize),
    }
}

impl Builder<'_> {
    fn run(&mut self, source: Source) -> Result<(), GraphError> {
        let mut steps = vec![Step::Open(source, None)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Open(source, needed_by) => self.open(source, needed_by, &mut steps)?,
                Step::Close(source) => self.close(&source),
            }
        }
        Ok(())
    }

    fn open(&mut self, source: Source, needed_by: Option<Name>, steps: &mut Vec<Step>) -> Result<(), GraphError> {
        let id = id(&source);
        if self.built.contains_key(&id) {
            return Ok(());
        }
        // Only keys can be named twice along a path.
        if matches!(id, Id::Key(_)) && self.open_keys.contains(&id) {
            return Err(self.cycle(&id));
        }
        let below = self.below(&source, needed_by)?;
        self.open_keys.insert(id.clone());
        if let Id::Key(name) = &id {
            self.names.push(name.clone());
        }
        self.open.push(id);
        let name = self.names.last().cloned();
        steps.push(Step::Close(source));
        steps.extend(below.into_iter().rev().map(|input| Step::Open(input, name.clone())));
        Ok(())
    }

    /// What a key or a nested task needs.
    fn below(&self, source: &Source, needed_by: Option<Name>) -> Result<Vec<Source>, GraphError> {
        match source {
            Source::Nested(nested) => Ok(nested.inputs.clone()),
            Source::Key(name) => match self.graph.entries.get(name) {
                None => Err(missing(name.clone(), needed_by)),
                Some((Entry::Value(_), _)) => Ok(Vec::new()),
                Some((Entry::Alias(of), _)) => Ok(vec![Source::Key(of.clone())]),
                Some((Entry::Task { inputs, .. }, _)) => Ok(inputs.clone()),
            },
        }
    }

    fn cycle(&self, again: &Id) -> GraphError {
        let from = self.open.iter().position(|id| id == again).unwrap_or(0);
        let round = self.open[from..].iter().chain([again]).filter_map(|id| match id {
            Id::Key(name) => Some(Key::named(name.clone())),
            Id::Nested(_) => None,
        });
        GraphError::Cycle { path: round.collect() }
    }

    fn close(&mut self, source: &Source) {
        if let Some(done) = self.open.pop() {
            self.open_keys.remove(&done);
            if matches!(done, Id::Key(_)) {
                self.names.pop();
            }
        }
        let input = match source {
            Source::Nested(nested) => self.node(Name::from("task"), &nested.function, &nested.inputs, nested.place),
            Source::Key(name) => match &self.graph.entries[name] {
                (Entry::Value(value), place) => self.value(name, value, *place),
                (Entry::Alias(of), place) => {
                    let same = FromValues::new("alias", |inputs: &[Value]| Ok(inputs[0].clone()));
                    self.node(name.clone(), &(Arc::new(same) as Function), &[Source::Key(of.clone())], *place)
                }
                (Entry::Task { function, inputs }, place) => self.node(name.clone(), function, inputs, *place),
            },
        };
        self.built.insert(id(source), input);
    }

    fn value(&self, name: &Name, value: &Value, place: Place) -> Input {
        let node = Node::new(Key::unique(name.clone()), Kind::Data(vec![value.clone()]), place);
        Input { node: Arc::new(node), part: 0 }
    }

    /// A node of this name. Its token is its own, so that two graphs with an `x` can run on one cluster; tokens are
    /// what keys are told apart by, so it is no other node's of this graph either.
    fn node(&self, name: Name, function: &Function, inputs: &[Source], place: Place) -> Input {
        let inputs: partita_graph::Inputs =
            inputs.iter().filter_map(|source| self.built.get(&id(source)).cloned()).collect();
        let node = Node::new(Key::unique(name), Kind::Call { function: function.clone(), inputs }, place);
        Input { node: Arc::new(node), part: 0 }
    }
}
