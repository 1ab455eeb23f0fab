//! The simulator, from outside.

mod world;
