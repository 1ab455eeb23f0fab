//! What a pickle would make, without making it.

use bytes::Bytes;
use std::sync::Arc;

/// Which node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(super) u32);

/// A value, or a call that would make one.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A whole number of more than 128 bits, lowest byte first, with a sign.
    LongInt(Bytes),
    /// A number.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// `bytes` or `bytearray`.
    Bytes(Bytes),
    /// A list.
    List(Vec<Id>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A set or a frozen set.
    Set(Vec<Id>),
    /// A dictionary.
    Dict(Vec<(Id, Id)>),
    /// A class or a function.
    Global {
        /// The module from which it would be imported.
        module: Arc<str>,
        /// What it is called there.
        name: Arc<str>,
    },
    /// What calling something would give.
    Object {
        /// What would be called.
        callable: Id,
        /// With which arguments: a tuple, if the pickle makes sense.
        arguments: Id,
        /// With which named arguments.
        named: Option<Id>,
        /// What its state would be set to.
        state: Option<Id>,
        /// What would be put into it: single values, and pairs one after the other.
        items: Vec<Id>,
    },
}

/// What a pickle would make, without making it: its nodes, and which one is the whole.
///
/// ```
/// use partita_dask::pickle::Tree;
///
/// let pickle = b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x08rm -rf /\x85R.";
/// let tree = Tree::read(&pickle.as_slice().into(), &[])?;
/// assert_eq!(tree.to_string(), "os.system('rm -rf /')");
/// # Ok::<(), partita_dask::pickle::PickleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) root: Id,
}

impl Tree {
    /// The whole.
    pub fn root(&self) -> &Node {
        self.node(self.root)
    }

    /// Which node is the whole.
    pub fn root_id(&self) -> Id {
        self.root
    }

    /// A node of it.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The values of a tuple or a list; none of anything else.
    pub fn items(&self, id: Id) -> &[Id] {
        match self.node(id) {
            Node::Tuple(items) | Node::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a dictionary for a text.
    pub fn get(&self, dict: Id, name: &str) -> Option<Id> {
        let Node::Dict(entries) = self.node(dict) else { return None };
        let is = |id: Id| matches!(self.node(id), Node::Text(text) if &**text == name);
        entries.iter().rev().find(|(key, _)| is(*key)).map(|(_, value)| *value)
    }
}
