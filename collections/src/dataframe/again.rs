//! Again: rows that are computed twice, rather than be held from a first look at all of them until they are moved.

use super::DataFrame;
use super::glimpse::is_foreign;
use super::schema::empty;
use super::show::note;
use partita_graph::{Key, Kind, Node, Reads, Token};
use std::sync::Arc;

impl DataFrame {
    /// The same rows, computed apart from this dataframe: files are read once more and steps of Polars' run once more. What
    /// else it is made of, and what functions of the user's give, is computed once and held.
    pub(crate) fn again(&self) -> Self {
        let mut chain = Vec::new();
        let mut below = self.node.clone();
        while let Some(input) = repeated(&below) {
            chain.push(below);
            match input {
                Some(input) => below = input,
                None => break,
            }
        }
        let mut copy: Option<Arc<Node>> = None;
        for node in chain.into_iter().rev() {
            let Kind::Blocks { parts, block, inputs } = &node.kind else { break };
            let mut inputs = inputs.clone();
            if let (Some(first), Some(below)) = (inputs.first_mut(), copy) {
                *first = Reads { node: below, chosen: first.chosen.clone() };
            }
            let key = Key::new(node.key.name().clone(), once_more(node.key.token()));
            let mut again = Node::new(key, Kind::Blocks { parts: *parts, block: block.clone(), inputs }, node.place);
            again.extras.clone_from(&node.extras);
            copy = Some(Arc::new(again));
        }
        match copy {
            Some(node) => DataFrame { node, ..self.clone() },
            None => self.clone(),
        }
    }
}

/// Whether a node is computed again, and what it reads, if that may be, too; not so if it is a reading of files.
fn repeated(node: &Arc<Node>) -> Option<Option<Arc<Node>>> {
    let (Kind::Blocks { inputs, .. }, Some(known)) = (&node.kind, note(node)) else { return None };
    if known.reads_files {
        return Some(None);
    }
    let (step, [input]) = (known.step.as_ref()?, inputs.as_slice()) else { return None };
    let schema = &note(&input.node)?.schema;
    (!is_foreign(step(0, empty(schema)))).then(|| Some(input.node.clone()))
}

fn once_more(token: Token) -> Token {
    Token::of(&[b"again".as_slice(), &token.to_bytes()].concat())
}
