//! Adapting the number of workers to the work.

use super::actor::{ClusterActor, Mail};
use super::builder::MOST;
use super::cluster::ClusterInner;
use crate::error::ConfigError;
use actix::{AsyncContext, Context, SpawnHandle};
use partita_protocol::message::ToScheduler;
use partita_protocol::request::{Adaptation, Request};
use partita_protocol::{AdaptConfig, Link};
use partita_scheduler::machine::{Adapter, Step};
use std::sync::Weak;
use std::time::Duration;

/// A cluster that adapts its number of workers to the work; see [`LocalCluster::adapt`](super::LocalCluster::adapt).
///
/// It goes on when this is dropped.
pub struct Adaptive {
    pub(super) cluster: Weak<ClusterInner>,
}

impl Adaptive {
    /// Stops it: the workers that are there stay.
    pub fn stop(self) {
        if let Some(cluster) = self.cluster.upgrade() {
            cluster.stop_adapting();
        }
    }
}

impl std::fmt::Debug for Adaptive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Adaptive")
    }
}

/// What is done to adapt, while it is done.
pub(super) struct Adapting {
    config: AdaptConfig,
    adapter: Adapter,
    timer: SpawnHandle,
}

/// Whether it makes sense to adapt like this.
pub(super) fn check(config: &AdaptConfig) -> Result<(), ConfigError> {
    let AdaptConfig { minimum, maximum, .. } = *config;
    if minimum > maximum || maximum == 0 || maximum > MOST {
        let value = format!("{minimum}..={maximum}");
        let allowed = "a range that reaches at least 1 and at most 4,096 workers";
        return Err(ConfigError::Value { field: "adapt", value, allowed });
    }
    if config.target.is_zero() || config.interval.is_zero() {
        let value = format!("{:?}", Duration::ZERO);
        return Err(ConfigError::Value { field: "target or interval", value, allowed: "longer than nothing" });
    }
    Ok(())
}

impl ClusterActor {
    /// Adapts the number of workers to the work from now on, or no longer.
    pub(super) fn adapt(&mut self, config: Option<AdaptConfig>, context: &mut Context<Self>) {
        if let Some(old) = self.adapting.take() {
            context.cancel_future(old.timer);
        }
        let Some(config) = config else { return };
        let timer = context.run_interval(config.interval, |actor, context| actor.ask_to_adapt(context));
        self.adapting = Some(Adapting { config, adapter: Adapter::default(), timer });
        self.ask_to_adapt(context);
    }

    fn ask_to_adapt(&mut self, context: &mut Context<Self>) {
        // One look at a time, and none while workers start: they would be counted twice.
        let Some(adapting) = self.adapting.as_ref().filter(|_| self.staff.starting.is_empty()) else { return };
        let cluster = context.address();
        let answer = Box::new(move |adaptation| cluster.do_send(Mail::Adaptation(adaptation)));
        let request = Request::Adapt { config: adapting.config.clone(), answer };
        drop(self.scheduler.send(ToScheduler::Request(request)));
    }

    /// How many workers there should be.
    pub(super) fn adapted(&mut self, adaptation: &Adaptation, context: &mut Context<Self>) {
        let workers = self.nannies.len();
        let Some(adapting) = &mut self.adapting else { return };
        match adapting.adapter.look(workers, adaptation.target, &adapting.config) {
            Step::Stay => {}
            Step::Up(target) => {
                // Some of the places may be taken by workers that came in another order.
                let infos = self.builder.scaled((target + workers).min(MOST)).unwrap_or_default();
                let is_free =
                    |name: &std::sync::Arc<str>| !self.nannies.contains_key(name) && !self.given_up.contains_key(name);
                let new = infos.into_iter().filter(|info| is_free(&info.name));
                // A place that was given up stays empty, and no other one is taken for it.
                let wanted = (target - workers).saturating_sub(self.given_up.len());
                for info in new.take(wanted).collect::<Vec<_>>() {
                    self.hire(info, context);
                }
            }
            Step::Down(count) => {
                for name in adaptation.leave.iter().take(count) {
                    self.let_go(name, None, false);
                }
            }
        }
        self.count();
    }
}
