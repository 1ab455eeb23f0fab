//! Task graphs: keys, values, functions, order, optimisation, drawing and the reference engine.
//!
//! No threads and no clock live here, and nothing recurses over a graph: building, ordering, running and dropping are
//! loops, so that a chain of a million tasks works on a 2 MiB stack.

pub mod callback;
mod chain;
mod checked;
mod deaths;
pub mod draw;
mod engine;
mod error;
pub mod files;
mod flat;
pub mod folders;
mod function;
mod graph;
mod key;
mod local;
mod memory;
mod narrow;
mod node;
mod optimise;
mod options;
mod order;
mod panics;
mod picture;
mod place;
mod portable;
mod reference;
mod room;
mod size;
mod travel;
mod value;
mod written;

pub use checked::{CheckedGraph, CheckedTask, PIECE, Work};
pub use engine::Engine;
pub use error::{GraphError, Misbuilt, NotHeld, RunError, TaskError, TaskErrorKind, UserError};
pub use function::{Fault, FromEnv, FromValues, Function, Reschedule, TaskFn};
pub use graph::{Graph, MAX_TASKS, output_keys};
pub use key::{Key, Name, Token};
pub use local::Local;
pub use memory::machine_memory;
pub use narrow::Needs;
pub use node::{Block, Chosen, Extras, Flow, Input, Inputs, Kind, Node, Reads};
pub use options::{RetryOn, TaskOptions};
pub use order::order;
pub use panics::{Discarded, Panic, catch, message_of};
pub use place::Place;
pub use portable::{Descriptor, Portable, PortableError, adopt_build_id, build_id};
pub use reference::{Reference, run_function};
pub use room::Room;
pub use size::size_of_value;
pub use travel::{
    Func, Named, NotPortable, NotRead, Packer, Plain, Stays, TravelError, Travels, Unpacker, WorkReader, WorkWriter,
};
pub use value::{CodecError, Data, Lost, Reader, Shared, TypeMismatch, Value};
pub use written::WrittenValue;
