//! What code inside tasks asks for: the client of its cluster, and leave to let others go first.

use super::client::Client;
use crate::error::Result;
use partita_worker::actor::{Waiting, wait_for_others};

/// The client that the code on this thread computes with: inside a task that of its cluster; as Dask's `get_client`.
///
/// ```
/// use partita::{get_client, prelude::*};
///
/// let cluster = LocalCluster::builder().workers(1).threads_per_worker(1).start()?;
/// let nested = || {
///     let client = get_client()?;
///     Ok::<i64, partita::Error>(client.submit(|x: i64| x + 1, (1,)).result()?)
/// };
/// assert_eq!(cluster.client().try_submit(nested, ()).result()?, 2);
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// As for any computation, if there is no cluster and none can be started.
pub fn get_client() -> Result<Client> {
    Client::current()
}

/// While it lives, another task has the slot of the task on this thread; see [`secede`].
#[must_use = "the task rejoins as soon as this is dropped"]
pub struct Seceded {
    _waiting: Waiting,
}

impl Seceded {
    /// Takes the slot back; so does dropping it.
    pub fn rejoin(self) {
        drop(self);
    }
}

/// Gives the slot of the task on this thread to another task, until [`Seceded::rejoin`]; as Dask's `secede`.
///
/// For tasks that wait long for something outside of the cluster: a file, a socket, a person. Waiting for futures, locks
/// and the like does it by itself. Outside of tasks it does nothing.
///
/// ```
/// use partita::{prelude::*, secede};
///
/// let cluster = LocalCluster::builder().workers(1).threads_per_worker(1).start()?;
/// let client = cluster.client();
/// let (say, heard) = std::sync::mpsc::sync_channel(1);
/// let heard = std::sync::Mutex::new(heard);
/// let listens = client.submit(
///     move || {
///         let away = secede();
///         let word: String = heard.lock().unwrap().recv().unwrap();
///         away.rejoin();
///         word
///     },
///     (),
/// );
/// client.submit(move || say.send("hello".to_string()).unwrap(), ()).result()?;
/// assert_eq!(listens.result()?, "hello");
/// # Ok::<(), partita::Error>(())
/// ```
pub fn secede() -> Seceded {
    Seceded { _waiting: wait_for_others() }
}
