//! Tests of the worker's machine, in a small language of their own: see [`shell::Shell`].

mod chaos;
mod compute;
mod deadline;
mod free;
mod gather;
mod hold;
mod memory;
mod model;
mod pause;
mod priority;
mod resident;
mod resources;
mod shares;
mod shell;
mod steal;
