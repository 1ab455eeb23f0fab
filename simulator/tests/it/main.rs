//! The simulator, from outside.

mod adaptive;
mod explore;
mod pictures;
mod preflight;
mod program;
mod report;
mod scenarios;
mod seeds;
mod shares;
mod world;
