//! A worker: a pure machine, the partition store, the executor, the nanny and the actors around them.
//!
//! [`machine`] decides, and knows neither threads nor clocks nor values. `store` keeps the values and `executor`
//! runs the functions; they know nothing of each other, nor of the machine.

#![forbid(unsafe_code)]

#[cfg(feature = "actor")]
pub mod actor;
#[cfg(feature = "actor")]
pub mod executor;
pub mod machine;
pub mod nanny;
#[cfg(feature = "actor")]
pub mod spill;
#[cfg(feature = "actor")]
pub mod store;
