//! Layers of any collection: functions of partitions and functions of values.

use partita_graph::{
    Block, Data, Fault, Flow, FromEnv, FromValues, Function, Input, Named, Needs, Node, NotPortable, NotRead, Packer,
    Portable, Travels, Unpacker, Value,
};
use smallvec::SmallVec;
use std::any::type_name;
use std::sync::Arc;

/// A partition-wise layer: a function of an environment, the partition's number and what comes in. It can run in another
/// process if the function captures nothing.
pub(crate) struct Partwise<E, F> {
    pub(crate) env: Arc<E>,
    pub(crate) run: F,
    pub(crate) settle: Named<Settle>,
    /// How what it gave is handed to several steps of its chain, if it may be taken into one that reads it so.
    pub(crate) share: Option<Named<Share>>,
    pub(crate) returns: &'static str,
    /// What it needs of its inputs, and how less is made of what it gave, for those whose values have columns.
    pub(crate) columns: Option<Columns>,
}

/// Makes a value of what a step gave.
pub(crate) type Settle = fn(Flow) -> Result<Value, Fault>;

/// Makes less of what a layer of columns gave; see [`Block::narrow`].
pub(crate) type Less = fn(Flow, &Needs) -> Result<Flow, Fault>;

/// What a layer needs of its first input, if so much is needed of the layer; see [`Block::needs`].
pub(crate) type Ask = dyn Fn(Option<&Needs>) -> Option<Needs> + Send + Sync;

/// How a layer of columns tells which it needs, and leaves some out.
pub(crate) struct Columns {
    /// What is needed of the first input, if so much is needed of the layer; see [`Block::needs`].
    pub(crate) needs: Option<Box<Ask>>,
    /// See [`Block::narrow`].
    pub(crate) narrow: Named<Less>,
}

/// What is needed is asked where the graph is built, not where it runs.
impl Travels for Columns {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.narrow.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(Columns { needs: None, narrow: Travels::unpack(from)? })
    }
}

/// Hands what a step gave to several others.
pub(crate) type Share = fn(Flow, usize) -> Result<SmallVec<[Flow; 1]>, Fault>;

impl<E: Travels, F> Partwise<E, F>
where
    F: Fn(&Arc<E>, u32, Vec<Flow>) -> Result<Flow, Fault> + Send + Sync + 'static,
{
    /// The layer of a function, which gives what `settle` makes a value of.
    pub(crate) fn new(env: E, settle: Named<Settle>, returns: &'static str, run: F) -> Self {
        Partwise { env: Arc::new(env), run, settle, share: None, returns, columns: None }
    }
}

impl<E: Travels, F: Send + Sync + 'static> Travels for Partwise<E, F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.env.pack(into)?;
        into.function_type(&self.run)?;
        self.settle.pack(into)?;
        self.share.pack(into)?;
        self.returns.pack(into)?;
        self.columns.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(Partwise {
            run: from.function_type()?,
            env: Travels::unpack(from)?,
            settle: Travels::unpack(from)?,
            share: Travels::unpack(from)?,
            returns: Travels::unpack(from)?,
            columns: Travels::unpack(from)?,
        })
    }
}

impl<E: Travels, F> Block for Partwise<E, F>
where
    F: Fn(&Arc<E>, u32, Vec<Flow>) -> Result<Flow, Fault> + Send + Sync + 'static,
{
    fn run(&self, index: u32, inputs: Vec<Flow>) -> Result<Flow, Fault> {
        (self.run)(&self.env, index, inputs)
    }

    fn settle(&self, flow: Flow) -> Result<Value, Fault> {
        (self.settle)(flow)
    }

    fn returns(&self) -> &'static str {
        self.returns
    }

    fn needs(&self, input: usize, of: Option<&Needs>) -> Option<Needs> {
        let needs = self.columns.as_ref()?.needs.as_ref()?;
        if input == 0 { needs(of) } else { None }
    }

    fn narrows(&self) -> bool {
        self.columns.is_some()
    }

    fn narrow(&self, flow: Flow, needs: &Needs) -> Result<Flow, Fault> {
        match &self.columns {
            Some(columns) => (columns.narrow)(flow, needs),
            None => Ok(flow),
        }
    }

    fn shares(&self) -> bool {
        self.share.is_some()
    }

    fn share(&self, flow: Flow, readers: usize) -> Result<SmallVec<[Flow; 1]>, Fault> {
        match &self.share {
            Some(share) => share(flow, readers),
            None => Err(Fault::failed("a layer that does not share was asked to")),
        }
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.block(self)
    }
}

/// How the values of a reduction are passed on.
pub(crate) fn makes() -> Named<Settle> {
    Named::new(|| made as Settle)
}

/// Passes on what a reduction made.
pub(crate) fn made(flow: Flow) -> Result<Value, Fault> {
    match flow {
        Flow::Value(value) => Ok(value),
        Flow::Lazy(_) => Err(Fault::failed("a reduction gave no value")),
    }
}

/// The inputs of a step, which there are as many of as its layer names.
pub(crate) fn inputs<const N: usize>(flows: Vec<Flow>) -> Result<[Flow; N], Fault> {
    flows.try_into().map_err(|flows: Vec<Flow>| Fault::failed(format!("a step was given {} inputs", flows.len())))
}

/// A task function of an environment and values.
pub(crate) fn task<E: Travels, R: Data>(
    env: E,
    call: impl Fn(&E, &[Value]) -> Result<R, Fault> + Send + Sync + 'static,
) -> Function {
    let call = move |env: &E, values: &[Value]| Ok(Value::new(call(env, values)?));
    Arc::new(FromEnv::new(type_name::<R>(), env, call))
}

/// A task function that passes its input on.
pub(crate) fn same<R: Data>() -> Function {
    Arc::new(FromValues::new(type_name::<R>(), |values: &[Value]| {
        values.first().cloned().ok_or_else(|| Fault::failed("a task was given no input"))
    }))
}

/// The values of a task's inputs.
pub(crate) fn read<R: Data>(values: &[Value]) -> Result<Vec<&R>, Fault> {
    values
        .iter()
        .enumerate()
        .map(|(input, value)| value.get::<R>().map_err(|mismatch| Fault::Type { input, mismatch }))
        .collect()
}

/// Parts of a node, all of them.
pub(crate) fn parts(node: &Arc<Node>) -> impl Iterator<Item = Input> {
    (0..node.parts()).map(|part| Input { node: node.clone(), part })
}
