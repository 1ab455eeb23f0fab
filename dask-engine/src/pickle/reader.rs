//! Reads a pickle into a tree.

use super::error::PickleError;
use super::opcode::*;
use super::tree::{Id, Node, Tree};
use bytes::{Buf, Bytes};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many opcodes a pickle may have.
const STEPS: usize = 1_000_000;

impl Tree {
    /// What a pickle would make; `buffers` are the parts of it that travelled apart. Takes time and memory in proportion to its
    /// length, and executes nothing.
    ///
    /// # Errors
    /// [`PickleError`] if it is none, or does what the exceptions and tasks of Dask never need.
    pub fn read(pickle: &Bytes, buffers: &[Bytes]) -> Result<Tree, PickleError> {
        let mut reader = Reader {
            rest: pickle.clone(),
            length: pickle.len(),
            buffers: buffers.to_vec().into(),
            ..Reader::default()
        };
        for _ in 0..STEPS {
            let at = reader.at();
            let opcode = reader.byte()?;
            if opcode == STOP {
                let root = reader.pop()?;
                return Ok(Tree { nodes: reader.nodes, root });
            }
            let known = reader.constant(opcode)?
                || reader.collection(opcode)?
                || reader.object(opcode)?
                || reader.memory(opcode)?;
            if !known {
                return Err(PickleError::Opcode { at, opcode });
            }
        }
        Err(PickleError::TooLong { most: STEPS })
    }
}

#[derive(Default)]
struct Reader {
    rest: Bytes,
    length: usize,
    buffers: VecDeque<Bytes>,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: FxHashMap<u32, Id>,
}

impl Reader {
    fn at(&self) -> usize {
        self.length - self.rest.len()
    }

    fn nonsense<T>(&self, what: &'static str) -> Result<T, PickleError> {
        Err(PickleError::Sense { at: self.at(), what })
    }

    fn take(&mut self, length: u64) -> Result<Bytes, PickleError> {
        let here = self.rest.len() as u64;
        if length > here {
            return Err(PickleError::Cut { at: self.length, more: length - here });
        }
        Ok(self.rest.split_to(length as usize))
    }

    fn number<const N: usize>(&mut self) -> Result<u64, PickleError> {
        Ok(self.take(N as u64)?.get_uint_le(N))
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.number::<1>()? as u8)
    }

    fn text<const N: usize>(&mut self) -> Result<Node, PickleError> {
        let length = self.number::<N>()?;
        let bytes = self.take(length)?;
        // Python lets surrogates alone pass, which have no meaning outside of it.
        Ok(Node::Text(String::from_utf8_lossy(&bytes).into()))
    }

    fn bytes<const N: usize>(&mut self) -> Result<Node, PickleError> {
        let length = self.number::<N>()?;
        Ok(Node::Bytes(self.take(length)?))
    }

    fn long<const N: usize>(&mut self) -> Result<Node, PickleError> {
        let length = self.number::<N>()?;
        let bytes = self.take(length)?;
        if bytes.len() > 16 {
            return Ok(Node::LongInt(bytes));
        }
        let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut whole = if is_negative { [0xff; 16] } else { [0; 16] };
        whole[..bytes.len()].copy_from_slice(&bytes);
        Ok(Node::Int(i128::from_le_bytes(whole)))
    }

    fn line(&mut self) -> Result<Arc<str>, PickleError> {
        let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') else {
            return Err(PickleError::Cut { at: self.length, more: 1 });
        };
        let line = self.take(end as u64 + 1)?;
        Ok(String::from_utf8_lossy(&line[..end]).into())
    }

    fn push(&mut self, node: Node) -> bool {
        self.stack.push(Id(self.nodes.len() as u32));
        self.nodes.push(node);
        true
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return self.nonsense("it takes from an empty stack");
        }
        self.stack.pop().map_or_else(|| self.nonsense("it takes from an empty stack"), Ok)
    }

    fn top(&self) -> Result<Id, PickleError> {
        self.stack.last().copied().map_or_else(|| self.nonsense("its stack is empty"), Ok)
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        let Some(mark) = self.marks.pop().filter(|mark| *mark <= self.stack.len()) else {
            return self.nonsense("it takes to a mark that it has not set");
        };
        Ok(self.stack.split_off(mark))
    }

    fn last<const N: usize>(&mut self) -> Result<Vec<Id>, PickleError> {
        let mut last = (0..N).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        last.reverse();
        Ok(last)
    }

    /// Values that stand in the pickle.
    fn constant(&mut self, opcode: u8) -> Result<bool, PickleError> {
        let node = match opcode {
            PROTO => return self.number::<1>().map(|_| true),
            FRAME => return self.number::<8>().map(|_| true),
            NONE => Node::None,
            NEWTRUE => Node::Bool(true),
            NEWFALSE => Node::Bool(false),
            BININT => Node::Int((self.number::<4>()? as u32 as i32).into()),
            BININT1 => Node::Int(self.number::<1>()?.into()),
            BININT2 => Node::Int(self.number::<2>()?.into()),
            LONG1 => self.long::<1>()?,
            LONG4 => self.long::<4>()?,
            BINFLOAT => Node::Float(self.take(8)?.get_f64()),
            SHORT_BINUNICODE => self.text::<1>()?,
            BINUNICODE => self.text::<4>()?,
            BINUNICODE8 => self.text::<8>()?,
            SHORT_BINBYTES => self.bytes::<1>()?,
            BINBYTES => self.bytes::<4>()?,
            BINBYTES8 | BYTEARRAY8 => self.bytes::<8>()?,
            NEXT_BUFFER => match self.buffers.pop_front() {
                Some(buffer) => Node::Bytes(buffer),
                None => return self.nonsense("it has more buffers than came with it"),
            },
            READONLY_BUFFER => return Ok(true),
            _ => return Ok(false),
        };
        Ok(self.push(node))
    }

    /// Lists, tuples, dictionaries, sets.
    fn collection(&mut self, opcode: u8) -> Result<bool, PickleError> {
        let node = match opcode {
            EMPTY_LIST => Node::List(Vec::new()),
            EMPTY_TUPLE => Node::Tuple(Vec::new()),
            EMPTY_DICT => Node::Dict(Vec::new()),
            EMPTY_SET => Node::Set(Vec::new()),
            LIST => Node::List(self.pop_mark()?),
            TUPLE => Node::Tuple(self.pop_mark()?),
            FROZENSET => Node::Set(self.pop_mark()?),
            TUPLE1 => Node::Tuple(self.last::<1>()?),
            TUPLE2 => Node::Tuple(self.last::<2>()?),
            TUPLE3 => Node::Tuple(self.last::<3>()?),
            DICT => {
                let items = self.pop_mark()?;
                Node::Dict(self.pairs(&items)?)
            }
            APPEND => {
                let items = self.last::<1>()?;
                return self.put(&items, false);
            }
            SETITEM => {
                let items = self.last::<2>()?;
                return self.put(&items, true);
            }
            APPENDS | ADDITEMS | SETITEMS => {
                let items = self.pop_mark()?;
                return self.put(&items, opcode == SETITEMS);
            }
            _ => return Ok(false),
        };
        Ok(self.push(node))
    }

    fn pairs(&self, items: &[Id]) -> Result<Vec<(Id, Id)>, PickleError> {
        if !items.len().is_multiple_of(2) {
            return self.nonsense("it has a key without a value");
        }
        Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
    }

    /// Puts these into what is on top of the stack.
    fn put(&mut self, added: &[Id], in_pairs: bool) -> Result<bool, PickleError> {
        let pairs = if in_pairs { self.pairs(added)? } else { Vec::new() };
        let top = self.top()?;
        match &mut self.nodes[top.0 as usize] {
            Node::List(items) | Node::Set(items) if !in_pairs => items.extend(added),
            Node::Object { items, .. } => items.extend(added),
            Node::Dict(entries) if in_pairs => entries.extend(pairs),
            _ => return self.nonsense("it puts values into what holds none"),
        }
        Ok(true)
    }

    /// Classes, functions, and calls of them.
    fn object(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            GLOBAL => {
                let node = Node::Global { module: self.line()?, name: self.line()? };
                return Ok(self.push(node));
            }
            STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Node::Text(module), Node::Text(name)) = (self.node(module), self.node(name)) else {
                    return self.nonsense("it names a module or a function by what is no text");
                };
                let node = Node::Global { module: module.clone(), name: name.clone() };
                return Ok(self.push(node));
            }
            BUILD => {
                let (built, top) = (self.pop()?, self.top()?);
                return match &mut self.nodes[top.0 as usize] {
                    Node::Object { state, .. } => {
                        *state = Some(built);
                        Ok(true)
                    }
                    _ => self.nonsense("it sets the state of what has none"),
                };
            }
            REDUCE | NEWOBJ | NEWOBJ_EX => {}
            _ => return Ok(false),
        }
        let named = if opcode == NEWOBJ_EX { Some(self.pop()?) } else { None };
        let (arguments, callable) = (self.pop()?, self.pop()?);
        Ok(self.push(Node::Object { callable, arguments, named, state: None, items: Vec::new() }))
    }

    fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// The stack, and what is remembered.
    fn memory(&mut self, opcode: u8) -> Result<bool, PickleError> {
        match opcode {
            MARK => self.marks.push(self.stack.len()),
            POP if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            POP => drop(self.pop()?),
            POP_MARK => drop(self.pop_mark()?),
            DUP => self.stack.push(self.top()?),
            MEMOIZE => self.remember(self.memo.len() as u32)?,
            BINPUT => {
                let memo = self.byte()?;
                self.remember(memo.into())?;
            }
            LONG_BINPUT => {
                let memo = self.number::<4>()?;
                self.remember(memo as u32)?;
            }
            BINGET => {
                let memo = self.byte()?;
                self.recall(memo.into())?;
            }
            LONG_BINGET => {
                let memo = self.number::<4>()?;
                self.recall(memo as u32)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn remember(&mut self, memo: u32) -> Result<(), PickleError> {
        let top = self.top()?;
        self.memo.insert(memo, top);
        Ok(())
    }

    fn recall(&mut self, memo: u32) -> Result<(), PickleError> {
        let Some(id) = self.memo.get(&memo) else {
            return self.nonsense("it recalls what it has not remembered");
        };
        self.stack.push(*id);
        Ok(())
    }
}
