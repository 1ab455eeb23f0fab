//! Tests of the worker's machine, in a small language of their own: see [`shell::Shell`].

mod chaos;
mod compute;
mod free;
mod gather;
mod model;
mod pause;
mod priority;
mod shell;
