//! A worker whose memory is full.

use super::shell::Shell;
use crate::machine::StateName;
use partita_protocol::worker::Event;

#[test]
fn a_paused_worker_starts_nothing_new_but_ends_what_runs() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).expect("execute t1 a1 []");
    shell.tell(Event::MemoryFilled).tell(Event::MemoryFilled).expect("paused");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.compute(3, 3, &[(4, &[2])]).expect("").in_state(4, StateName::Fetch).in_state(2, StateName::Ready);
    shell.compute(1, 5, &[]).expect("finished t1 a5").free(1).expect("drop t1; forget t1");
    shell.tell(Event::MemoryFreed).tell(Event::MemoryFreed).expect("resumed; execute t2 a2 []; gather w2 [t4]");
    shell.drain();
}

#[test]
fn a_paused_worker_takes_what_comes_from_peers() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[(4, &[2])]).tell(Event::MemoryFilled).expect("gather w2 [t4]; paused");
    shell.gathered(2, &[4], &[]).expect("added [t4]").in_state(1, StateName::Ready);
    assert!(shell.worker.is_paused());
    shell.drain();
}
