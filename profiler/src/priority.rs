//! Threads that give way: what the profiler does never slows down the work.

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

#[cfg(test)]
#[cfg(target_os = "linux")]
pub(crate) mod tests {
    use super::*;

    /// How nice this thread is.
    pub(crate) fn niceness() -> i32 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        // The name, which may have spaces, ends with the last parenthesis; the niceness is the 17th word behind it.
        stat[stat.rfind(')').unwrap() + 1..].split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[test]
    fn a_thread_gives_way() {
        let given = std::thread::spawn(move || {
            let before = niceness();
            give_way();
            (before, niceness())
        });
        let (before, after) = given.join().unwrap();
        assert!(after == 9 || before > 9, "{before} {after}");
        assert_eq!(niceness(), before, "and no other thread");
    }
}
