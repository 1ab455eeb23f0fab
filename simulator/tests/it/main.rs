//! The simulator, from outside.

mod explore;
mod pictures;
mod preflight;
mod report;
mod scenarios;
mod seeds;
mod shares;
mod world;
