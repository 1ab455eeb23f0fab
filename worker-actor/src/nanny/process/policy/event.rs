//! What a policy is told, and what it wants done.

use partita_protocol::{LossCause, ProcessEnd, Tail};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One process in a place; each is one higher than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u32);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i{}", self.0)
    }
}

/// How a process ended, as the system tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
    /// In a way that somebody else was told.
    Unknown,
}

impl From<Exit> for ProcessEnd {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Code(code) => ProcessEnd::Exited { code },
            Exit::Signal(signal) => ProcessEnd::Signalled { signal },
            Exit::Unknown => ProcessEnd::Vanished,
        }
    }
}

/// What a look at a process shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether somebody stopped it, as by SIGSTOP. A process that a debugger holds is not stopped.
    pub stopped: bool,
    /// Bytes that it has in memory.
    pub rss: u64,
}

/// Why a worker is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The cluster closes.
    Closing,
    /// It is no longer needed.
    Retired,
    /// Another one is to take its place.
    Restarting,
    /// Its lifetime is over.
    LifetimeOver,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::Closing => "the cluster closes",
            Why::Retired => "it is no longer needed",
            Why::Restarting => "it is started anew",
            Why::LifetimeOver => "its lifetime is over",
        })
    }
}

/// What happened. Whatever is told of an incarnation that is not the current one, or is fenced, is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The place was made: have a process.
    Opened,
    /// The process was started.
    Spawned {
        /// Which one.
        incarnation: Incarnation,
        /// Its number in the system.
        pid: u32,
    },
    /// The process could not be started.
    SpawnFailed {
        /// Which one.
        incarnation: Incarnation,
        /// What went wrong.
        why: String,
        /// Whether it may pass by itself, as a want of descriptors.
        passing: bool,
    },
    /// The process is a worker by now.
    Hello {
        /// Which one.
        incarnation: Incarnation,
    },
    /// The process was refused when it said hello, or did not get so far.
    Refused {
        /// Which one.
        incarnation: Incarnation,
        /// Why.
        end: ProcessEnd,
    },
    /// The process is alive.
    Heartbeat {
        /// Which one.
        incarnation: Incarnation,
        /// What it does, in words.
        doing: Arc<str>,
    },
    /// The connection to the process broke.
    LinkBroken {
        /// Which one.
        incarnation: Incarnation,
    },
    /// The process ended, and is out of the system's table.
    Exited {
        /// Which one.
        incarnation: Incarnation,
        /// How.
        exit: Exit,
        /// The last that it wrote.
        stderr: Tail,
        /// Processes that it had started and left behind; they were killed.
        left_behind: usize,
    },
    /// The process was looked at.
    Looked {
        /// Which one.
        incarnation: Incarnation,
        /// What was seen.
        look: Look,
    },
    /// Have no worker any more.
    StopAsked {
        /// How long it may take to leave; zero kills it at once.
        timeout: Duration,
        /// Why.
        why: Why,
    },
    /// Have a new worker in the place of the one that is there, or of none.
    RestartAsked {
        /// How long the old one may take to leave.
        timeout: Duration,
    },
    /// The scheduler was asked to bring the worker's data to others: should it die meanwhile, nobody replaces it.
    RetireBegun,
    /// The data cannot be brought anywhere: the worker stays.
    RetireRefused,
    /// Nothing is lost with the worker any more.
    RetireDone,
    /// Nothing but time.
    TimePassed,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start a process. Answered by [`Event::Spawned`] and one [`Event::Exited`], or by [`Event::SpawnFailed`].
    Spawn(Incarnation),
    /// Tell the worker to leave.
    AskToLeave(Incarnation),
    /// Send SIGTERM to the process.
    Terminate(Incarnation),
    /// Send SIGKILL to the process and all of its group.
    Kill(Incarnation),
    /// Look at the process. Answered by [`Event::Looked`], or not at all if it is gone.
    Look(Incarnation),
    /// Tell the scheduler that the worker is lost, and hear nothing of it any more. Exactly once for each that was started.
    Fence(Incarnation, LossCause),
    /// Ask the scheduler to bring the worker's data to others. Answered by [`Event::RetireDone`] or
    /// [`Event::RetireRefused`].
    Retire(Incarnation),
    /// Tell of something.
    Warn(Warning),
    /// Tell what became of the place.
    Verdict(Verdict),
}

/// What became of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The process said hello.
    Ready(Incarnation),
    /// The process died, and another one takes its place.
    Restarting {
        /// Why it died.
        cause: LossCause,
        /// After which pause.
        pause: Duration,
    },
    /// The place stays empty. Told once.
    GaveUp(GaveUp),
    /// The worker left as it was asked to, or there was none: the place is gone. Told once, and
    /// nothing after it but that a process that comes late is killed.
    Left {
        /// Whether it had to be killed.
        killed: bool,
        /// The number of its process, if the system does not let go of it.
        stuck: Option<u32>,
    },
}

/// Why a place stays empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct GaveUp {
    /// The worker's name.
    pub worker: Arc<str>,
    /// What was too much.
    pub excess: Excess,
    /// The last causes, the newest at the end.
    pub causes: Vec<LossCause>,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker `{}` was given up, its place stays empty: {}", self.worker, self.excess)?;
        let Some((last, before)) = self.causes.split_last() else { return Ok(()) };
        for cause in before {
            let text = cause.to_string();
            let line = text.lines().next().unwrap_or_default();
            write!(f, "; before, {}", line.trim_end_matches("; it wrote last:"))?;
        }
        write!(f, "; at last, {last}")
    }
}

/// What was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Too many starts failed one after the other.
    FailedStarts {
        /// How many.
        starts: u32,
    },
    /// Too many processes died in too short a time.
    Deaths {
        /// How many.
        deaths: usize,
        /// In which time.
        window: Duration,
    },
    /// What is wrong does not go away by itself.
    Hopeless,
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Excess::FailedStarts { starts } => write!(f, "{starts} starts failed one after the other"),
            Excess::Deaths { deaths, window } => write!(f, "its process died {deaths} times within {window:?}"),
            Excess::Hopeless => f.write_str("another start would not help"),
        }
    }
}

/// Something that a user should know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// A worker did not leave in time.
    #[error(
        "worker `{worker}` ({}) is still alive {:.1} seconds after it was asked to leave, because {why}{}; it {next}",
        process(*pid), time.as_secs_f64(), doing_text(doing)
    )]
    StillAlive {
        /// The worker's name.
        worker: Arc<str>,
        /// Its process.
        pid: Option<u32>,
        /// How long ago it was asked.
        time: Duration,
        /// Why.
        why: Why,
        /// What it said it was doing.
        doing: Arc<str>,
        /// What is done about it.
        next: Next,
    },
    /// A killed process is not gone.
    #[error(
        "worker `{worker}` ({}) was killed {:.1} seconds ago and is still there: does a disk or a mount hang?",
        process(*pid), time.as_secs_f64()
    )]
    Stuck {
        /// The worker's name.
        worker: Arc<str>,
        /// Its process.
        pid: Option<u32>,
        /// How long ago it was killed.
        time: Duration,
    },
    /// Processes that tasks had started outlived the worker, and were killed.
    #[error(
        "{count} processes that tasks of worker `{worker}` had started were still there when it ended, and were killed"
    )]
    LeftBehind {
        /// The worker's name.
        worker: Arc<str>,
        /// How many.
        count: usize,
    },
}

/// What is done about a worker that does not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It gets SIGTERM.
    Terminated,
    /// It gets SIGKILL.
    Killed,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Next::Terminated => "is sent SIGTERM",
            Next::Killed => "is killed",
        })
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "a process that is not there yet".into(), |pid| format!("process {pid}"))
}

fn doing_text(doing: &str) -> String {
    match doing {
        "" => String::new(),
        doing => format!(" ({doing})"),
    }
}
