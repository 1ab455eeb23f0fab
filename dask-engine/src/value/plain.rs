//! Plain data out of a pickle.

use crate::pickle::{Id, Node, Tree};
use rmpv::Value;

/// How deep plain data may be within itself.
const DEPTH: usize = 64;

/// How many values there may be. A pickle may name one list often, within lists that it names often, ..
const VALUES: usize = 1_000_000;

impl Tree {
    /// All of it as plain data, if it is: numbers, texts, bytes, lists, tuples and dictionaries of such.
    pub fn plain(&self) -> Option<Value> {
        let mut left = VALUES;
        self.plain_node(self.root_id(), DEPTH, &mut left)
    }

    fn plain_node(&self, id: Id, depth: usize, left: &mut usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        *left = left.checked_sub(1)?;
        match self.node(id) {
            Node::None => Some(Value::Nil),
            Node::Bool(is) => Some((*is).into()),
            Node::Int(int) => {
                i64::try_from(*int).map(Value::from).or_else(|_| u64::try_from(*int).map(Value::from)).ok()
            }
            Node::Float(float) => Some((*float).into()),
            Node::Text(text) => Some((&**text).into()),
            Node::Bytes(bytes) => Some(Value::Binary(bytes.to_vec())),
            Node::List(items) | Node::Tuple(items) | Node::Set(items) => {
                let items = items.iter().map(|item| self.plain_node(*item, depth, left));
                items.collect::<Option<_>>().map(Value::Array)
            }
            Node::Dict(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    Some((self.plain_node(*key, depth, left)?, self.plain_node(*value, depth, left)?))
                });
                entries.collect::<Option<_>>().map(Value::Map)
            }
            Node::LongInt(_) | Node::Global { .. } | Node::Object { .. } => None,
        }
    }
}
