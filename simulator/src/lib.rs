//! A whole cluster in virtual time: the production machines of scheduler and workers, faults by seed, and every
//! invariant checked after every event.
