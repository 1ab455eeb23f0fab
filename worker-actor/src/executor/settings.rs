//! What an executor is set up with.

use std::time::Duration;

/// What an executor is set up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What its threads are called: `{name}-exec-{number}`.
    pub name: String,
    /// Jobs that run at a time, blocked ones not counted; at least one.
    pub threads: u32,
    /// The stack of each thread in bytes. It is reserved, and takes memory only as far as it is used.
    pub stack_size: usize,
    /// Threads beyond `threads` that stay, parked, after jobs that blocked.
    pub spare_threads: usize,
    /// How long a thread beyond those stays parked before it ends.
    pub idle: Duration,
    /// How long one thread that finds no job looks on before it parks.
    pub spin: Duration,
}

impl Settings {
    /// The usual settings for so many threads.
    ///
    /// ```
    /// use partita_worker::executor::Settings;
    ///
    /// let settings = Settings { stack_size: 2 << 20, ..Settings::new("partita-worker-0", 4) };
    /// assert_eq!(settings.threads, 4);
    /// ```
    pub fn new(name: impl Into<String>, threads: u32) -> Self {
        Settings {
            name: name.into(),
            threads,
            stack_size: 8 << 20,
            spare_threads: 64,
            idle: Duration::from_secs(10),
            spin: Duration::from_micros(30),
        }
    }
}
