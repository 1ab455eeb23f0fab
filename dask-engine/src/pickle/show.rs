//! Shows a tree as Python would.

use super::tree::{Id, Node, Tree};
use std::fmt::{self, Display, Write};

/// How deep calls and collections are shown within each other.
const DEPTH: usize = 8;

/// How many bytes are shown of a whole tree.
const BYTES: usize = 4 << 10;

impl Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(self.root))
    }
}

impl Tree {
    /// A node as Python would show it, cut where it is too long or too deep.
    pub(super) fn shown(&self, id: Id) -> String {
        let mut show = Show { tree: self, text: String::new() };
        // An error means that it became too long, and what is there is shown.
        if show.node(id, DEPTH).is_err() {
            show.text.push_str("..");
        }
        show.text
    }
}

struct Show<'a> {
    tree: &'a Tree,
    text: String,
}

impl Write for Show<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = BYTES.saturating_sub(self.text.len());
        let end = if text.len() <= room { text.len() } else { text.floor_char_boundary(room) };
        self.text.push_str(&text[..end]);
        if end < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Show<'_> {
    fn node(&mut self, id: Id, depth: usize) -> fmt::Result {
        let Some(depth) = depth.checked_sub(1) else { return self.write_str("..") };
        match self.tree.node(id) {
            Node::None => self.write_str("None"),
            Node::Bool(is) => self.write_str(if *is { "True" } else { "False" }),
            Node::Int(int) => write!(self, "{int}"),
            Node::LongInt(bytes) => write!(self, "<an int of {} bytes>", bytes.len()),
            Node::Float(float) => write!(self, "{float:?}"),
            Node::Text(text) => self.quoted(text),
            Node::Bytes(bytes) => write!(self, "<{} bytes>", bytes.len()),
            Node::List(items) => self.items("[", items, "]", depth),
            Node::Tuple(items) => self.items("(", items, if items.len() == 1 { ",)" } else { ")" }, depth),
            Node::Set(items) => self.items("{", items, "}", depth),
            Node::Dict(entries) => self.dict(entries, depth),
            Node::Global { module, name } => match &**module {
                "builtins" => self.write_str(name),
                _ => write!(self, "{module}.{name}"),
            },
            Node::Object { callable, arguments, .. } => self.call(*callable, *arguments, depth),
        }
    }

    fn quoted(&mut self, text: &str) -> fmt::Result {
        self.write_char('\'')?;
        for char in text.chars() {
            match char {
                '\'' => self.write_str("\\'")?,
                '"' => self.write_char('"')?,
                _ => write!(self, "{}", char.escape_debug())?,
            }
        }
        self.write_char('\'')
    }

    fn items(&mut self, open: &str, items: &[Id], close: &str, depth: usize) -> fmt::Result {
        self.write_str(open)?;
        for (index, item) in items.iter().enumerate() {
            self.write_str(if index == 0 { "" } else { ", " })?;
            self.node(*item, depth)?;
        }
        self.write_str(close)
    }

    fn dict(&mut self, entries: &[(Id, Id)], depth: usize) -> fmt::Result {
        self.write_str("{")?;
        for (index, (key, value)) in entries.iter().enumerate() {
            self.write_str(if index == 0 { "" } else { ", " })?;
            self.node(*key, depth)?;
            self.write_str(": ")?;
            self.node(*value, depth)?;
        }
        self.write_str("}")
    }

    /// A call, with the last part of the name of a class.
    fn call(&mut self, callable: Id, arguments: Id, depth: usize) -> fmt::Result {
        match self.tree.node(callable) {
            Node::Global { module, name } if module.starts_with("dask.") => self.write_str(name)?,
            _ => self.node(callable, depth)?,
        }
        match self.tree.node(arguments) {
            Node::Tuple(items) => self.items("(", items, ")", depth),
            _ => self.items("(*", &[arguments], ")", depth),
        }
    }
}
