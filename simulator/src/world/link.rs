//! Links: messages take time, and keep their order.

use partita_protocol::Time;
use std::time::Duration;

/// What every link is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// How long a message takes.
    pub latency: Duration,
    /// By how much more it may take, drawn anew for each message.
    pub jitter: Duration,
    /// Bytes that a worker sends or receives in a second.
    pub bandwidth: u64,
    /// After which time whoever asked a peer for values gives up.
    pub patience: Duration,
}

impl Default for Network {
    /// As between threads of one process: 10 µs for a message, values as good as shared.
    fn default() -> Self {
        Network {
            latency: Duration::from_micros(10),
            jitter: Duration::ZERO,
            bandwidth: 10_000_000_000,
            patience: Duration::from_secs(30),
        }
    }
}

impl Network {
    /// How long these bytes take, beside the latency.
    pub(crate) fn travel(&self, nbytes: u64) -> Duration {
        Duration::from_nanos((nbytes as f64 * 1e9 / self.bandwidth.max(1) as f64) as u64)
    }
}

/// One direction between two who talk. What is sent later arrives later.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    last: Time,
    /// What a fault adds to the time of each message, until then.
    slow: (Time, Duration),
}

impl Link {
    /// When a message arrives that is sent now and takes so long.
    pub(crate) fn arrival(&mut self, now: Time, takes: Duration) -> Time {
        let slow = if now < self.slow.0 { self.slow.1 } else { Duration::ZERO };
        self.last = self.last.max(now + takes + slow);
        self.last
    }

    /// Messages sent before `until` take so much longer.
    pub(crate) fn delay(&mut self, until: Time, by: Duration) {
        self.slow = (until, by);
    }
}
