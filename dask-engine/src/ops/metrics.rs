//! What a worker says of itself with each heartbeat.

use super::map::MapOf;
use serde::{Deserialize, Serialize};

/// What a worker says of itself. The scheduler needs the first three and `memory`, its pages the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// How many tasks it has in each state.
    pub task_counts: MapOf<String, u64>,
    /// How fast it fetches.
    pub bandwidth: Bandwidth,
    /// Times that were measured since the last heartbeat; none are.
    pub digests_total_since_heartbeat: MapOf<String, f64>,
    /// Bytes of the values that it holds in memory.
    pub managed_bytes: u64,
    /// Bytes of the values that it holds on disk.
    pub spilled_bytes: Spilled,
    /// What is on its way to it and from it.
    pub transfer: Transfer,
    /// Seconds between two looks at what came.
    pub event_loop_interval: f64,
    /// Percent of a processor that it uses.
    pub cpu: f64,
    /// Bytes of memory that its process has.
    pub memory: u64,
    /// When this was measured, in seconds since 1970.
    pub time: f64,
    /// What its machine sends and receives.
    pub host_net_io: NetIo,
    /// What its machine writes and reads.
    pub host_disk_io: NetIo,
    /// Files that its process has open.
    pub num_fds: u64,
}

/// How fast a worker fetches, in bytes a second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bandwidth {
    /// From all together.
    pub total: u64,
    /// From each other worker: how fast, and how often.
    pub workers: MapOf<String, (f64, u64)>,
    /// Values of each type: how fast, and how often.
    pub types: MapOf<String, (f64, u64)>,
}

impl Default for Bandwidth {
    /// What Dask assumes until it is measured: 100 MB a second.
    fn default() -> Self {
        Bandwidth { total: 100_000_000, workers: MapOf::default(), types: MapOf::default() }
    }
}

/// Bytes of values on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spilled {
    /// As they were in memory.
    pub memory: u64,
    /// As they are on disk.
    pub disk: u64,
}

/// What is on its way between workers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Bytes on their way here.
    pub incoming_bytes: u64,
    /// Requests of this worker that are not answered yet.
    pub incoming_count: u64,
    /// Requests of this worker since it began.
    pub incoming_count_total: u64,
    /// Bytes on their way to others.
    pub outgoing_bytes: u64,
    /// Requests of others that are being answered.
    pub outgoing_count: u64,
    /// Requests of others since it began.
    pub outgoing_count_total: u64,
}

/// What a machine reads and writes, in bytes a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct NetIo {
    /// Reads.
    pub read_bps: f64,
    /// Writes.
    pub write_bps: f64,
}
