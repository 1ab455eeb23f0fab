//! Limits on every queue, batch and retry, each a constant named with its unit.

use std::time::Duration;

/// Tasks that a client hands to the scheduler in one piece, so that a large graph does not hold up what else happens.
pub const PIECE_TASKS: usize = partita_graph::PIECE;

/// Workers that may die after one task had begun there, before it is given up (as Dask's `allowed-failures`).
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

/// How often a worker's process looks how much memory it has.
pub const RESIDENT_EVERY: Duration = Duration::from_millis(100);

/// Of so many looks the one counts that saw the least beside values.
pub const RESIDENT_LOOKS: usize = 4;

/// How long a worker whose process has too much in memory, and that can do nothing about it, starts nothing, before it begins
/// tasks one at a time.
pub const STRAIN_PATIENCE: Duration = Duration::from_secs(1);

/// Nested blocking calls (a task that computes, whose tasks compute, …) at the most.
pub const NESTING: usize = 4096;

/// What a task that failed waits at the most before it is run again.
pub const RETRY_DELAY_MAX: Duration = Duration::from_secs(60);

/// How long tasks that ask for the same resources may wait while others are given some, before the resources of one worker
/// are held back for them.
pub const STARVATION: Duration = Duration::from_secs(30);

/// Bytes of what a worker's process last wrote to its standard error that are kept, and shown with the cause of its death.
pub const STDERR_TAIL_BYTES: usize = 4 << 10;

/// Bytes of a worker process's standard error that are passed on in a second; what comes beyond is left out and counted.
pub const STDERR_BYTES_PER_SECOND: u64 = 256 << 10;

/// How long the last words of a process that ended are waited for: somebody who left its group may keep the pipe open.
pub const STDERR_LAST_WORDS: Duration = Duration::from_millis(100);

/// Bytes that a worker's process is told at its birth, through its standard input.
pub const BRIEFING_BYTES: usize = 32 << 10;

/// Bytes of what a worker says it is doing, as a warning shows it.
pub const DOING_BYTES: usize = 512;

/// Starts of one worker's process that may fail one after the other.
pub const FAILED_STARTS: u32 = 5;

/// The same for starts that fail for want of something that others may give back, as descriptors of files.
pub const STARVED_STARTS: u32 = 10;

/// Deaths of one worker's processes, after a good start, that are allowed in [`PROCESS_DEATH_WINDOW`]. A task that kills its
/// worker is given up long before; this ends what dies without a task.
pub const PROCESS_DEATHS: usize = 60;

/// The window in which deaths of processes are counted.
pub const PROCESS_DEATH_WINDOW: Duration = Duration::from_secs(10);

/// The first pause before a process is started again; each further one is twice as long.
pub const RESTART_PAUSE: Duration = Duration::from_millis(25);

/// The longest pause after a process that had started well.
pub const RESTART_PAUSE_MAX: Duration = Duration::from_millis(250);

/// The longest pause after a process that had not started well.
pub const FAILED_START_PAUSE_MAX: Duration = Duration::from_secs(5);

/// How long a process must live, after a good start, for what was before to be forgiven.
pub const HEALTHY: Duration = Duration::from_secs(5);

/// Threads of a worker's process of which its nanny can see, when it is dead, what they had begun.
pub const SLATE_ROWS: u32 = 4_095;

/// How long the scheduler waits for a nanny to tell of a worker that takes no mail any more: she knows what it died of.
pub const LOSS_GRACE: Duration = Duration::from_secs(2);

/// Workers that may die with nothing running while they have a task that has not begun: as many, and it is given up. So no
/// task whose inputs kill whoever reads them goes round for ever. Far more than chance brings about.
pub const UNBEGUN_DEATHS: u32 = 20;

/// Deaths of workers that an error of a task tells one by one, beside the last: the newest.
pub const TOLD_BLAMES: usize = 19;

/// Causes of death that are told when a place is given up: the newest.
pub const TOLD_DEATHS: usize = 3;

/// How long a process may take from its start until it says hello.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a process may say nothing before it is taken for lost.
pub const HEARTBEAT_TTL: Duration = Duration::from_secs(30);

/// How often a process tells that it is alive.
pub const HEARTBEAT_EVERY: Duration = Duration::from_millis(500);

/// How often a nanny looks how much memory a process has, and whether it is stopped.
pub const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a process may be stopped, as by SIGSTOP, before it is taken for lost.
pub const STOPPED_GRACE: Duration = Duration::from_secs(3);

/// How long after its connection broke a process may take to end, before it is ended: its exit tells more than the break.
pub const LINK_GRACE: Duration = Duration::from_millis(100);

/// The part of a process's memory limit over which it is ended (as Dask's `worker.memory.terminate`).
pub const TERMINATE_FRACTION: f64 = 0.95;

/// How long a process that is ended for its memory, or before it started well, may take before it is killed.
pub const TERMINATE_GRACE: Duration = Duration::from_millis(200);

/// How long a worker that is to leave may take (as Dask's `nanny.kill`), before it is killed.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The part of that time after which it is asked once more, by SIGTERM.
pub const STOP_ASK_FRACTION: f64 = 0.8;

/// How long a killed process may be in the table of processes, before its nanny no longer waits for it.
pub const STUCK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the scheduler may take to bring the data of a worker to others when the worker's lifetime is over.
pub const LIFETIME_PATIENCE: Duration = Duration::from_secs(60);

/// How long a task of a worker's process may go on after it was cancelled or took too long, before another process takes the
/// worker's place: a thread cannot be ended, a process can.
pub const RUNAWAY_GRACE: Duration = Duration::from_secs(10);

/// How late a nanny may be for what she wanted to do, before she takes herself, or the whole machine, to have slept.
pub const STALL: Duration = Duration::from_secs(2);

/// The exit code of a process that was to be a worker and could not become one.
pub const UNBORN: i32 = 78;
