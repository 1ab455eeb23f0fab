//! How a worker begins: it listens, asks its scheduler what it runs, and registers.

use super::core::{Core, Joined};
use super::error::ServiceError;
use super::execute::Execute;
use super::served::listen;
use super::settings::Settings;
use crate::address::Address;
use crate::frame::Limits;
use crate::message::Outgoing;
use crate::net::{connect, outlet};
use crate::ops::answer::Registered;
use crate::ops::{Call, Metrics, RegisterWorker, Versions};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
}

/// Joins a cluster and works in it, until the scheduler ends it or is gone; why that was.
///
/// # Errors
/// [`ServiceError`] if it cannot join.
pub async fn serve(settings: Settings, execute: Arc<dyn Execute>) -> Result<String, ServiceError> {
    let host = settings.host.clone();
    let listening = TcpListener::bind((host.as_str(), 0)).await;
    let listener = listening.map_err(|error| ServiceError::Listen { host: host.clone(), error })?;
    let port = listener.local_addr().map_err(|error| ServiceError::Listen { host: host.clone(), error })?.port();
    let address = Address { scheme: settings.scheduler.scheme, host, port }.to_string();

    let mut heart = connect(&settings.scheduler, Limits::SCHEDULER, settings.patience).await?;
    let versions = heart.ask(&Call::Versions, settings.patience).await?;
    let versions: Versions = heart.read("versions", versions)?;
    versions.check().map_err(|(found, first)| ServiceError::Version { found, first })?;

    let mut stream = connect(&settings.scheduler, Limits::SCHEDULER, settings.patience).await?;
    let began = now();
    let register = register(&settings, &address, versions, began);
    let frames = Outgoing::default().say(&register);
    let frames =
        frames.map_err(|error| crate::net::NetError::Message { address: settings.scheduler.to_string(), error })?;
    let answered = stream.ask_with(&frames, settings.patience).await?;
    let registered: Registered = stream.read("register-worker", answered)?;
    if registered.status != "OK" {
        return Err(ServiceError::Refused { reason: registered.message.unwrap_or(registered.status) });
    }
    if !registered.warning.is_empty() {
        tracing::warn!(worker = address, "the scheduler says: {}", registered.warning);
    }
    let ahead = registered.time - (began + now()) / 2.0;
    let (outlet, write) = outlet(stream.writer);
    let writing = tokio::spawn(write);
    let (commands, served) = unbounded_channel();
    let serving = tokio::spawn(listen(listener, commands));
    let joined = Joined { address: address.into(), ahead, beat: registered.heartbeat_interval };
    let reason = Core::new(settings, joined, outlet, execute).work(stream.reader, heart, served).await;
    serving.abort();
    // What was said last is still to be written; a scheduler that is gone does not take it.
    tokio::time::timeout(Duration::from_secs(2), writing).await.ok();
    Ok(reason)
}

fn register(settings: &Settings, address: &str, versions: Versions, now: f64) -> RegisterWorker {
    RegisterWorker {
        reply: true,
        address: address.to_owned(),
        status: "running".to_owned(),
        nthreads: settings.threads,
        name: settings.name.clone(),
        now,
        resources: settings.resources.iter().cloned().collect(),
        memory_limit: settings.memory_limit,
        local_directory: std::env::temp_dir().display().to_string(),
        services: Default::default(),
        nanny: settings.nanny.clone(),
        pid: std::process::id(),
        // What the scheduler runs: others of what Python's packages are called do not matter here, and would be warned of.
        versions,
        metrics: Metrics { time: now, event_loop_interval: 0.02, ..Metrics::default() },
        extra: Default::default(),
        stimulus_id: format!("worker-connect-{now}"),
        server_id: format!("Worker-{address}-{}-{now}", std::process::id()),
    }
}
