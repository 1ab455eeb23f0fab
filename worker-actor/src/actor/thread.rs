//! This thread, as the operating system numbers it, is entered as one of its worker's when it runs its first task.

use partita_protocol::WorkerId;
use partita_protocol::threads::{Entered, Threads};
use std::cell::OnceCell;

thread_local! {
    /// Dropped when the thread ends. Nothing where the system does not say which thread it is.
    static ENTERED: OnceCell<Option<Entered>> = const { OnceCell::new() };
}

/// Enters this thread, once.
pub(super) fn enter(threads: &Threads, worker: WorkerId) {
    ENTERED.with(|entered| {
        entered.get_or_init(|| own_number().map(|thread| threads.enter(thread, worker)));
    });
}

/// The number that `/proc` has this thread by.
#[cfg(target_os = "linux")]
fn own_number() -> Option<u32> {
    std::fs::read_link("/proc/thread-self").ok()?.file_name()?.to_str()?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn own_number() -> Option<u32> {
    None
}
