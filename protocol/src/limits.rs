//! Limits on every queue, batch and retry, each a constant named with its unit.

use std::time::Duration;

/// Tasks that a client hands to the scheduler in one piece, so that a large graph does not hold up what else happens.
pub const PIECE_TASKS: usize = partita_graph::PIECE;

/// Deaths of workers under one task before the task is given up (as Dask's `allowed-failures`).
pub const ALLOWED_FAILURES: u32 = 3;

/// How full a worker's threads are kept with root tasks: `ceil(SATURATION × threads)` tasks (as Dask's
/// `worker-saturation`).
pub const SATURATION: f64 = 1.1;

/// Work that a thread is handed ahead, when its tasks are known to be shorter than this.
pub const QUANTUM: Duration = Duration::from_micros(200);

/// Tasks that a thread is handed ahead at the most.
pub const AHEAD_TASKS: usize = 128;

/// Keys that one transfer between workers may hold at the most.
pub const GATHER_TASKS: usize = 4096;

/// Bytes after which a transfer takes no further key (one key is always taken).
pub const GATHER_BYTES: u64 = 50 << 20;

/// Transfers that a worker has under way at the most.
pub const TRANSFERS: usize = 50;

/// Transitions that one event may cause for each task and edge that it touches, before the machine calls it a runaway.
pub const SETTLE_STEPS: usize = 64;

/// Records that a telemetry batch holds before it is handed on.
pub const TELEMETRY_BATCH: usize = 1024;

/// How long a record may wait for its batch to fill.
pub const TELEMETRY_DELAY: Duration = Duration::from_millis(20);

/// Records that may wait for the profiler, 8 MB of them; what comes beyond is dropped and counted. Four packed transitions
/// weigh as much as a record.
pub const TELEMETRY_BACKLOG: usize = 1 << 17;

/// The least time between two censuses, so that a profiler that loses records again and again costs little: each takes time
/// in proportion to the tasks.
pub const CENSUS_PACE: Duration = Duration::from_secs(1);

/// Tasks that a census tells of one by one; of more it has the counts alone.
pub const CENSUS_TASKS: usize = 100_000;

/// Names of groups, and lines of user code, that are told again with a census: the newest.
pub const CENSUS_NAMES: usize = 1 << 14;

/// Bytes of the text of an error or of a line of the log, as the profiler is told it.
pub const RECORD_TEXT: usize = 4 << 10;

/// Errors behind an error of a user's whose texts are told with it.
pub const ERROR_CHAIN: usize = 16;

/// Restarts of one worker that are allowed in [`RESTART_WINDOW`].
pub const RESTARTS: usize = 5;

/// The window in which restarts are counted.
pub const RESTART_WINDOW: Duration = Duration::from_secs(5);

/// How long a wanted task may wait for a worker that could run it.
pub const NO_WORKERS_TIMEOUT: Duration = Duration::from_secs(60);

/// Values of fewer bytes stay in memory: a place on disk takes as much.
pub const SPILL_LEAST: u64 = 1 << 10;

/// Bytes of values after which a file on disk takes no further one (one value is always taken).
pub const SPILL_FILE: u64 = 4 << 20;

/// How long a disk that took nothing is left alone, the first time; twice as long each time after that.
pub const SPILL_RETRY: Duration = Duration::from_secs(2);

/// How often a disk that took nothing is tried again while nothing else happens.
pub const SPILL_TRIES: u32 = 6;

/// How long a worker whose memory is full keeps tasks that have not started, before others are to run them.
pub const PAUSE_PATIENCE: Duration = Duration::from_secs(5);

/// Nested blocking calls (a task that computes, whose tasks compute, …) at the most.
pub const NESTING: usize = 4096;

/// What a task that failed waits at the most before it is run again.
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(60);

/// How long tasks that ask for the same resources may wait while others are given some, before the resources of one worker
/// are held back for them.
pub const STARVATION: Duration = Duration::from_secs(30);
