//! Integration tests of the whole crate.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod alone;
mod chaos;
mod examples;
mod face;
mod seed;
mod tidy;

#[cfg(feature = "array")]
mod arrays;
mod checkpoints;
mod clusters;
mod coordination;
mod coordination_actors;
mod delayed;
mod dropped;
mod faults_async;
mod faults_cancel;
mod faults_clients;
mod faults_config;
mod faults_graphs;
mod faults_nested;
mod faults_support;
mod faults_tasks;
mod faults_ui;
mod faults_workers;
mod futures;
mod journal;
mod limits;
mod names;
mod nodes;
mod processes;
mod processes_faults;
mod progress;
mod scale;
mod scaling;
mod simulate;
mod spilling;
mod stopping;
