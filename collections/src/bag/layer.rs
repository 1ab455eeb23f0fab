//! Layers: how operations become nodes. Partition-wise ones fuse with their neighbours into one task a partition;
//! reductions end in one task, by way of a tree if there are many partitions.

use super::stream::Stream;
use super::{Bag, Element, Item};
use crate::identity::Identity;
use crate::layer::{Partwise, Settle, inputs, made, makes, parts, read, task};
use partita_graph::{
    Block, Data, Fault, Flow, Function, Input, Inputs, Kind, Named, Node, Place, Shared, Travels, Value,
};
use std::any::type_name;
use std::sync::Arc;

/// Runs a stream and keeps its elements.
fn keep<T: Element>(flow: Flow) -> Result<Value, Fault> {
    match flow {
        Flow::Value(value) => Ok(value),
        lazy => Ok(Value::new(Stream::<T>::of(lazy, 0)?.collect()?)),
    }
}

/// The layer of a function that gives streams of elements.
fn streams<E: Travels, U: Element>(
    env: E,
    run: impl Fn(&Arc<E>, u32, Vec<Flow>) -> Result<Flow, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    Arc::new(Partwise::new(env, Named::new(|| keep::<U> as Settle), type_name::<Vec<U>>(), run))
}

/// The layer of a step that makes elements of nothing.
pub(super) fn generating<E: Travels, U: Element>(
    env: E,
    make: impl Fn(&Arc<E>, u32) -> Result<Stream<U>, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    streams::<E, U>(env, move |env, index, _| Ok(make(env, index)?.into_flow()))
}

/// The layer of a step from a stream to a stream.
pub(super) fn streaming<E: Travels, T: Element, U: Element>(
    env: E,
    step: impl Fn(&Arc<E>, u32, Stream<T>) -> Result<Stream<U>, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    streams::<E, U>(env, move |env, index, flows| {
        let [flow] = inputs(flows)?;
        let stream = Stream::of(flow, 0)?;
        let depth = stream.depth();
        Ok(step(env, index, stream)?.above(depth).into_flow())
    })
}

/// The layer of a step from two streams to one.
pub(super) fn streaming2<E: Travels, A: Element, B: Element, U: Element>(
    env: E,
    step: impl Fn(&Arc<E>, u32, Stream<A>, Stream<B>) -> Result<Stream<U>, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    streams::<E, U>(env, move |env, index, flows| {
        let [first, second] = inputs(flows)?;
        let (first, second) = (Stream::of(first, 0)?, Stream::of(second, 1)?);
        let depth = first.depth().max(second.depth());
        Ok(step(env, index, first, second)?.above(depth).into_flow())
    })
}

/// The layer of a step from a stream and a value to a stream.
pub(super) fn streaming_with<E: Travels, T: Element, V: Data, U: Element>(
    env: E,
    step: impl Fn(&Arc<E>, u32, Stream<T>, Shared<V>) -> Result<Stream<U>, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    streams::<E, U>(env, move |env, index, flows| {
        let [stream, value] = inputs(flows)?;
        let value = made(value)?.share().map_err(|mismatch| Fault::Type { input: 1, mismatch })?;
        let stream = Stream::of(stream, 0)?;
        let depth = stream.depth();
        Ok(step(env, index, stream, value)?.above(depth).into_flow())
    })
}

/// The layer of a step that makes one value of each partition.
pub(super) fn reducing<E: Travels, T: Element, R: Data>(
    env: E,
    reduce: impl Fn(&E, u32, Stream<T>) -> Result<R, Fault> + Send + Sync + 'static,
) -> Arc<dyn Block> {
    Arc::new(Partwise::new(env, makes(), type_name::<R>(), move |env: &Arc<E>, index, flows: Vec<Flow>| {
        let [flow] = inputs(flows)?;
        Ok(Flow::Value(Value::new(reduce(env, index, Stream::of(flow, 0)?)?)))
    }))
}

/// The names of the layers of a reduction.
#[derive(Clone, Copy)]
pub(super) struct Names {
    pub(super) partial: &'static str,
    pub(super) combine: &'static str,
    pub(super) aggregate: &'static str,
}

/// A reduction up to its last task.
pub(super) struct Reduced {
    key: partita_graph::Key,
    function: Function,
    inputs: Inputs,
    place: Place,
}

impl Reduced {
    /// As a single value.
    pub(super) fn item<O: Data + Clone>(self) -> Item<O> {
        let kind = Kind::Call { function: self.function, inputs: self.inputs };
        Item::from_node(Arc::new(Node::new(self.key, kind, self.place)))
    }

    /// As a bag of one partition.
    pub(super) fn bag<O: Element>(self, like: usize) -> Bag<O> {
        let kind = Kind::Tasks(vec![(self.function, self.inputs)]);
        Bag::new(Arc::new(Node::new(self.key, kind, self.place)), like)
    }
}

impl<T: Element> Bag<T> {
    /// The identity of an operation on this bag.
    pub(super) fn identity(&self, operation: &str) -> Identity {
        Identity::of(operation).node(&self.node)
    }

    /// A layer of this bag alone.
    #[track_caller]
    pub(super) fn layer<U: Element>(&self, name: &str, identity: Identity, block: Arc<dyn Block>) -> Bag<U> {
        self.layer_of(name, identity, block, vec![self.node.clone()])
    }

    /// A layer that reads several nodes with as many parts as this bag has.
    #[track_caller]
    pub(super) fn layer_of<U: Element>(
        &self,
        name: &str,
        identity: Identity,
        block: Arc<dyn Block>,
        inputs: Vec<Arc<Node>>,
    ) -> Bag<U> {
        let inputs = inputs.into_iter().map(Into::into).collect();
        let kind = Kind::Blocks { parts: self.node.parts(), block, inputs };
        let node = Node::new(identity.key::<Vec<U>>(name), kind, Place::here());
        Bag::new(Arc::new(node), self.split_every)
    }

    /// One value of each partition.
    #[track_caller]
    pub(super) fn partials<E: Travels, R: Data>(
        &self,
        name: &str,
        identity: Identity,
        env: E,
        reduce: impl Fn(&E, u32, Stream<T>) -> Result<R, Fault> + Send + Sync + 'static,
    ) -> Arc<Node> {
        let block = reducing(env, reduce);
        let kind = Kind::Blocks { parts: self.node.parts(), block, inputs: vec![self.node.clone().into()] };
        Arc::new(Node::new(identity.key::<R>(name), kind, Place::here()))
    }

    /// A reduction: `reduce` makes a value of each partition, `combine` one of several neighbours' values, over and
    /// over while there are more than the bag's `split_every`, and `finish` the result of those that are left. All are given
    /// `env`.
    #[track_caller]
    pub(super) fn reduced<E: Travels, R: Data, O: Data>(
        &self,
        names: Names,
        identity: Identity,
        env: E,
        reduce: impl Fn(&E, u32, Stream<T>) -> Result<R, Fault> + Send + Sync + 'static,
        combine: impl Fn(&E, &[&R]) -> Result<R, Fault> + Send + Sync + 'static,
        finish: impl Fn(&E, &[&R]) -> Result<O, Fault> + Send + Sync + 'static,
    ) -> Reduced {
        let env = Arc::new(env);
        let below = identity.clone().data(&names.partial);
        let partials =
            self.partials(names.partial, below, env.clone(), move |env, part, stream| reduce(env, part, stream));
        let combine = task(env.clone(), move |env: &Arc<E>, values| combine(env, &read(values)?));
        let inputs = self.tree::<R>(names.combine, &partials, &combine);
        let finish = task(env, move |env: &Arc<E>, values| finish(env, &read(values)?));
        // The identity of the layer below has all that there is to know, and is there even if the operation's is not.
        let identity = inputs.first().map_or(identity, |input| Identity::of("").node(&input.node));
        let identity = identity.data(&names.aggregate).data(&(inputs.len() as u64));
        Reduced { key: identity.key::<O>(names.aggregate), function: finish, inputs, place: Place::here() }
    }

    /// A reduction whose last task does what those before it do.
    #[track_caller]
    pub(super) fn merged<E: Travels, R: Data>(
        &self,
        names: Names,
        identity: Identity,
        env: E,
        reduce: impl Fn(&E, u32, Stream<T>) -> Result<R, Fault> + Send + Sync + 'static,
        combine: impl Fn(&E, &[&R]) -> Result<R, Fault> + Copy + Send + Sync + 'static,
    ) -> Reduced {
        self.reduced(names, identity, env, reduce, combine, combine)
    }

    /// Combines neighbours until no more than `split_every` are left.
    #[track_caller]
    fn tree<R: Data>(&self, name: &str, partials: &Arc<Node>, combine: &Function) -> Inputs {
        let mut level = partials.clone();
        while level.parts() as usize > self.split_every {
            let inputs: Vec<Input> = parts(&level).collect();
            let tasks = inputs.chunks(self.split_every).map(|some| (combine.clone(), some.iter().cloned().collect()));
            let key = Identity::of(name).node(&level).data(&(self.split_every as u64)).key::<R>(name);
            level = Arc::new(Node::new(key, Kind::Tasks(tasks.collect()), Place::here()));
        }
        parts(&level).collect()
    }
}
