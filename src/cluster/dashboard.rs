//! The dashboard of a cluster: whether there is one, and what it may ask.

use super::builder::Builder;
use super::info::ClusterInfo;
use crate::client::{Client, WeakClient};
use crate::error::{ConfigError, Result};
use parking_lot::Mutex;
use partita_graph::Key;
use partita_profiler::dashboard::{Dashboard, Settings, Subject, wish};
use std::io::Write;
use std::sync::Arc;

/// What the environment says about dashboards: `1`, `0`, or an address.
const VARIABLE: &str = "PARTITA_DASHBOARD";

/// What a builder was told of the dashboard.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    wanted: Option<bool>,
    address: Option<String>,
    hosts: Vec<String>,
}

impl Builder {
    /// Whether the cluster has a dashboard for a browser: at 127.0.0.1 and `[::1]`, port 8787 or the next that is free. If
    /// it is not said, there is none, unless the environment variable `PARTITA_DASHBOARD` is `1` or an address; then the link
    /// is printed to stderr. The link has a secret, and is never written into logs.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).dashboard(true).start()?;
    /// let link = cluster.client().dashboard_link().expect("it was asked for");
    /// assert!(link.starts_with("http://127.0.0.1:"));
    /// println!("{link}");
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn dashboard(mut self, dashboard: bool) -> Self {
        self.dashboard.wanted = Some(dashboard);
        self
    }

    /// Where the dashboard listens, such as `127.0.0.1:8787`; port 0 is any that is free. Then there is one, and if the
    /// address cannot be had, the cluster does not start. Only addresses of this machine are allowed.
    pub fn dashboard_address(mut self, address: impl Into<String>) -> Self {
        self.dashboard.address = Some(address.into());
        self
    }

    /// Values of the `Host` header that the dashboard answers too, exactly as a proxy on this machine sends them, such as
    /// `jupyter.example:8888`.
    pub fn dashboard_allowed_hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.dashboard.hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// What was asked for the dashboard, if there is to be one.
    fn dashboard_settings(&self) -> Result<Option<Settings>, ConfigError> {
        let variable = std::env::var(VARIABLE).ok();
        let wishes = &self.dashboard;
        let asked = match (wishes.wanted, &wishes.address) {
            (Some(false), _) => Some((false, None)),
            (_, Some(address)) => Some((true, Some(address.as_str()))),
            (Some(true), None) => wish(variable.as_deref()).filter(|(wanted, _)| *wanted).or(Some((true, None))),
            (None, None) => wish(variable.as_deref()).filter(|_| self.telemetry),
        };
        let Some((true, address)) = asked else { return Ok(None) };
        if !self.telemetry {
            let (field, allowed) =
                ("telemetry", "true, as a dashboard needs it: leave `telemetry(false)` or the dashboard out");
            return Err(ConfigError::Value { field, value: "false".into(), allowed });
        }
        let settings = Settings::default().allowed_hosts(wishes.hosts.iter().cloned())?;
        Ok(Some(match address {
            Some(address) => settings.at(address)?,
            None => settings,
        }))
    }
}

/// Starts the dashboard that was asked for.
pub(super) fn start(
    builder: &Builder,
    info: &ClusterInfo,
    home: &Arc<Mutex<Option<WeakClient>>>,
) -> Result<Option<Dashboard>, ConfigError> {
    let Some(settings) = builder.dashboard_settings()? else { return Ok(None) };
    let dashboard = Dashboard::start(&settings, Arc::new(Shown { info: info.clone(), home: home.clone() }))?;
    info.link(dashboard.link());
    Ok(Some(dashboard))
}

/// Shows the dashboard what is done from now on. Logs are told where it is, without the token, as they are kept and passed
/// on. Who asked by the environment cannot have the program print the link: it is printed for them.
pub(super) fn open(dashboard: &Dashboard, client: &Client) -> Result<()> {
    client.tap(dashboard.tap())?;
    let address = dashboard.address();
    tracing::info!(
        "the dashboard is at http://{address}/status; `client.dashboard_link()` is the link that lets you in"
    );
    let variable = std::env::var(VARIABLE).ok();
    if wish(variable.as_deref()).is_some_and(|(wanted, _)| wanted) {
        // Without a terminal there is nobody to read it.
        writeln!(std::io::stderr(), "the dashboard is at {}", dashboard.link()).ok();
    }
    Ok(())
}

/// The cluster, as its dashboard sees it.
struct Shown {
    info: ClusterInfo,
    home: Arc<Mutex<Option<WeakClient>>>,
}

impl Subject for Shown {
    fn ended(&self) -> Option<String> {
        self.info.ended()
    }

    fn why(&self, key: Key, answer: Box<dyn FnOnce(Option<String>) + Send>) {
        let client = self.home.lock().as_ref().and_then(WeakClient::upgrade);
        if let Some(client) = client {
            client.why_later(key, Box::new(move |report| answer(report.map(|report| report.to_string()))));
        }
    }
}
