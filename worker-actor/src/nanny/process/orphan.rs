//! How a worker's process ends with its parent, whatever user code does meanwhile.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::process::{
    PidfdFlags, Signal, getpgrp, getpid, getppid, kill_current_process_group, pidfd_open,
    set_parent_process_death_signal,
};
use std::fs::File;
use std::io::{self, ErrorKind, Read};

/// Bytes of stack of a thread that only waits and ends the process.
const STACK_BYTES: usize = 64 << 10;

/// Starts a thread that waits for the end of the parent, and then kills this process with all that tasks started.
///
/// The system closes the pipe from the parent when that ends, in whatever way, unless the parent had forked: then the fork has
/// the pipe as well. So the process is watched, too (`pidfd_open`), where the system has that. The thread then makes one system
/// call and allocates nothing, so it works also while user code computes, waits for locks, or has broken the heap.
///
/// Somebody may have stopped this process, and then its thread as well. So the system is asked to let it go on (SIGCONT)
/// when the parent ends. SIGKILL in its place would leave behind what tasks started, because it hits this process only and
/// before the thread gets to kill the group. The system sends it when the *thread* ends that started this process:
/// nannies start each process on a thread that lives as long; and to one that is not stopped SIGCONT does nothing.
///
/// # Errors
/// If there can be no thread.
pub(super) fn watch(pipe: File) -> io::Result<()> {
    // Elsewhere than on Linux there is no such signal, and a stopped process stays until it goes on.
    set_parent_process_death_signal(Some(Signal::CONT)).ok();
    // A group that others are in as well is theirs.
    let alone = getpgrp() == getpid();
    let parent = parent();
    let wait = move || {
        wait_for_end(pipe, parent);
        if alone {
            kill_current_process_group(Signal::KILL).ok();
        }
        std::process::abort();
    };
    std::thread::Builder::new().name("partita-orphan".into()).stack_size(STACK_BYTES).spawn(wait)?;
    Ok(())
}

/// The parent, to be watched. One that ended just now has closed the pipe, or is not the parent any longer.
fn parent() -> Option<OwnedFd> {
    let parent = getppid()?;
    let watched = pidfd_open(parent, PidfdFlags::empty()).ok()?;
    (getppid() == Some(parent)).then_some(watched)
}

fn wait_for_end(mut pipe: File, parent: Option<OwnedFd>) {
    let mut bytes = [0; 64];
    loop {
        if let Some(parent) = &parent {
            let mut watched = [PollFd::new(&pipe, PollFlags::IN), PollFd::new(parent, PollFlags::IN)];
            match poll(&mut watched, None) {
                Ok(_) if !watched[1].revents().is_empty() => return,
                Ok(_) if !watched[0].revents().is_empty() => {}
                Ok(_) | Err(rustix::io::Errno::INTR) => continue,
                // The pipe tells most ends by itself.
                Err(_) => {}
            }
        }
        match pipe.read(&mut bytes) {
            Ok(0) => return,
            // Nothing is said any more: who speaks is not heard.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
