//! The keeper of a process: a thread that starts it, waits for its end, and clears away what it leaves.
//!
//! A thread rather than a runtime, for three reasons. Starting a large program takes milliseconds, which the thread of the
//! actors does not have. The system counts the parent of a process by threads (see `orphan`), so the one that starts it
//! must live as long. And a process must be seen to have ended *before* its number is free for others (`waitid` with
//! `WNOWAIT`): only then can its group be killed without the risk of killing somebody else's, and runtimes do not offer that.

use super::birth::brief;
use super::plan::{Plan, SpawnError};
use super::policy::{Event, Exit, Incarnation, Look};
use super::slate::Slate;
use super::stat::{Stat, others_in_group};
use super::words::{Words, pump};
use super::world::Tell;
use parking_lot::Mutex;
use partita_protocol::{Begun, Tail, limits};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use std::io::PipeWriter;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStderr, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};

/// A process that is kept. Dropped, the process is killed with all of its group.
pub(super) struct Keeper(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    words: Words,
    slate: OnceLock<Slate>,
}

#[derive(Default)]
struct State {
    /// The process, as long as nobody else can have its number.
    running: Option<Running>,
    /// Its end is that of the process.
    pipe: Option<PipeWriter>,
    /// Nobody wants the process.
    let_go: bool,
}

#[derive(Clone, Copy)]
struct Running {
    pid: Pid,
    /// When it was started, as far as the system tells.
    start: Option<u64>,
}

impl Keeper {
    /// Starts a process. What becomes of it is told as events.
    pub(super) fn start(incarnation: Incarnation, plan: Plan, tell: Tell) -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), words: Words::default(), slate: OnceLock::new() });
        let (kept, told) = (shared.clone(), tell.clone());
        let thread = std::thread::Builder::new().name(format!("partita-keeper-{}", plan.name));
        if let Err(error) = thread.spawn(move || kept.keep(incarnation, &plan, &told)) {
            tell(spawn_failed(incarnation, &SpawnError::of(error)));
        }
        Keeper(shared)
    }

    /// Sends SIGTERM to the process, if it is still there.
    pub(super) fn terminate(&self) {
        if let Some(running) = self.0.state.lock().running {
            kill_process(running.pid, Signal::TERM).ok();
        }
    }

    /// Sends SIGKILL to the process and its group, if it is still there.
    pub(super) fn kill(&self) {
        if let Some(running) = self.0.state.lock().running {
            kill_process_group(running.pid, Signal::KILL).ok();
        }
    }

    /// What the system shows of the process.
    pub(super) fn look(&self) -> Option<Look> {
        let running = self.0.state.lock().running?;
        let stat = Stat::of(running.pid.as_raw_nonzero().get().cast_unsigned())?;
        // Its number may be somebody else's by now.
        let same = running.start.is_none_or(|start| start == stat.start);
        same.then(|| Look { stopped: stat.is_stopped(), rss: stat.rss() })
    }

    /// What it had begun when it wrote on its slate last.
    pub(super) fn begun(&self) -> Begun {
        self.0.slate.get().map_or(Begun::Unknown, Slate::begun)
    }

    /// The last that it wrote to its standard error.
    pub(super) fn tail(&self) -> Tail {
        self.0.words.tail()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.kill();
        let mut state = self.0.state.lock();
        state.let_go = true;
        state.pipe = None;
    }
}

impl Shared {
    /// The life of a process.
    fn keep(self: Arc<Self>, incarnation: Incarnation, plan: &Plan, tell: &Tell) {
        if self.state.lock().let_go {
            let (why, passing) = ("nobody wants it any more".into(), false);
            return tell(Event::SpawnFailed { incarnation, why, passing });
        }
        let (mut child, pipe, slate) = match plan.spawn() {
            Ok(started) => started,
            Err(error) => return tell(spawn_failed(incarnation, &error)),
        };
        if let Some(slate) = slate {
            self.slate.set(slate).ok();
        }
        let pid = Pid::from_child(&child);
        self.enter(pid, child.id());
        tell(Event::Spawned { incarnation, pid: child.id() });
        let last_words = child.stderr.take().and_then(|stderr| self.clone().listen(stderr, plan));
        // One that does not listen says no hello either.
        brief(&pipe, &plan.briefing).ok();
        self.hold(pipe);
        wait_without_reaping(pid);
        self.forget();
        // Its number is its own until it is reaped, and so is that of its group.
        let left_behind = others_in_group(child.id());
        kill_process_group(pid, Signal::KILL).ok();
        let exit = reap(&mut child);
        if let Some(last_words) = last_words {
            last_words.recv_timeout(limits::STDERR_LAST_WORDS).ok();
        }
        tell(Event::Exited { incarnation, exit, stderr: self.words.tail(), left_behind });
    }

    fn enter(&self, pid: Pid, number: u32) {
        let mut state = self.state.lock();
        state.running = Some(Running { pid, start: Stat::of(number).map(|stat| stat.start) });
        if state.let_go {
            kill_process_group(pid, Signal::KILL).ok();
        }
    }

    fn hold(&self, pipe: PipeWriter) {
        let mut state = self.state.lock();
        state.pipe = (!state.let_go).then_some(pipe);
    }

    /// From here on nobody signals the process by its number.
    fn forget(&self) {
        let mut state = self.state.lock();
        (state.running, state.pipe) = (None, None);
    }

    /// Reads the process's standard error on a thread of its own; tells when nothing more comes.
    fn listen(self: Arc<Self>, stderr: ChildStderr, plan: &Plan) -> Option<Receiver<()>> {
        let (done, last_words) = channel();
        let (worker, sink) = (plan.name.clone(), plan.sink.clone());
        let thread = std::thread::Builder::new().name(format!("partita-stderr-{worker}"));
        let listen = move || {
            pump(stderr, &self.words, &worker, &*sink);
            // Nobody waits for the last words of one that is forgotten.
            done.send(()).ok();
        };
        // Without a thread the pipe closes, and what is written to it is lost.
        thread.spawn(listen).ok().map(|_| last_words)
    }
}

fn spawn_failed(incarnation: Incarnation, error: &SpawnError) -> Event {
    Event::SpawnFailed { incarnation, why: error.to_string(), passing: error.is_passing() }
}

/// Waits until the process has ended, and leaves it in the system's table.
fn wait_without_reaping(pid: Pid) {
    let wait = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    // Another error than an interruption means that somebody else reaped it.
    while matches!(wait(), Err(Errno::INTR)) {}
}

fn reap(child: &mut Child) -> Exit {
    let exit = |status: ExitStatus| status.code().map(Exit::Code).or(status.signal().map(Exit::Signal));
    child.wait().ok().and_then(exit).unwrap_or(Exit::Unknown)
}
