//! The pace of the profiler's threads: they give way to those who work, unless somebody waits for them.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use thread_priority::{ThreadPriority, ThreadPriorityValue};

/// The priority of a thread that gives way, of 100; on Linux it is a niceness of 9.
const PRIORITY: u8 = 23;

/// Has this thread give way from now on to those who work, when there are more of them than cores.
pub(crate) fn give_way() {
    if let Ok(priority) = ThreadPriorityValue::try_from(PRIORITY) {
        // Where the system does not let it, it is as it was.
        drop(ThreadPriority::Crossplatform(priority).set_for_current());
    }
}

/// The pace of the profiler's thread. It gives way, and on Linux it takes only what nobody else wants of the cores while it
/// is not in a hurry: whoever works and wakes up takes its core at once, where one that is only nice would go on for
/// milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// The number of the thread; 0 before it has begun, and when it has ended.
    thread: AtomicU32,
    /// Whether it is in a hurry.
    hurries: AtomicBool,
}

impl Pace {
    /// It is this thread's pace from now on, until [`Pace::end`]; it gives way.
    pub(crate) fn begin(&self) {
        give_way();
        self.thread.store(system::own_number(), Ordering::SeqCst);
        self.hurries.store(true, Ordering::SeqCst);
        self.rest();
    }

    /// The thread is about to end.
    pub(crate) fn end(&self) {
        self.thread.store(0, Ordering::SeqCst);
    }

    /// Somebody waits for the thread.
    pub(crate) fn hurry(&self) {
        if !self.hurries.load(Ordering::Relaxed) && !self.hurries.swap(true, Ordering::SeqCst) {
            self.set(false);
        }
    }

    /// Nobody waits for the thread any longer.
    pub(crate) fn rest(&self) {
        if self.hurries.load(Ordering::Relaxed) && self.hurries.swap(false, Ordering::SeqCst) {
            self.set(true);
        }
    }

    fn set(&self, idle: bool) {
        let thread = self.thread.load(Ordering::SeqCst);
        if thread != 0 {
            system::set_idle(thread, idle);
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    /// The number of this thread; 0 if the system does not tell.
    pub(super) fn own_number() -> u32 {
        let own = std::fs::read_link("/proc/thread-self").ok();
        own.and_then(|link| link.file_name()?.to_str()?.parse().ok()).unwrap_or(0)
    }

    /// Has a thread run only when nobody else wants to, or as any other of its niceness.
    #[allow(unsafe_code)]
    pub(super) fn set_idle(thread: u32, idle: bool) {
        let policy = if idle { libc::SCHED_IDLE } else { libc::SCHED_OTHER };
        // SAFETY: the system reads the parameter, which lives until the call is over, and keeps nothing of it. A number of a
        // thread that has ended is refused, and what it is set to is harmless to any other.
        // Where the system does not let it, it is as it was.
        unsafe { libc::sched_setscheduler(thread as libc::pid_t, policy, &libc::sched_param { sched_priority: 0 }) };
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn own_number() -> u32 {
        0
    }

    pub(super) fn set_idle(_: u32, _: bool) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    /// The niceness and the policy of a thread, as the system tells them.
    fn of(task: &str) -> (i32, i32) {
        let stat = std::fs::read_to_string(format!("/proc/{task}/stat")).unwrap();
        // The name, which may have spaces, ends with the last parenthesis; from the second word on they are counted from 3.
        let words: Vec<&str> = stat[stat.rfind(')').unwrap() + 1..].split_whitespace().collect();
        (words[19 - 3].parse().unwrap(), words[41 - 3].parse().unwrap())
    }

    #[test]
    fn a_thread_gives_way() {
        let given = thread::spawn(|| {
            let before = of("thread-self").0;
            give_way();
            (before, of("thread-self").0)
        });
        let before = of("thread-self");
        let (was, is) = given.join().unwrap();
        assert!(is == 9 || was > 9, "{was} {is}");
        assert_eq!(of("thread-self"), before, "and no other thread");
    }

    #[test]
    fn a_thread_takes_what_nobody_wants_unless_somebody_waits_for_it() {
        let pace = Arc::new(Pace::default());
        pace.hurry();
        pace.rest();
        let own = of("thread-self");
        thread::scope(|scope| {
            let (go, may_go) = std::sync::mpsc::channel::<()>();
            let (begun, has_begun) = std::sync::mpsc::channel();
            let pace = &pace;
            scope.spawn(move || {
                pace.begin();
                begun.send(system::own_number()).unwrap();
                // Until nothing is sent any longer.
                assert!(may_go.recv().is_err());
                pace.end();
            });
            let number = has_begun.recv().unwrap();
            let policy = || of(&format!("self/task/{number}")).1;
            assert_eq!(policy(), libc::SCHED_IDLE);
            pace.hurry();
            assert_eq!(policy(), libc::SCHED_OTHER);
            pace.rest();
            assert_eq!(policy(), libc::SCHED_IDLE);
            drop(go);
        });
        assert_eq!(pace.thread.load(Ordering::SeqCst), 0);
        assert_eq!(of("thread-self"), own, "who waits stays as it was");
    }
}
