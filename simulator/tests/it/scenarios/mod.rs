//! The bugs of Dask's cluster, each set up by hand on the production machines, under its number.
//!
//! `#…` are issues and pull requests of dask/distributed. Where a bug needs a part that Partita does not have, the
//! nearest thing that it has stands in for it, and the scenario says so.

mod cancels;
mod clients;
mod gathers;
mod losses;
mod memory;
mod nanny;
#[cfg(feature = "planted")]
mod planted;
mod retirement;
mod stage;
mod steals;
