//! The simulator, from outside.

mod explore;
mod report;
mod scenarios;
mod world;
