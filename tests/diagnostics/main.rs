//! What a cluster did, as it is watched, shown, reported and exported; built without dataframes, so that it is quick.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[cfg(feature = "dashboard")]
#[path = "../it/alone.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod alone;
#[cfg(feature = "dashboard")]
mod browser;
#[cfg(feature = "dashboard")]
mod dashboard_frames;
#[cfg(feature = "dashboard")]
mod dashboard_http;
#[cfg(feature = "dashboard")]
mod dashboard_load;
#[cfg(feature = "dashboard")]
mod dashboard_looks;
#[cfg(feature = "dashboard")]
mod dashboard_off;
#[cfg(feature = "dashboard")]
mod dashboard_pages;
#[cfg(feature = "dashboard")]
mod dashboard_slow;
#[cfg(feature = "dashboard")]
mod dashboard_support;
mod export;
#[cfg(feature = "dashboard")]
mod facts;
mod faults;
mod faults_left;
#[path = "../it/faults_support.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod faults_support;
mod local;
mod local_drawing;
mod local_hooks;
mod logs;
mod loss;
mod report;
#[cfg(feature = "dashboard")]
mod report_pages;
mod spans;
mod watching;
