//! What a worker's process is told at its birth, through a pipe that nobody else can read.

use partita_graph::{Token, adopt_build_id, build_id};
use partita_protocol::WorkerId;
use partita_protocol::scheduler::WorkerInfo;
use partita_wire::{Gate, Identity, Role, Token256};
use partita_worker::machine::MemoryLimits;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a worker's process is told at its birth.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Briefing {
    /// Which incarnation of a worker it is, for the scheduler.
    pub(crate) worker: WorkerId,
    /// Its place, and the how-manieth process there it is.
    pub(crate) place: u32,
    pub(crate) incarnation: u32,
    /// The folder of the cluster's sockets.
    pub(crate) folder: PathBuf,
    pub(crate) settings: Settings,
    /// The executable, and which file it is: a process that runs the same one need not read it to know.
    build: Token,
    file: Option<FileId>,
    /// What proves that it belongs to the cluster.
    secret: Secret,
}

/// What tells a file from all others, as long as somebody has it open: its device, its number there, its size.
type FileId = (u64, u64, u64);

/// Which file this process runs.
fn own_file() -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let file = std::fs::metadata("/proc/self/exe").ok()?;
    Some((file.dev(), file.ino(), file.size()))
}

/// What a worker is to be like.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) info: WorkerInfo,
    pub(crate) memory: MemoryLimits,
    pub(crate) stack_size: usize,
    pub(crate) validate: bool,
    pub(crate) record: bool,
    pub(crate) grace: Duration,
    /// How long a task may go on after it was told to stop.
    pub(crate) cancel_grace: Duration,
    /// How long its process lives, if not for ever.
    pub(crate) lifetime: Option<Duration>,
    /// Where values go that do not fit into memory, and how many bytes they may have.
    pub(crate) spill: (PathBuf, u64),
}

/// A token as it stands in a briefing. It is never shown.
#[derive(Clone, Serialize, Deserialize)]
struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The name of the socket of the cluster's process.
pub(crate) const SCHEDULER: &str = "scheduler";

/// The name of a worker's socket.
pub(crate) fn socket_of(worker: WorkerId) -> String {
    format!("worker-{}", worker.0)
}

/// Who a worker is to others of its cluster.
pub(crate) fn identity(place: u32, incarnation: u32) -> Identity {
    Identity { role: Role::Worker, number: place, incarnation: u64::from(incarnation), lane: 0 }
}

/// Who a worker is to its peers: each connection is one of its own.
pub(crate) fn peer_identity(worker: WorkerId, connection: u64) -> Identity {
    Identity { role: Role::Peer, number: worker.0, incarnation: connection, lane: 0 }
}

impl Briefing {
    pub(crate) fn new(
        (worker, place, incarnation): (WorkerId, u32, u32),
        folder: &Path,
        settings: Settings,
        token: &Token256,
    ) -> Self {
        let mut secret = Vec::new();
        // A vector takes all that is written to it.
        token.write_to(&mut secret).ok();
        let (build, file, folder) = (build_id(), own_file(), folder.to_path_buf());
        Briefing { worker, place, incarnation, folder, settings, build, file, secret: Secret(secret) }
    }

    /// Takes the identity of the executable over if this process runs the same file: the system lets nobody write into a
    /// file that runs, and the process that wrote this still runs.
    pub(crate) fn adopt_build(&self) {
        if self.file.is_some() && self.file == own_file() {
            adopt_build_id(self.build);
        }
    }

    /// What lets it in, and others to it; none if the secret is none.
    pub(crate) fn gate(&self) -> Option<Gate> {
        Some(Gate::new(Token256::read_from(&self.secret.0[..]).ok()?))
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        // Plain data can always be written.
        rmp_serde::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, rmp_serde::decode::Error> {
        rmp_serde::from_slice(bytes)
    }
}
