//! Nodes: the symbolic graph that collections build, one node a layer or a single task.
//!
//! A node names its inputs by pointer, so building is linear and equal subgraphs are shared. It has one part or many:
//! a call has one, a collection's layer one for each partition, without a task being written down for any of them.

use crate::error::UserError;
use crate::function::{Fault, Function};
use crate::key::{Key, Token};
use crate::narrow::Needs;
use crate::options::TaskOptions;
use crate::place::Place;
use crate::portable::Portable;
use crate::travel::{NotPortable, Packer};
use crate::value::Value;
use smallvec::SmallVec;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What one step of a partition-wise chain hands to the next: a value, or something lazy that only the next step
/// understands (an iterator, an expression).
pub enum Flow {
    /// A value.
    Value(Value),
    /// Something of a type that the collection knows.
    Lazy(Box<dyn Any>),
}

/// The function of a partition-wise layer: the same for every partition.
pub trait Block: Send + Sync {
    /// Makes partition `index` of the layer from the same partition of its inputs.
    ///
    /// # Errors
    /// [`Fault`], as for any task function.
    fn run(&self, index: u32, inputs: Vec<Flow>) -> Result<Flow, Fault>;

    /// Turns what [`Block::run`] gave into the value of the partition; called for the last step of a chain.
    ///
    /// # Errors
    /// [`Fault`], as for any task function: what is lazy runs here.
    fn settle(&self, flow: Flow) -> Result<Value, Fault>;

    /// The name of the type of its partitions.
    fn returns(&self) -> &'static str;

    /// What it needs of what it reads as input `input`, if its own readers need `of` of it. `None` is all of it, on both
    /// sides.
    fn needs(&self, _input: usize, _of: Option<&Needs>) -> Option<Needs> {
        None
    }

    /// Whether [`Block::narrow`] makes what it gives smaller.
    fn narrows(&self) -> bool {
        false
    }

    /// Makes what [`Block::run`] gave smaller: only what is needed. What has not all names is as good to those who read it.
    ///
    /// # Errors
    /// [`Fault`], as for any task function.
    fn narrow(&self, flow: Flow, _needs: &Needs) -> Result<Flow, Fault> {
        Ok(flow)
    }

    /// Whether it is taken into a chain that reads it more than once. If not, its partitions are tasks of their own.
    fn shares(&self) -> bool {
        false
    }

    /// Hands what [`Block::run`] gave to several steps of one chain; as a value, unless it can be shared as it is.
    ///
    /// # Errors
    /// [`Fault`], as for [`Block::settle`].
    fn share(&self, flow: Flow, readers: usize) -> Result<SmallVec<[Flow; 1]>, Fault> {
        let value = self.settle(flow)?;
        Ok((0..readers).map(|_| Flow::Value(value.clone())).collect())
    }

    /// Writes what it is made of, and gives the name of its type; another process makes the same function of both. For a type
    /// that [`Travels`](crate::Travels), that is `into.block(self)`.
    ///
    /// # Errors
    /// [`NotPortable`], if it runs in this process only.
    fn write(&self, _into: &mut Packer) -> Result<Portable, NotPortable> {
        Err(NotPortable::Unwritten { type_name: std::any::type_name::<Self>() })
    }
}

/// Which part of another node each part of a layer reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    parts: Vec<u32>,
    distinct: bool,
}

crate::travels!(Chosen { parts, distinct });

impl Chosen {
    /// The parts that are read, one for each part of the layer.
    ///
    /// ```
    /// use partita_graph::Chosen;
    ///
    /// let turned = Chosen::new(vec![0, 2, 1, 3]);
    /// assert_eq!(turned.part(1), 2);
    /// assert!(turned.is_distinct() && !Chosen::new(vec![0, 0]).is_distinct());
    /// ```
    pub fn new(parts: Vec<u32>) -> Self {
        let mut seen = vec![false; parts.iter().max().map_or(0, |&last| last as usize + 1)];
        let distinct = parts.iter().all(|&part| !std::mem::replace(&mut seen[part as usize], true));
        Chosen { parts, distinct }
    }

    /// The part that part `index` of the layer reads.
    pub fn part(&self, index: u32) -> u32 {
        self.parts[index as usize]
    }

    /// How many parts the layer has.
    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether no part is read twice.
    pub fn is_distinct(&self) -> bool {
        self.distinct
    }

    /// What a layer reads through another one: first this choice, then that of the layer between.
    pub(crate) fn then(&self, below: &Chosen) -> Chosen {
        let parts = self.parts.iter().map(|&part| below.part(part)).collect();
        Chosen { parts, distinct: self.distinct && below.distinct }
    }
}

/// A node that a partition-wise layer reads.
#[derive(Clone)]
pub struct Reads {
    /// The node.
    pub node: Arc<Node>,
    /// Which part of it each part of the layer reads; the same one, if nothing is chosen.
    pub chosen: Option<Arc<Chosen>>,
}

impl Reads {
    /// The part that part `index` of the layer reads.
    pub fn part(&self, index: u32) -> u32 {
        self.chosen.as_ref().map_or(index, |chosen| chosen.part(index))
    }
}

impl std::convert::From<Arc<Node>> for Reads {
    fn from(node: Arc<Node>) -> Self {
        Reads { node, chosen: None }
    }
}

/// One part of a node, as an input of another.
#[derive(Clone)]
pub struct Input {
    /// The node.
    pub node: Arc<Node>,
    /// Which of its parts.
    pub part: u32,
}

/// The inputs of one task. Most tasks of large graphs have none or one.
pub type Inputs = SmallVec<[Input; 1]>;

/// What the parts of a node are.
pub enum Kind {
    /// Values that are at hand, one a part.
    Data(Vec<Value>),
    /// One call of a function. The node has one part.
    Call {
        /// The function.
        function: Function,
        /// Its inputs.
        inputs: Inputs,
    },
    /// The same function for each part, of one part of each input node.
    Blocks {
        /// How many parts.
        parts: u32,
        /// The function.
        block: Arc<dyn Block>,
        /// The nodes whose parts are read.
        inputs: Vec<Reads>,
    },
    /// A function of its own for each part.
    Tasks(Vec<(Function, Inputs)>),
    /// Results that an engine holds already, one key a part.
    Held(Vec<Key>),
}

/// A layer of a graph, or a single task.
pub struct Node {
    /// The key of its only part, or that its parts' keys are made from.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// The line of user code that made it.
    pub place: Place,
    /// What few nodes have.
    pub extras: Option<Box<Extras>>,
}

/// What few nodes have: wishes, a name given by the user, something to hold on to.
#[derive(Clone, Default)]
pub struct Extras {
    /// What the user asked for its tasks.
    pub options: Option<Arc<TaskOptions>>,
    /// What the node computes, if its key was given by the user and so does not tell: two nodes with one key must
    /// have the same definition.
    pub definition: Option<Token>,
    /// Something that must live as long as the node (the futures behind [`Kind::Held`]).
    pub guard: Option<Arc<dyn Any + Send + Sync>>,
    /// Why the node cannot be run: what was wrong when it was built. A graph with such a node is refused.
    pub misbuilt: Option<UserError>,
    /// What a collection notes about its layer, for itself.
    pub note: Option<Arc<dyn Any + Send + Sync>>,
}

impl Node {
    /// A node without wishes.
    pub fn new(key: Key, kind: Kind, place: Place) -> Self {
        Node { key, kind, place, extras: None }
    }

    /// The same node with wishes for its tasks.
    #[must_use]
    pub fn with_options(mut self, options: TaskOptions) -> Self {
        if !options.is_default() {
            self.extras.get_or_insert_default().options = Some(Arc::new(options));
        }
        self
    }

    /// A node that stands for an expression that makes no sense: every graph that needs it is refused with this error
    /// and the line of user code, before any work starts.
    pub fn misbuilt(key: Key, error: UserError, place: Place) -> Self {
        let mut node = Node::new(key, Kind::Data(vec![Value::new(())]), place);
        node.extras.get_or_insert_default().misbuilt = Some(error);
        node
    }

    /// What the user asked for its tasks.
    pub fn options(&self) -> Option<&Arc<TaskOptions>> {
        self.extras.as_ref()?.options.as_ref()
    }

    /// How many parts it has.
    pub fn parts(&self) -> u32 {
        match &self.kind {
            Kind::Data(values) => values.len() as u32,
            Kind::Call { .. } => 1,
            Kind::Blocks { parts, .. } => *parts,
            Kind::Tasks(tasks) => tasks.len() as u32,
            Kind::Held(keys) => keys.len() as u32,
        }
    }

    /// The key of one part.
    pub fn part_key(&self, part: u32) -> Key {
        match &self.kind {
            Kind::Call { .. } => self.key.clone(),
            Kind::Held(keys) => keys[part as usize].clone(),
            _ => self.key.part(part),
        }
    }

    /// Calls `f` with each node that it reads, once for each time it is read.
    pub fn for_each_input(&self, mut f: impl FnMut(&Arc<Node>)) {
        match &self.kind {
            Kind::Data(_) | Kind::Held(_) => {}
            Kind::Call { inputs, .. } => inputs.iter().for_each(|input| f(&input.node)),
            Kind::Blocks { inputs, .. } => inputs.iter().for_each(|input| f(&input.node)),
            Kind::Tasks(tasks) => tasks.iter().flat_map(|(_, inputs)| inputs).for_each(|input| f(&input.node)),
        }
    }

    /// Takes the inputs out, so that they can be dropped without recursion.
    fn take_inputs(&mut self, into: &mut Vec<Arc<Node>>) {
        match &mut self.kind {
            Kind::Data(_) | Kind::Held(_) => {}
            Kind::Call { inputs, .. } => into.extend(inputs.drain(..).map(|input| input.node)),
            Kind::Blocks { inputs, .. } => into.extend(inputs.drain(..).map(|input| input.node)),
            Kind::Tasks(tasks) => {
                into.extend(tasks.iter_mut().flat_map(|(_, inputs)| inputs.drain(..)).map(|input| input.node));
            }
        }
    }
}

impl Drop for Node {
    /// Drops the nodes below in a loop: a chain of a million nodes must not recurse a million deep.
    fn drop(&mut self) {
        let mut doomed = Vec::new();
        self.take_inputs(&mut doomed);
        while let Some(node) = doomed.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                node.take_inputs(&mut doomed);
            }
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({}, {} parts)", self.key, self.parts())
    }
}
