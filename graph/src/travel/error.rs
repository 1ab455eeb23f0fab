//! Why a function cannot be written, or bytes cannot be read as one.

use crate::key::Key;
use crate::place::Place;
use crate::portable::PortableError;
use crate::value::CodecError;

/// Functions within functions that are written and read, one in the other.
pub(super) const MAX_DEPTH: u32 = 64;

/// A function that cannot leave its process, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPortable {
    /// A closure that captures variables.
    #[error(
        "the function `{function}` captures {bytes} bytes of variables, and only functions that capture nothing run in another \
         process: pass what it needs apart, as an argument or as in `map_with(env, |env, x| …)`"
    )]
    Captures {
        /// The type of the function.
        function: &'static str,
        /// How many bytes it captures.
        bytes: usize,
    },
    /// A pointer to a function, whose type does not say which one.
    #[error(
        "`{function}` is a pointer to a function, of which another process cannot be told which one it is: give the function \
         by its name, or a closure that calls it"
    )]
    Pointer {
        /// The type of the pointer.
        function: &'static str,
    },
    /// A task function of a type that was not made to be written.
    #[error("`{type_name}` has no written form, so it runs in the process that made it only")]
    Unwritten {
        /// The type.
        type_name: &'static str,
    },
    /// Something that has no written form by its nature, or not yet.
    #[error("{what} has no written form, so its task runs in the process that made it only")]
    Stays {
        /// What it is.
        what: &'static str,
    },
    /// What a function needs refuses to be written.
    #[error(transparent)]
    Data(#[from] CodecError),
    /// A type of the user panicked when what the task needs was written.
    #[error("what it needs panicked when it was written for another process: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// Functions within functions, too many.
    #[error("a function within more than {most} other ones is not written")]
    Deep {
        /// How many there may be.
        most: u32,
    },
}

impl NotPortable {
    /// A function with contents. Of functions around it that this project made, only the user's is named.
    pub(crate) fn captures<F>() -> Self {
        let (whole, bytes) = (std::any::type_name::<F>(), size_of::<F>());
        match user_function(whole) {
            Some(Inner::Closure(function)) => NotPortable::Captures { function, bytes },
            Some(Inner::Pointer(function)) => NotPortable::Pointer { function },
            None => NotPortable::Captures { function: whole, bytes },
        }
    }
}

/// What a user gave to a function around it.
enum Inner {
    Closure(&'static str),
    Pointer(&'static str),
}

/// The closure that is not this project's own in the name of a type, or else the pointer to a function.
fn user_function(whole: &'static str) -> Option<Inner> {
    let part_of_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | '}');
    let words = || whole.split(|c: char| !part_of_path(c)).filter(|word| !word.is_empty());
    let mut user_closure = words().filter(|word| word.ends_with("{{closure}}") && !word.starts_with("partita_"));
    // A closure within a generic function is named after its parameters, and so without the beginning of its path.
    let closure = user_closure.rfind(|word| !word.starts_with(':'));
    let pointer = || {
        let start = whole.find("fn(").filter(|&start| start == 0 || whole[..start].ends_with(['<', ' ', '(', '*']))?;
        let mut depth = 0i32;
        let end = whole[start..].char_indices().find(|&(at, c)| {
            let arrow = c == '>' && whole[..start + at].ends_with('-');
            depth += i32::from(matches!(c, '(' | '<')) - i32::from(matches!(c, ')' | '>') && !arrow);
            depth < 0 || (depth == 0 && c == ',')
        });
        Some(Inner::Pointer(&whole[start..end.map_or(whole.len(), |(at, _)| start + at)]))
    };
    closure.map(Inner::Closure).or_else(pointer)
}

/// Bytes that cannot be read as what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// They name nothing in this executable, or come from another one.
    #[error(transparent)]
    Portable(#[from] PortableError),
    /// A type of the user panicked when it was read.
    #[error("what it needs panicked when it was read in another process: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// They name something of another kind.
    #[error("offset {offset} names `{name}`, which is {found}, where {expected} was expected")]
    Kind {
        /// The offset.
        offset: i64,
        /// What stands there.
        name: &'static str,
        /// Of which kind it is.
        found: &'static str,
        /// Of which kind it should be.
        expected: &'static str,
    },
    /// They name something of another type.
    #[error("what was expected to be `{expected}` is something else: {found}")]
    Type {
        /// The type that was expected.
        expected: &'static str,
        /// What there is.
        found: &'static str,
    },
    /// They end too early.
    #[error("{wanted} more bytes were expected, and {left} are left")]
    Ended {
        /// How many were expected.
        wanted: u64,
        /// How many are left.
        left: usize,
    },
    /// They go on where they should end.
    #[error("{left} bytes are left over")]
    LeftOver {
        /// How many.
        left: usize,
    },
    /// They refer to something that was not sent, or that was forgotten.
    #[error("number {number} was not sent before, or was forgotten")]
    Unknown {
        /// The number.
        number: u32,
    },
    /// They would be remembered, and there are too many already.
    #[error("more than {most} shared functions were sent")]
    Full {
        /// How many there may be.
        most: usize,
    },
    /// A number that stands for nothing.
    #[error("{found} is no {what}")]
    Invalid {
        /// What was expected.
        what: &'static str,
        /// The number.
        found: u64,
    },
    /// What a function needs cannot be read.
    #[error(transparent)]
    Data(#[from] CodecError),
    /// Functions within functions, too many.
    #[error("a function within more than {most} other ones is not read")]
    Deep {
        /// How many there may be.
        most: u32,
    },
}

/// A graph of which a task cannot be written or read; made by
/// [`CheckedGraph::through_bytes`](crate::CheckedGraph::through_bytes).
#[derive(Clone, Debug, thiserror::Error)]
pub enum TravelError {
    /// A task cannot be written.
    #[error("task `{key}` (from {place}) cannot go to another process: {error}")]
    NotPortable {
        /// The task.
        key: Key,
        /// The line that made it.
        place: Place,
        /// Why not.
        error: NotPortable,
    },
    /// A task was written and cannot be read.
    #[error("task `{key}` (from {place}) cannot be read from what was written of it: {error}")]
    NotRead {
        /// The task.
        key: Key,
        /// The line that made it.
        place: Place,
        /// Why not.
        error: NotRead,
    },
    /// The executable cannot be told from others.
    #[error(transparent)]
    Build(#[from] PortableError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_s_own_function_is_named() {
        let named = |whole| match user_function(whole) {
            Some(Inner::Closure(name)) => format!("closure {name}"),
            Some(Inner::Pointer(name)) => format!("pointer {name}"),
            None => "nothing".to_string(),
        };
        for (whole, expected) in [
            ("it::bags::{{closure}}", "closure it::bags::{{closure}}"),
            ("partita_x::map<i64, it::bags::{{closure}}>::{{closure}}", "closure it::bags::{{closure}}"),
            ("partita_x::map<i64, partita_x::other::{{closure}}>::{{closure}}", "nothing"),
            ("fn(&i64) -> i64", "pointer fn(&i64) -> i64"),
            ("partita_x::map<i64, fn(i64) -> Vec<i64>, u8>::{{closure}}", "pointer fn(i64) -> Vec<i64>"),
            ("for<'a> fn(&'a i64) -> i64", "pointer fn(&'a i64) -> i64"),
        ] {
            assert_eq!(named(whole), expected, "{whole}");
        }
    }
}
