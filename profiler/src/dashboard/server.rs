//! The server's thread: starts before it is said to have started, and ends when it is told to.

use super::callers::Callers;
use super::error::DashboardError;
use super::gate::Gate;
use super::guard::guard;
use super::routes::answer;
use super::settings::Settings;
use super::shared::{Shared, Subject};
use super::token::Token;
use crate::actor::Tap;
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::rt::System;
use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Connections at a time; more wait until one ends. See [`Callers`] for when that is.
const CONNECTIONS: usize = 64;

/// How long the headers of a first request may take to arrive, and a connection may do nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a client may take to hang up.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long it is waited until the pages that listen were told of the end, and how often it is looked.
const FAREWELL: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(2);

/// Threads that work out what is shown.
const THREADS: usize = 2;

/// A dashboard that listens, until it is closed.
///
/// ```
/// use partita_graph::Key;
/// use partita_profiler::dashboard::{Dashboard, Settings, Subject};
/// use std::sync::Arc;
///
/// struct Alone;
///
/// impl Subject for Alone {
///     fn ended(&self) -> Option<String> {
///         None
///     }
///
///     fn why(&self, _: Key, _: Box<dyn FnOnce(Option<String>) + Send>) {}
/// }
///
/// let dashboard = Dashboard::start(&Settings::default().at("127.0.0.1:0")?, Arc::new(Alone))?;
/// assert!(dashboard.link().starts_with(&format!("http://{}/status?token=", dashboard.address())));
/// dashboard.close();
/// # Ok::<(), partita_profiler::dashboard::DashboardError>(())
/// ```
pub struct Dashboard {
    address: SocketAddr,
    link: String,
    shared: Arc<Shared>,
    /// Taken when it is closed.
    running: Option<(ServerHandle, JoinHandle<()>)>,
}

impl Dashboard {
    /// Starts a dashboard.
    ///
    /// # Errors
    /// [`DashboardError`], before anything listens.
    pub fn start(settings: &Settings, subject: Arc<dyn Subject>) -> Result<Dashboard, DashboardError> {
        let token = Token::new()?;
        let (listeners, address) = settings.listen()?;
        let link = format!("http://{address}/status?token={}", token.digits());
        let gate = Gate::new(token, settings.hosts(address.port()), address.port());
        let shared = Arc::new(Shared::new(settings, subject, gate));
        let data = Data::from(shared.clone());
        let (ready, started) = channel();
        let thread = std::thread::Builder::new()
            .name("partita-dashboard".into())
            .spawn(move || serve(listeners, data, &ready))
            .map_err(|error| DashboardError::System { cause: error.to_string() })?;
        let ended = |_| Err("its thread ended at once".to_string());
        match started.recv().unwrap_or_else(ended) {
            Ok(handle) => Ok(Dashboard { address, link, shared, running: Some((handle, thread)) }),
            Err(cause) => Err(DashboardError::System { cause }),
        }
    }

    /// What shows it the records, on the profiler's thread.
    pub fn tap(&self) -> Tap {
        let shared = self.shared.clone();
        Box::new(move |batch| shared.take(batch))
    }

    /// Where it listens: at 127.0.0.1, and then also at `[::1]` with the same port, unless it was asked for elsewhere.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that lets a browser in. Whoever knows it may read the dashboard.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// Ends it: pages are told, connections are cut, and the port is free.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.shared.close();
        if let Some((handle, thread)) = self.running.take() {
            let until = Instant::now() + FAREWELL;
            while self.shared.listeners.load(Ordering::Relaxed) > 0 && Instant::now() < until {
                std::thread::sleep(STEP);
            }
            // It is told at once; its thread is waited for, and not its answer.
            drop(handle.stop(false));
            drop(thread.join());
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Dashboard {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dashboard(http://{}/status)", self.address)
    }
}

/// Serves until it is told to stop.
fn serve(listeners: Vec<TcpListener>, shared: Data<Shared>, ready: &Sender<Result<ServerHandle, String>>) {
    // Who asked waits for this; without an answer it knows that the thread is gone.
    let tell = |started| drop(ready.send(started));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tell(Err(error.to_string())),
    };
    System::with_tokio_rt(|| runtime).block_on(async {
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .app_data(PayloadConfig::new(0))
                .wrap(from_fn(guard))
                .default_service(web::to(answer))
        };
        let callers = Callers::default();
        let server = HttpServer::new(app)
            .workers(1)
            .worker_max_blocking_threads(THREADS)
            .max_connections(CONNECTIONS)
            .on_connect(move |io, data| callers.meet(io, data))
            .keep_alive(PATIENCE)
            .client_request_timeout(PATIENCE)
            .client_disconnect_timeout(GOODBYE)
            .disable_signals();
        match listeners.into_iter().try_fold(server, HttpServer::listen) {
            Ok(server) => {
                let server = server.run();
                tell(Ok(server.handle()));
                if let Err(error) = server.await {
                    tracing::error!(%error, "the dashboard ended with an error");
                }
            }
            Err(error) => tell(Err(error.to_string())),
        }
    });
}
