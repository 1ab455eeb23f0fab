//! The runtime: what drives requests to stores. Two threads of their own, started with the first request of the process,
//! so that tasks can wait for an answer from any thread, and no actor's thread is ever used.

use super::error::CloudError;
use object_store::path::Path;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Threads that drive requests; they wait for the network, and only copy and decrypt what comes.
const THREADS: usize = 2;

/// Requests for content that are under way at the same time, of all tasks together.
pub(super) const REQUESTS: usize = 32;

static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(THREADS).thread_name("partita-cloud").enable_all().build()
});

static TURNS: Semaphore = Semaphore::const_new(REQUESTS);

/// Waits for a turn to ask for content.
pub(super) async fn turn() -> Option<tokio::sync::SemaphorePermit<'static>> {
    TURNS.acquire().await.ok()
}

fn runtime(url: &str) -> Result<&'static Runtime, CloudError> {
    let failed = |error: &std::io::Error| CloudError::Failed {
        url: url.to_string(),
        status: None,
        cause: format!("the threads for requests could not be started: {error}"),
    };
    RUNTIME.as_ref().map_err(failed)
}

/// Starts work that goes on while nobody waits for it.
pub(super) fn start<T: Send + 'static>(
    url: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<JoinHandle<T>, CloudError> {
    Ok(runtime(url)?.spawn(work))
}

/// Waits for work, on any thread, also one of a runtime, which is blocked by it.
pub(super) fn wait<T: Send + 'static>(
    url: &str,
    work: impl Future<Output = Result<T, CloudError>> + Send + 'static,
) -> Result<T, CloudError> {
    let (done, result) = std::sync::mpsc::sync_channel(1);
    runtime(url)?.spawn(async move {
        // Nobody listens if the one who waits is gone.
        let _heard = done.send(work.await);
    });
    let lost = |_| CloudError::Failed { url: url.to_string(), status: None, cause: "a request was lost".to_string() };
    result.recv().map_err(lost)?
}

/// The path of an object, as text that stores accept.
pub(super) fn key(url: &str, path: &str) -> Result<Path, CloudError> {
    let wrong = |error: object_store::path::Error| CloudError::Url { url: url.to_string(), reason: error.to_string() };
    Path::parse(path).map_err(wrong)
}
