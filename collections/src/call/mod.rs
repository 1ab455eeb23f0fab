//! Calls: a function and its arguments, some at hand, some results of other tasks.

mod arg;
mod function;
mod name;
mod slot;

pub use arg::{Binder, IntoArg, IntoArgs, Params};
pub use function::{Call, Callable, TryCall, call_node, call_token, try_call_node};
pub use name::{name_of, short_type};
pub use slot::{Read, Slot};
