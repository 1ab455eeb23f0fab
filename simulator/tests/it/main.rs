//! The simulator, from outside.

mod explore;
mod preflight;
mod report;
mod scenarios;
mod world;
