//! Narrowing: of a layer that several others read, only those columns are kept that any of them needs.
//!
//! A layer that is not taken into a chain is computed whole, for readers that may need little of it: a file with a hundred
//! columns, of which two sums need one each. So readers are asked what they need, and they ask their own readers before
//! that; the layer keeps the union. What is narrower goes by another key, as it is no other graph's whole.

use crate::chain::Chain;
use crate::flat::Nodes;
use crate::function::Fault;
use crate::key::{Key, Token};
use crate::node::{Block, Flow, Kind};
use crate::portable::Portable;
use crate::travel::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::value::Value;
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

/// The names of the columns, or of what else a layer's parts are made of, that are needed.
pub type Needs = Arc<BTreeSet<Box<str>>>;

/// What the readers of a node need of it, as far as they were asked.
#[derive(Clone, Default)]
enum Asked {
    #[default]
    Nothing,
    Some(Needs),
    All,
}

impl Asked {
    fn add(&mut self, more: Option<Needs>) {
        *self = match (std::mem::take(self), more) {
            (Asked::All, _) | (_, None) => Asked::All,
            (Asked::Nothing, Some(needs)) => Asked::Some(needs),
            (Asked::Some(mut known), Some(needs)) => {
                if !needs.is_subset(&known) {
                    Arc::make_mut(&mut known).extend(needs.iter().cloned());
                }
                Asked::Some(known)
            }
        };
    }

    fn needs(&self) -> Option<&Needs> {
        match self {
            Asked::Some(needs) => Some(needs),
            Asked::Nothing | Asked::All => None,
        }
    }
}

/// What is needed of each layer that ends a chain, may be narrowed, and is not needed whole. `topological` lists readers
/// before what they read.
pub(crate) fn narrowed(nodes: &Nodes<'_>, topological: &[u32], chains: &Map<u32, Arc<Chain<'_>>>) -> Map<u32, Needs> {
    let mut found = Map::default();
    let Some((candidates, counts)) = relevant(nodes, topological, chains) else { return found };
    let mut asked = vec![Asked::Nothing; nodes.list.len()];
    nodes.asked_for(|node| asked[node as usize] = Asked::All);
    for &number in topological {
        let own = asked[number as usize].clone();
        if candidates[number as usize]
            && let Some(needs) = own.needs()
        {
            found.insert(number, needs.clone());
        }
        let block = match &nodes.list[number as usize].kind {
            Kind::Blocks { block, .. } => Some(block),
            _ => None,
        };
        for (place, &input) in nodes.inputs_of(number).iter().enumerate() {
            if counts[input as usize] {
                asked[input as usize].add(block.and_then(|block| block.needs(place, own.needs())));
            }
        }
    }
    found
}

/// Which nodes may be narrowed, and which are those or partition-wise layers that read them, near or far; nothing if there
/// are none. Any other reader needs all, whatever is needed of itself.
fn relevant(
    nodes: &Nodes<'_>,
    topological: &[u32],
    chains: &Map<u32, Arc<Chain<'_>>>,
) -> Option<(Vec<bool>, Vec<bool>)> {
    let narrows = |number: &&u32| match &nodes.list[**number as usize].kind {
        Kind::Blocks { block, .. } => block.narrows(),
        _ => false,
    };
    let some: Vec<u32> = chains.keys().filter(narrows).copied().collect();
    if some.is_empty() {
        return None;
    }
    let mut candidates = vec![false; nodes.list.len()];
    some.into_iter().for_each(|number| candidates[number as usize] = true);
    nodes.asked_for(|node| candidates[node as usize] = false);
    let mut counts = candidates.clone();
    for &number in topological.iter().rev() {
        let partwise = matches!(nodes.list[number as usize].kind, Kind::Blocks { .. });
        counts[number as usize] |= partwise && nodes.inputs_of(number).iter().any(|&input| counts[input as usize]);
    }
    Some((candidates, counts))
}

/// The key of what is left of a layer.
pub(crate) fn narrowed_key(key: &Key, needs: &Needs) -> Key {
    let mut bytes = key.token().to_bytes().to_vec();
    for name in needs.iter() {
        bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
    }
    // A key without a token is told by its name.
    bytes.extend_from_slice(key.name().as_str().as_bytes());
    Key::new(key.name().clone(), Token::of(&bytes))
}

/// The last step of a chain that is narrowed.
pub(crate) struct Narrow {
    pub(crate) block: Arc<dyn Block>,
    pub(crate) needs: Needs,
}

impl Block for Narrow {
    fn run(&self, _index: u32, inputs: Vec<Flow>) -> Result<Flow, Fault> {
        match inputs.into_iter().next() {
            Some(flow) => self.block.narrow(flow, &self.needs),
            None => Err(Fault::failed("there is nothing to narrow")),
        }
    }

    fn settle(&self, flow: Flow) -> Result<Value, Fault> {
        self.block.settle(flow)
    }

    fn returns(&self) -> &'static str {
        self.block.returns()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.block(self)
    }
}

impl Travels for Narrow {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.block.pack(into)?;
        into.data::<BTreeSet<Box<str>>>(&self.needs)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(Narrow { block: Travels::unpack(from)?, needs: Arc::new(from.data()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::node::{Input, Node, Reads};
    use crate::place::Place;
    use crate::reference::Reference;
    use crate::{Engine, Kind};

    /// A layer whose values are the letters that are left of them.
    struct Letters {
        /// What it needs to give what is needed of it.
        needs: fn(Option<&Needs>) -> Option<Needs>,
    }

    fn names(letters: &str) -> Needs {
        Arc::new(letters.chars().map(|letter| letter.to_string().into()).collect())
    }

    impl Block for Letters {
        fn run(&self, _index: u32, mut inputs: Vec<Flow>) -> Result<Flow, Fault> {
            Ok(inputs.pop().unwrap_or_else(|| Flow::Value(Value::new("abcd".to_string()))))
        }

        fn settle(&self, flow: Flow) -> Result<Value, Fault> {
            match flow {
                Flow::Value(value) => Ok(value),
                Flow::Lazy(_) => Err(Fault::failed("there are no lazy letters")),
            }
        }

        fn returns(&self) -> &'static str {
            "String"
        }

        fn needs(&self, _input: usize, of: Option<&Needs>) -> Option<Needs> {
            (self.needs)(of)
        }

        fn narrows(&self) -> bool {
            true
        }

        fn narrow(&self, flow: Flow, needs: &Needs) -> Result<Flow, Fault> {
            let value = self.settle(flow)?;
            let text = value.get::<String>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
            let left: String = text.chars().filter(|letter| needs.contains(letter.to_string().as_str())).collect();
            Ok(Flow::Value(Value::new(left)))
        }
    }

    fn layer(of: Option<&Arc<Node>>, needs: fn(Option<&Needs>) -> Option<Needs>) -> Arc<Node> {
        let inputs = of.map(|node| Reads::from(node.clone())).into_iter().collect();
        let kind = Kind::Blocks { parts: 2, block: Arc::new(Letters { needs }), inputs };
        Arc::new(Node::new(Key::unique("letters"), kind, Place::here()))
    }

    /// What each of some nodes has in its first part.
    fn run(nodes: &[&Arc<Node>]) -> Vec<String> {
        let outputs: Vec<Input> = nodes.iter().map(|&node| Input { node: node.clone(), part: 0 }).collect();
        let values = Reference.run(Graph::new(outputs).check().unwrap()).unwrap();
        values.iter().map(|value| value.get::<String>().unwrap().clone()).collect()
    }

    #[test]
    fn a_layer_keeps_what_any_of_its_readers_needs() {
        let whole = |_: Option<&Needs>| None;
        let passed = |of: Option<&Needs>| of.cloned();
        let base = layer(None, whole);
        let a = layer(Some(&base), |_| Some(names("a")));
        let bc = layer(Some(&base), |_| Some(names("bc")));
        let all = layer(Some(&base), whole);
        // Through a step that needs what is needed of it.
        let through = layer(Some(&base), passed);
        let c = layer(Some(&through), |_| Some(names("c")));
        let none = layer(Some(&base), |_| Some(names("")));
        assert_eq!(run(&[&a, &bc]), ["abc", "abc"]);
        assert_eq!(run(&[&a, &c]), ["ac", "ac"]);
        assert_eq!(run(&[&a, &none]), ["a", "a"]);
        assert_eq!(run(&[&a, &through]), ["abcd", "abcd"]);
        assert_eq!(run(&[&a, &all]), ["abcd", "abcd"]);
        assert_eq!(run(&[&a, &bc, &base]), ["abcd", "abcd", "abcd"]);
        // One reader, of a layer that is asked for itself, changes nothing.
        assert_eq!(run(&[&a]), ["abcd"]);
    }
}
